"""Who handles on a day what a service did, by the links that lead from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from directory.domain.service import Entry
from directory.domain.succession import Succession, handlers
from directory.store import services as service_store
from directory.store import successions as succession_store


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
