"""Every address of the FHIR server at a glance."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from directory.fhir.batch import post_batch
from directory.fhir.calls import does, get, post_search, reads
from directory.fhir.capability import show_capability
from directory.fhir.definitions import show_definition
from directory.fhir.problems import problem
from directory.fhir.subscriptions import (
    delete_subscription,
    find_subscriptions,
    get_subscription,
    post_subscription,
    show_events,
    show_status,
)

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
        Route("/fhir/SubscriptionTopic/{id}", reads(show_definition)),
        *_of_subscriptions(),
        Route("/fhir/{type}", readable),
        Route("/fhir/{type}/_search", reads(post_search), methods=["POST"]),
        Route("/fhir/{type}/_history", readable),
        Route("/fhir/{type}/{id}", readable),
        Route("/fhir/{type}/{id}/_history", readable),
        Route("/fhir/{type}/{id}/_history/{version}", readable),
    ]


def _of_subscriptions() -> list[BaseRoute]:
    operations = (("/$status", show_status), ("/{id}/$status", show_status), ("/{id}/$events", show_events))
    return [
        Route("/fhir/Subscription", does(find_subscriptions, "read-events")),
        Route("/fhir/Subscription", does(post_subscription, "manage-channel"), methods=["POST"]),
        *(
            Route(f"/fhir/Subscription{path}", does(operation, "read-events"), methods=["GET", "POST"])
            for path, operation in operations
        ),
        Route("/fhir/Subscription/{id}", does(get_subscription, "read-events")),
        Route("/fhir/Subscription/{id}", does(delete_subscription, "manage-channel"), methods=["DELETE"]),
    ]
