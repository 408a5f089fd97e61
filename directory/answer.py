"""Who handles this: one function from a question and a day to a ranked answer.

Search finds services by everything they were ever called; the store says which are in force, and what took the place
of those that are not. Asked for a former service, the answer is the present one, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from directory.domain.query import Answer, Hit, Query, Result
from directory.domain.service import Entry
from directory.domain.succession import Succession, handlers
from directory.search.find import Found
from directory.store import services as service_store
from directory.store import successions as succession_store
from directory.store import versions as version_store


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
    found = search(query)
    reached = _present(connection, found.hits, on=on, known_at=known_at)
    loaded = service_store.entries(connection, [service for service, _, _ in reached], on=on, known_at=known_at)
    by_id = {entry.id: entry for entry in loaded}
    results = tuple(
        Result(by_id[service], hit.matched, asked_for) for service, hit, asked_for in reached if service in by_id
    )
    return Answer(query, on, _best(results, found), results, found.total, found.did_you_mean)


def _best(results: Sequence[Result], found: Found) -> Result | None:
    if not results or not found.confident or results[0].entry.facts.status == "closed":
        return None
    return results[0]


def _present(
    connection: Connection, hits: Sequence[Hit], *, on: date, known_at: datetime | None
) -> list[tuple[str, Hit, str | None]]:
    """Each hit as (service in force, hit, name of the former service asked for), each service once, best first.

    A service that closed with nothing after it stays, below what is in force: its page says what to do instead.
    """
    links = succession_store.following(connection, "service", [hit.service_id for hit in hits], known_at=known_at)
    former = [hit.service_id for hit in hits if hit.service_id in links]
    names = version_store.load_in_force(connection, "service", former, on=on, known_at=known_at)
    live: dict[str, tuple[str, Hit, str | None]] = {}
    ended: list[tuple[str, Hit, str | None]] = []
    for hit in hits:
        present = handlers(hit.service_id, on, links).ids
        for service in present:
            asked_for = (
                names[hit.service_id].facts.name if service != hit.service_id and hit.service_id in names else None
            )
            live.setdefault(service, (service, hit, asked_for))
        if not present:
            ended.append((hit.service_id, hit, None))
    return [*live.values(), *ended]


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
