"""GET /services: entries, their versions, and who handles what they did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, get_args

from sqlalchemy import Connection
from starlette.responses import Response

from directory.answer import handling
from directory.api import names as called
from directory.api.answers import page, plain, tag_of, tagged
from directory.api.calls import Call
from directory.api.entries import entry_json, link_json, version_json
from directory.api.filters import known_id
from directory.domain.change import fold
from directory.domain.service import Entry, Status, Version
from directory.errors import NotFound
from directory.store import services as service_store
from directory.store.versions import VersionRow, history


def list_services(call: Call) -> Response:
    """GET /services."""
    given, limit = call.given, call.given.limit()
    on, known_at = given.day("as_of") or call.site.today(), given.instant("known_at")
    area, after = given.text("area"), given.text("after") or ""
    status = given.choice("status", get_args(Status))
    with call.site.database.read() as connection:
        owner, team = known_id(connection, call, "owner", "organisation"), given.text("team")
        areas = tuple(map(fold, call.site.gazetteer().serving(area))) if area else ()
        wanted = service_store.Filter(owner, team, areas, status)
        ids = service_store.list_ids(connection, after=after, limit=limit + 1, on=on, wanted=wanted, known_at=known_at)
        entries = service_store.entries(connection, ids[:limit], on=on, known_at=known_at)
        items = entries_json(connection, call, entries, on=on, known_now=known_at is None)
    return page(items, ids[limit - 1] if len(ids) > limit else None)


def show_service(call: Call) -> Response:
    """GET /services/{key}."""
    on, known_at = call.given.day("as_of") or call.site.today(), call.given.instant("known_at")
    with call.site.database.read() as connection:
        return tagged(call, entry_answer(connection, call, call.key(), on=on, known_at=known_at).body)


def list_versions(call: Call) -> Response:
    """GET /services/{key}/versions: newest first, on from the number `after`."""
    before, limit = call.given.number("after", 0, least=1), call.given.limit()
    with call.site.database.read() as connection:
        rows = history(connection, "service", service_store.service_id(connection, call.key()))
        wanted = [row for row in rows if not before or row.number < before]
        items = _versions_json(connection, call, wanted[:limit])
    return page(items, wanted[limit - 1].number if len(wanted) > limit else None)


def show_version(call: Call) -> Response:
    """GET /services/{key}/versions/{number}."""
    number = call.number()
    with call.site.database.read() as connection:
        rows = history(connection, "service", service_store.service_id(connection, call.key()))
        found = [row for row in rows if row.number == number]
        if not found:
            raise NotFound(f"{call.key()} has no version {number}.")
        return tagged(call, _versions_json(connection, call, found)[0])


def show_handlers(call: Call) -> Response:
    """GET /services/{key}/handlers."""
    on, known_at = call.given.day("on") or call.site.today(), call.given.instant("known_at")
    with call.site.database.read() as connection:
        service = service_store.service_id(connection, call.key())
        found = handling(connection, service, on=on, known_at=known_at)
        names = called.names(connection, called.in_links("service", found.path), on=on)
        handlers = entries_json(connection, call, found.entries, on=on)
    path = [link_json(link, "service", names) for link in found.path]
    return plain({"service": service, "on": on.isoformat(), "handlers": handlers, "path": path})


@dataclass(frozen=True, slots=True)
class EntryAnswer:
    """An entry as it is sent, with its ETag."""

    body: dict[str, Any]
    tag: str
    version: int


def entry_answer(
    connection: Connection, call: Call, key: str, *, on: date, known_at: datetime | None = None
) -> EntryAnswer:
    """One entry by id or slug on a day; raises ServiceNotFound."""
    entry = service_store.entry(connection, key, on=on, known_at=known_at)
    body = entries_json(connection, call, [entry], on=on, known_now=known_at is None)[0]
    return EntryAnswer(body, tag_of(body), entry.version.number)


def entries_json(
    connection: Connection,
    call: Call,
    entries: list[Entry] | tuple[Entry, ...],
    *,
    on: date,
    known_now: bool = True,
) -> list[dict[str, Any]]:
    """Entries with the names of what they are linked to; what holds today, as known now, says whether it is open."""
    names = called.names(connection, called.in_entries(entries), on=on)
    site, now = call.site, known_now and on == call.site.today()
    return [
        entry_json(
            entry,
            base_url=call.base_url,
            names=names,
            opening=site.opening(entry.facts) if now else None,
            due=site.check_due(entry) if now else None,
        )
        for entry in entries
    ]


def _versions_json(connection: Connection, call: Call, rows: list[VersionRow]) -> list[dict[str, Any]]:
    versions = [
        Version(row.subject_id, row.number, row.effective_from, row.recorded_at, row.change_number, row.facts)
        for row in rows
    ]
    names = called.names(connection, called.in_versions(versions), on=call.site.today())
    return [
        version_json(version, slug=row.slug, base_url=call.base_url, names=names)
        for version, row in zip(versions, rows, strict=True)
    ]
