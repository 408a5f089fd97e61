"""What a peer is asked: Signpost's plan as it comes with an answer, taken apart in this one place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from directory.domain.change import fold
from directory.search.find import Found
from directory.search.plan import Plan, Reading

_PLACES = ("area", "outward", "postcode")
_OWNERS = ("owner", "former_owner")


@dataclass(frozen=True, slots=True)
class Way:
    """One way to read the words from `first` to `last`: stems that belong together, and how far they are trusted."""

    first: int
    last: int
    stems: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A question for a peer.

    `ways` read the words that matter; `named` are keys by kind, each as one word of the index; `places` are keys of the
    places that are asked about, `area` the one that was chosen as a filter. Where an owner is named and something is
    wanted of it, `owners` are its keys and `of_owner` reads the rest.
    """

    ways: tuple[Way, ...] = ()
    named: tuple[tuple[str, str], ...] = ()
    places: tuple[str, ...] = ()
    area: str | None = None
    owners: tuple[str, ...] = ()
    of_owner: tuple[Way, ...] = ()


def wanted(found: Found, area: str | None) -> Wanted:
    """What was understood of a question, with the area that was chosen beside it."""
    plan = found.plan
    owners = [key for key in plan.keys if key.kind in _OWNERS and len(key.covers) > 1]
    covered = {at for key in owners for at in key.covers}
    ways = [reading for reading in plan.readings if _subject(plan) & _span(reading)]
    # A place that is only part of an owner's name is none.
    places = [
        key_token(key.kind, key.value)
        for key in plan.keys
        if key.kind in _PLACES and not (key.covers and set(key.covers) < covered)
    ]
    return Wanted(
        ways=tuple(map(_way, ways)),
        named=tuple((key.kind, key_token(key.kind, key.value)) for key in plan.keys if key.kind not in _PLACES),
        places=tuple(dict.fromkeys(places)),
        area=key_token("within", fold(area)) if area else None,
        owners=tuple(key_token(key.kind, key.value) for key in owners),
        of_owner=tuple(_way(reading) for reading in ways if not covered & _span(reading)) if owners else (),
    )


def key_token(kind: str, value: str) -> str:
    """A key as one word that any tokenizer leaves alone."""
    return re.sub(r"[^a-z0-9]+", "0", f"x{kind}x{value}".casefold())


def is_place(token: str) -> bool:
    """Whether a key is that of a place."""
    return token.startswith(tuple(f"x{kind}x" for kind in (*_PLACES, "within")))


def _subject(plan: Plan) -> set[int]:
    """The words of the subject where there is one; all but places where there is none; or all."""
    required = {at for at, token in enumerate(plan.tokens) if token.required}
    return required or {at for at, token in enumerate(plan.tokens) if not token.place} or set(range(len(plan.tokens)))


def _span(reading: Reading) -> set[int]:
    return set(range(reading.first, reading.last + 1))


def _way(reading: Reading) -> Way:
    return Way(reading.first, reading.last, reading.stems, reading.weight)
