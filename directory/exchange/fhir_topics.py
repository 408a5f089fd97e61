"""The topics that a program can subscribe to as FHIR does: what has to differ between two versions of a resource."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from directory.exchange.fhir_codes import OWN, Json
from directory.exchange.fhir_terms import terms_of

# The one type whose versions are events; a filter is a search for it.
FOCUS = "HealthcareService"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: what it is about in words, and the elements and own extensions of which one has to differ."""

    title: str
    description: str
    elements: tuple[str, ...]
    extensions: tuple[str, ...]


TOPICS: Mapping[str, Topic] = {
    "owner-changed": Topic(
        "The owner of a service changed",
        "Another organisation or team runs a service than the day before: providedBy, or the extension team, differs.",
        ("providedBy",),
        ("team",),
    ),
    "referral-route-changed": Topic(
        "Where the referrals of a service go changed",
        "A referral route of a service differs, it takes referrals no longer or again, or another service took its "
        "place: active, or one of the extensions referral-route and succession, differs.",
        ("active",),
        ("referral-route", "succession"),
    ),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on the focus of an event: a parameter of a search, and its values, any of which will do.

    A value is how it is compared (`equal`, `begins`, `contains`, `written`), the system of a token or None, and the
    value itself or None.
    """

    param: str
    values: tuple[tuple[str, str | None, str | None], ...]


def topics_of(before: Json, now: Json) -> frozenset[str]:
    """The topics of which a version is an event; `before` is the version whose place it takes."""
    return frozenset(name for name, topic in TOPICS.items() if _said(topic, before) != _said(topic, now))


def _said(topic: Topic, body: Json) -> tuple[Any, ...]:
    urls = {f"{OWN}StructureDefinition/{name}" for name in topic.extensions}
    extensions = [each for each in body.get("extension", ()) if each["url"] in urls]
    return *(body.get(name) for name in topic.elements), extensions


def meets(body: Json, filters: Sequence[Filter]) -> bool:
    """Whether every filter holds of a resource."""
    terms = terms_of(body)
    return all(_holds(body, terms, each) for each in filters)


def _holds(body: Json, terms: Iterable[tuple[str, str, str]], wanted: Filter) -> bool:
    if wanted.param == "_id":
        return any(body["id"] == value for _, _, value in wanted.values)
    return any(
        _equals(each, qualifier, value)
        for param, qualifier, value in terms
        if param == wanted.param
        for each in wanted.values
    )


def _equals(wanted: tuple[str, str | None, str | None], qualifier: str, value: str) -> bool:
    how, system, sought = wanted
    if how == "written":
        return qualifier == sought
    if how == "begins":
        return value.startswith(sought or "")
    if how == "contains":
        return (sought or "") in value
    return (sought is None or value == sought) and (system is None or qualifier == system)
