"""A subscription: criteria × frequency × channel, of a person or of a team."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Facet = Literal["service", "team", "owner", "area", "need", "kind", "setting", "route", "page"]
Frequency = Literal["immediately", "daily", "weekly"]
# How a person or a program of theirs asks to be told; and the way of a program that subscribes as FHIR does.
Chosen = Literal["mail", "webhook", "teams", "slack"]
Channel = Chosen | Literal["fhir"]
FACETS: tuple[Facet, ...] = get_args(Facet)
FREQUENCIES: tuple[Frequency, ...] = get_args(Frequency)
CHANNELS: tuple[Chosen, ...] = get_args(Chosen)

# The most frequent wins where several subscriptions match: the rank is what is stored with a delivery.
RANK: Mapping[Frequency, int] = {"immediately": 0, "daily": 1, "weekly": 2}


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who hears of which changes, how often.

    A change matches when, for one of its services, every facet given here meets at least one of its values:
    facets narrow, values within a facet widen. A page stands by itself: its versions and notes are told, not changes of
    services. Exactly one of `person_id` and `team_id` is set. Members cannot opt out of what is `mandatory`.

    The values of `route` are referral methods: of a service that takes referrals so before the change, or after it.
    """

    id: int
    person_id: int | None
    team_id: str | None
    criteria: Mapping[Facet, tuple[str, ...]]
    frequency: Frequency
    channel: Channel
    label: str
    created_at: datetime
    paused_until: datetime | None = None
    ended_at: datetime | None = None
    mandatory: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """A subscription as the reason of a delivery that waits."""

    label: str
    rank: int
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """When a delivery goes out: how often its recipient wants to hear, and not before an instant."""

    rank: int
    not_before: datetime | None = None


def due(reasons: Iterable[Reason], *, urgent: bool, at: datetime) -> Due | None:
    """When a delivery for these reasons goes out: as often as the most frequent of them that is not paused asks.

    Where all are paused it waits for the first to end. None without a reason: then nothing is known against the way in
    which it waits.
    """
    found = list(reasons)
    if not found:
        return None
    awake = [each.rank for each in found if each.paused_until is None or each.paused_until <= at]
    rank = min(awake or [each.rank for each in found])
    held = None if awake else min(each.paused_until for each in found if each.paused_until is not None)
    return Due(0 if urgent else rank, held)


# What a reader would not understand of what is stored.
_SAID = {
    ("route", "self"): "self-referral",
    ("route", "web"): "web page",
    ("route", "electronic"): "electronic system",
    ("setting", "acute"): "hospital",
}


def describe(criteria: Mapping[Facet, tuple[str, ...]], names: Mapping[tuple[str, str], str]) -> str:
    """The reason as a message gives it: "service Leg ulcer clinic", "need continence, area Eastmarsh"."""
    parts = []
    for facet in FACETS:
        if values := criteria.get(facet):
            shown = " or ".join(names.get((facet, value)) or _SAID.get((facet, value), value) for value in values)
            parts.append(f"{facet.replace('route', 'referral route')} {shown}")
    return ", ".join(parts) or "every change"


_CHAMPION = "you are the champion for "


def champion_label(topic: str) -> str:
    """The reason for which a champion hears of a change."""
    return f"{_CHAMPION}{topic}"


def is_champion_label(label: str) -> bool:
    """Whether somebody hears of a change in order to pass it on."""
    return label.startswith(_CHAMPION)


def because(reasons: Iterable[str]) -> str:
    """Why somebody is told, in words that follow "Why you get this:"; some reasons are such words already.

    >>> because(["you are the champion for leg ulcer", "need leg ulcer", "area Eastmarsh"])
    'you are the champion for leg ulcer; you or your team follow need leg ulcer; area Eastmarsh'
    """
    given = tuple(reasons)
    spoken = [each for each in given if each.startswith("you ")]
    followed = "; ".join(each for each in given if not each.startswith("you "))
    return "; ".join([*spoken, *([f"you or your team follow {followed}"] if followed else [])])
