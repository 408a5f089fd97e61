"""A subscription: criteria × frequency × channel, of a person or of a team."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Facet = Literal["service", "team", "owner", "area", "need", "kind", "setting", "route", "page"]
Frequency = Literal["immediately", "daily", "weekly"]
Channel = Literal["mail", "webhook", "teams", "slack"]
FACETS: tuple[Facet, ...] = get_args(Facet)
FREQUENCIES: tuple[Frequency, ...] = get_args(Frequency)

# The most frequent wins where several subscriptions match: the rank is what is stored with a delivery.
RANK: Mapping[Frequency, int] = {"immediately": 0, "daily": 1, "weekly": 2}


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who hears of which changes, how often.

    A change matches when, for one of its services, every facet given here meets at least one of its values:
    facets narrow, values within a facet widen. A page stands by itself: its versions and notes are told, not changes of
    services. Exactly one of `person_id` and `team_id` is set.
    """

    id: int
    person_id: int | None
    team_id: str | None
    criteria: Mapping[Facet, tuple[str, ...]]
    frequency: Frequency
    channel: Channel
    label: str
    created_at: datetime


def describe(criteria: Mapping[Facet, tuple[str, ...]], names: Mapping[tuple[str, str], str]) -> str:
    """The reason as a message gives it: "service Leg ulcer clinic", "need continence, area Eastmarsh"."""
    parts = []
    for facet in FACETS:
        if values := criteria.get(facet):
            shown = " or ".join(names.get((facet, value), value) for value in values)
            parts.append(f"{facet.replace('route', 'referral route')} {shown}")
    return ", ".join(parts) or "every change"
