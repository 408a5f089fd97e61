"""Find entries that may be of one service, and remember those that are not.

Only services that share something are compared: an identifier, a number or address, or all words of their names but
one together with their organisation or an area. What very many share (a switchboard) says nothing, and is left out,
so that the work grows with the directory and not with its square.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations

from rapidfuzz import fuzz
from sqlalchemy import Connection

from directory.domain.change import fold
from directory.domain.policy import Actor
from directory.store import audit
from directory.store import duplicates as store
from directory.store.duplicates import Marks
from directory.store.services import service_id

# More than so many that share a number share a switchboard; more that share words share a trade.
MOST_WITH_ADDRESS, MOST_WITH_WORDS = 8, 40
ALIKE, NEARLY_ALIKE = 92, 70
# Whom a service is for, as names say it: two that are for others are not the same.
WHOM = {"adult": "adults", "adults": "adults", "child": "children", "children": "children", "paediatric": "children"}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two services that may be the same, how likely (0 to 100), and why, in words."""

    one: Marks
    other: Marks
    score: int
    why: tuple[str, ...]


def likely_pairs(connection: Connection, *, on: date) -> list[Pair]:
    """The pairs of open services that look like one, the likeliest first; not those that were told apart."""
    return pairs(store.marks(connection, on=on), store.apart(connection))


def pairs(given: Sequence[Marks], apart: Collection[tuple[str, str]]) -> list[Pair]:
    """The same of services whose marks are known."""
    folded = {each.id: fold(each.name) for each in given}
    by_id = {each.id: each for each in given}
    found = [
        pair
        for one, other in sorted(_together(given, folded) - set(apart))
        if (pair := _compared(by_id[one], by_id[other], folded))
    ]
    return sorted(found, key=lambda pair: (-pair.score, pair.one.name, pair.one.id, pair.other.id))


def _together(given: Sequence[Marks], folded: Mapping[str, str]) -> set[tuple[str, str]]:
    """The pairs, by id and in order, that share what few others do."""
    shared: dict[tuple[str, str], list[str]] = defaultdict(list)
    worded: dict[str, list[Marks]] = defaultdict(list)
    for each in given:
        for address in each.addresses:
            shared["address", address].append(each.id)
        for identifier in each.identifiers:
            shared["identifier", identifier].append(each.id)
        for words in _all_but_one(folded[each.id]):
            worded[words].append(each)
    found = {pair for ids in shared.values() if len(ids) <= MOST_WITH_ADDRESS for pair in _pairs_of(ids)}
    for alike in worded.values():
        # Most words are of one service alone: where it is need not be asked.
        if len(alike) > 1:
            found.update(_near_one_another(alike))
    return found


def _near_one_another(alike: Iterable[Marks]) -> Iterator[tuple[str, str]]:
    """Those of some services with an organisation or an area in common that few others of them have."""
    beside: dict[str, list[str]] = defaultdict(list)
    for each in alike:
        for place in {each.organisation, *each.areas}:
            beside[place].append(each.id)
    return (pair for ids in beside.values() if len(ids) <= MOST_WITH_WORDS for pair in _pairs_of(ids))


def _pairs_of(ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    return ((min(pair), max(pair)) for pair in combinations(ids, 2))


def _all_but_one(name: str) -> set[str]:
    """The words of a name, and each way to leave one out: names that differ in one word share one of these."""
    words = sorted(set(name.split()))
    ways = [words, *([*words[:place], *words[place + 1 :]] for place in range(len(words)) if len(words) > 1)]
    return {" ".join(way) for way in ways}


def _compared(one: Marks, other: Marks, folded: Mapping[str, str]) -> Pair | None:
    names = folded[one.id], folded[other.id]
    alike = fuzz.token_sort_ratio(*names)
    same_id, same_address = one.identifiers & other.identifiers, one.addresses & other.addresses
    # "Ward 3" and "Ward 4", adults and children: as like as two names can be, and not the same.
    if _telling(names[0]) != _telling(names[1]):
        alike = 0
    same_area, same_owner = one.areas & other.areas, one.organisation == other.organisation
    by_name = alike >= ALIKE and bool(same_area or same_owner)
    if not (same_id or by_name or (same_address and alike >= NEARLY_ALIKE)):
        return None
    score = 0.6 * alike + 20 * bool(same_address) + 10 * bool(same_area) + 10 * same_owner
    reasons = {
        "the same identifier": same_id,
        "the same name" if alike == 100 else "much the same name": by_name or alike >= NEARLY_ALIKE,
        "the same number or address": same_address,
        "an area in common": same_area,
        "the same organisation": same_owner,
    }
    return Pair(one, other, 100 if same_id else round(score), tuple(text for text, holds in reasons.items() if holds))


def _telling(name: str) -> set[str]:
    words = re.findall(r"\w+", name)
    return {word for word in words if any(map(str.isdecimal, word))} | {WHOM[word] for word in words if word in WHOM}


def not_the_same(connection: Connection, one: str, other: str, *, by: Actor, at: datetime) -> None:
    """Remember that two services, by id or slug, are not the same; raises `ServiceNotFound`."""
    keys = sorted(service_id(connection, key) for key in (one, other))
    if keys[0] != keys[1]:
        store.keep_apart(connection, *keys, by=by.person_id, at=at)
        audit.record(connection, audit.Event(at, by, "not the same", f"service {keys[0]}", {"other": keys[1]}))
