"""A service's page: its entry, what it came from and what it became, and its changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.answer import handling
from directory.domain.service import Entry
from directory.errors import ServiceNotFound
from directory.store import changes as change_store
from directory.store import services as service_store
from directory.store.headlines import headlines
from directory.store.versions import history
from directory.web.parameters import end_of
from directory.web.views.changes import ChangeLine, change_line
from directory.web.views.entries import EntryView, entry_view, to_be_read_only
from directory.web.views.family import FamilyView, family_view
from directory.web.views.names import SuccessionLine, names_of, succession_lines
from directory.web.views.reader import Reader

CHANGES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """A service on a day. `begins` is the day from which it exists, where that lies ahead of the day asked for.

    `known_on` is the day at whose end it was known so, where that was asked too.
    """

    entry: EntryView
    # The slug of the team that runs it.
    team: str | None
    on: date
    known_on: date | None
    begins: date | None
    succession: tuple[SuccessionLine, ...]
    family: FamilyView | None
    handled_now_by: tuple[EntryView, ...]
    instead: str
    changes: tuple[ChangeLine, ...]


def service_view(
    connection: Connection,
    key: str,
    *,
    on: date,
    today: date,
    zone: ZoneInfo,
    known_on: date | None = None,
    reader: Reader | None = None,
) -> ServiceView:
    """A service by id or slug as it stands on a day; raises ServiceNotFound where there never was one.

    One that has not begun is shown as it will begin. `known_on` leaves out what was learnt after that day.
    """
    known_at = end_of(known_on, zone) if known_on else None
    entry = _entry(connection, key, on=on, known_at=known_at)
    begins = entry.version.effective_from if entry.version.effective_from > on else None
    ended = entry.facts.status == "closed"
    now = handling(connection, entry.id, on=max(on, begins or on), known_at=known_at).entries if ended else ()
    listed = headlines(connection, entry.id, limit=CHANGES, recorded_until=known_at)
    related = (entry.replaces or entry.succeeded_by) and known_on is None
    view = entry_view(entry, zone=zone, reader=reader if on == today and known_on is None and not begins else None)
    return ServiceView(
        entry=to_be_read_only(view) if on < today or known_on else view,
        team=entry.facts.owner.team,
        on=on,
        known_on=known_on,
        begins=begins,
        succession=_succession(connection, entry, on=on),
        family=family_view(connection, entry.id, on=on) if related else None,
        handled_now_by=tuple(entry_view(each, zone=zone) for each in now if each.id != entry.id),
        instead=change_store.load(connection, entry.version.change_number).what_to_do if ended else "",
        changes=tuple(change_line(change, zone=zone) for change in listed),
    )


def _entry(connection: Connection, key: str, *, on: date, known_at: datetime | None) -> Entry:
    service = service_store.service_id(connection, key)
    found = service_store.entries(connection, [service], on=on, known_at=known_at)
    if not found:
        rows = history(connection, "service", service, known_at=known_at)
        first = min((row.effective_from for row in rows), default=None)
        if first is None:
            raise ServiceNotFound(f"There is no service {key}{', as far as was known then' if known_at else ''}.")
        found = service_store.entries(connection, [service], on=first, known_at=known_at)
    return found[0]


def _succession(connection: Connection, entry: Entry, *, on: date) -> tuple[SuccessionLine, ...]:
    links = (*entry.replaces, *entry.succeeded_by)
    others = {key for link in links for key in (link.predecessor, link.successor) if key}
    return succession_lines(links, names_of(connection, "service", others, on=on), of=entry.id, on=on)
