"""Every address of the FHIR server at a glance."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from directory.fhir.batch import post_batch
from directory.fhir.calls import get, post_search, reads
from directory.fhir.capability import show_capability
from directory.fhir.definitions import show_definition
from directory.fhir.problems import problem

__all__ = ["problem", "routes"]


def routes() -> list[BaseRoute]:
    """The routes, each to one handler."""
    readable = reads(get)
    return [
        Route("/fhir", reads(post_batch), methods=["POST"]),
        Route("/fhir/", reads(post_batch), methods=["POST"]),
        Route("/fhir/metadata", reads(show_capability)),
        Route("/fhir/StructureDefinition/{id}", reads(show_definition)),
        Route("/fhir/CodeSystem/{id}", reads(show_definition)),
        Route("/fhir/{type}", readable),
        Route("/fhir/{type}/_search", reads(post_search), methods=["POST"]),
        Route("/fhir/{type}/_history", readable),
        Route("/fhir/{type}/{id}", readable),
        Route("/fhir/{type}/{id}/_history", readable),
        Route("/fhir/{type}/{id}/_history/{version}", readable),
    ]
