"""Who handles this: one function from a question and a day to a ranked answer.

Search finds services by everything they were ever called; the store says which are in force, and what took the place
of those that are not. Asked for a former service, the answer is the present one, and says so; where that was split, the
one whose part the question means, or one plain question where it does not say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from directory.domain.change import fold
from directory.domain.parting import (
    Asking,
    Known,
    apart_by_age,
    apart_by_area,
    asking,
    fitting,
    narrowed,
    undecided,
    with_age_group,
)
from directory.domain.query import Answer, Hit, Query, Result
from directory.domain.service import Entry
from directory.domain.succession import Part, Succession, handlers
from directory.search.find import Found
from directory.store import services as service_store
from directory.store import successions as succession_store
from directory.store import versions as version_store

# A question tells apart no more than a person can hold in mind.
_SIBLINGS = 4
# Met by one of these, a service is what the question is about, not one whose entry happens to hold its words.
_TELLING = frozenset({"name", "former_name", "core", "former_core", "need"})


def answer(
    connection: Connection,
    query: Query,
    search: Callable[[Query], Found],
    *,
    today: date,
    known_at: datetime | None = None,
) -> Answer:
    """The ranked answer to `query` on its day (today where it names none), as it was known at an instant."""
    on = query.as_of or today
    found = _search(query, search)
    known = Known.of(found.plan.corrected(), query.text, query.area, age_group=found.plan.age_group)
    reached = _present(connection, found.hits, known, on=on, known_at=known_at)
    ids = [each.service for each in reached]
    by_id = {entry.id: entry for entry in service_store.entries(connection, ids, on=on, known_at=known_at)}
    standing = _right_part_first([each for each in reached if each.service in by_id], by_id, known)
    results = tuple(Result(by_id[each.service], each.hit.matched, each.asked_for) for each in standing)
    best = _best(results, found)
    sure = best is not None
    # A word that nothing explains may be what the question is about: then no other one would settle it.
    asked = None if found.plan.unknown and not sure else _question(standing, by_id, query, known, confident=sure)
    return Answer(
        query,
        on,
        None if asked else best,
        results,
        found.total,
        found.did_you_mean,
        asked.text if asked else None,
        asked.choices if asked else (),
    )


def _search(query: Query, search: Callable[[Query], Found]) -> Found:
    """What search finds; where it is not sure and an age is given, what it is sure of for that age group."""
    found = search(query)
    grouped = with_age_group(query.text)
    if found.confident or grouped == query.text:
        return found
    again = search(replace(query, text=grouped))
    return again if again.confident else found


def _best(results: Sequence[Result], found: Found) -> Result | None:
    if not results or not found.confident or results[0].entry.facts.status == "closed":
        return None
    return results[0]


@dataclass(frozen=True, slots=True)
class _Reached:
    """A service, the hit that led to it, the former service asked for, and the split on the way that is undecided."""

    service: str
    hit: Hit
    asked_for: str | None = None
    split: tuple[Succession, ...] = ()


def _present(
    connection: Connection, hits: Sequence[Hit], known: Known, *, on: date, known_at: datetime | None
) -> list[_Reached]:
    """The services in force for each hit, each once, best first; then parts that the question does not mean.

    A service that closed with nothing after it stays, below what is in force: its page says what to do instead.
    """
    links = succession_store.following(connection, "service", [hit.service_id for hit in hits], known_at=known_at)
    right = narrowed(links, known, on)
    former = [hit.service_id for hit in hits if hit.service_id in links]
    names = version_store.load_in_force(connection, "service", former, on=on, known_at=known_at)
    live: dict[str, _Reached] = {}
    other: dict[str, _Reached] = {}
    ended: list[_Reached] = []
    for hit in hits:
        present, everyone = handlers(hit.service_id, on, right), handlers(hit.service_id, on, links).ids
        name = names[hit.service_id].facts.name if hit.service_id in names else None
        for service in everyone:
            meant = service in present.ids
            asked_for, split = (
                (name, undecided(present.path) if meant else ()) if service != hit.service_id else (None, ())
            )
            (live if meant else other).setdefault(service, _Reached(service, hit, asked_for, split))
        if not everyone:
            ended.append(_Reached(hit.service_id, hit))
    return [*live.values(), *(each for each in other.values() if each.service not in live), *ended]


def _right_part_first(reached: list[_Reached], entries: Mapping[str, Entry], known: Known) -> list[_Reached]:
    """The same, but of the parts of one split, those that the question means above the others."""
    places: dict[str, list[tuple[int, Part]]] = {}
    for at, each in enumerate(reached):
        for link in entries[each.service].replaces:
            if link.kind == "split" and link.part:
                places.setdefault(link.predecessor, []).append((at, link.part))
    order = list(reached)
    for siblings in places.values():
        meant = {siblings[at][0] for at in fitting([part for _, part in siblings], known)}
        ranked = sorted((at for at, _ in siblings), key=lambda at: (at not in meant, at))
        for place, at in zip(sorted(ranked), ranked, strict=True):
            order[place] = reached[at]
    return order


def _question(
    reached: Sequence[_Reached], entries: Mapping[str, Entry], query: Query, known: Known, *, confident: bool
) -> Asking | None:
    """What to ask where the first services are parts of one thing, and the question does not say which is meant."""
    if not reached or not (confident or reached[0].hit.matched.field in _TELLING):
        return None
    if reached[0].split:
        # Former services have names that search is sure of; which part is meant it cannot know.
        return asking(query.text, [(_name(entries, link), link.part or Part()) for link in reached[0].split])
    if confident:
        return None
    sides = _split_siblings(reached, entries) or _like_siblings(reached, entries)
    left = fitting([part for _, part in sides], known)
    return asking(query.text, sides) if len(left) == len(sides) else None


def _name(entries: Mapping[str, Entry], link: Succession) -> str:
    entry = entries.get(link.successor or "")
    return entry.facts.name if entry else link.successor or ""


def _split_siblings(reached: Sequence[_Reached], entries: Mapping[str, Entry]) -> list[tuple[str, Part]]:
    """The first services, where they are parts of one split: the name and the part of each."""
    first = {link.predecessor for link in entries[reached[0].service].replaces if link.kind == "split"}
    sides = []
    for each in reached[:_SIBLINGS]:
        entry = entries[each.service]
        part = next((link.part for link in entry.replaces if link.predecessor in first and link.part), None)
        if part is None:
            break
        sides.append((entry.facts.name, part))
    return sides if len(sides) > 1 else []


def _like_siblings(reached: Sequence[_Reached], entries: Mapping[str, Entry]) -> list[tuple[str, Part]]:
    """The first services, where all meet the question by the same words and differ by the ages or areas they take."""
    first = reached[0].hit.matched
    sides: list[tuple[str, Part]] = []
    for each in reached[:_SIBLINGS]:
        facts = entries[each.service].facts
        takes = facts.eligibility
        part = Part(areas=tuple(area.name for area in facts.areas), age_min=takes.age_min, age_max=takes.age_max)
        alike = each.hit.matched.field == first.field and fold(each.hit.matched.text) == fold(first.text)
        if facts.status == "closed" or not alike:
            break
        if not all(apart_by_age(part, other) or apart_by_area(part, other) for _, other in sides):
            break
        sides.append((facts.name, part))
    return sides if len(sides) > 1 else []


@dataclass(frozen=True, slots=True)
class Handling:
    """Who handles a service on a day, and the links that were followed to say so."""

    on: date
    entries: tuple[Entry, ...]
    path: tuple[Succession, ...]


def handling(connection: Connection, service_id: str, *, on: date, known_at: datetime | None = None) -> Handling:
    """The services in force on a day for what `service_id` did, itself where it still is."""
    links = succession_store.following(connection, "service", [service_id], known_at=known_at)
    found = handlers(service_id, on, links)
    loaded = service_store.entries(connection, found.ids, on=on, known_at=known_at)
    return Handling(on, tuple(entry for entry in loaded if entry.facts.status != "closed"), found.path)
