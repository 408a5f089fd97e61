"""From what search found to the services in force: each hit followed to what took its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from directory.domain.parting import Known, fitting, narrowed, undecided
from directory.domain.query import Hit
from directory.domain.service import Entry
from directory.domain.succession import Part, Succession, handlers
from directory.store import successions as succession_store
from directory.store import versions as version_store


@dataclass(frozen=True, slots=True)
class Reached:
    """A service, the hit that led to it, the former service asked for, and the split on the way that is undecided."""

    service: str
    hit: Hit
    asked_for: str | None = None
    split: tuple[Succession, ...] = ()


def present(
    connection: Connection, hits: Sequence[Hit], known: Known, *, on: date, known_at: datetime | None
) -> list[Reached]:
    """The services in force for each hit, each once, best first; then parts that the question does not mean.

    A service that closed with nothing after it stays, below what is in force: its page says what to do instead.
    """
    links = succession_store.following(connection, "service", [hit.service_id for hit in hits], known_at=known_at)
    right = narrowed(links, known, on)
    former = [hit.service_id for hit in hits if hit.service_id in links]
    names = version_store.load_in_force(connection, "service", former, on=on, known_at=known_at)
    live: dict[str, Reached] = {}
    other: dict[str, Reached] = {}
    ended: list[Reached] = []
    for hit in hits:
        present, everyone = handlers(hit.service_id, on, right), handlers(hit.service_id, on, links).ids
        name = names[hit.service_id].facts.name if hit.service_id in names else None
        for service in everyone:
            meant = service in present.ids
            asked_for, split = (
                (name, undecided(present.path) if meant else ()) if service != hit.service_id else (None, ())
            )
            (live if meant else other).setdefault(service, Reached(service, hit, asked_for, split))
        if not everyone:
            ended.append(Reached(hit.service_id, hit))
    return [*live.values(), *(each for each in other.values() if each.service not in live), *ended]


def right_part_first(reached: list[Reached], entries: Mapping[str, Entry], known: Known) -> list[Reached]:
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
