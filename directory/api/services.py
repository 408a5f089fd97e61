"""GET /services: entries, their versions, and who handles what they did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from directory.answer import handling
from directory.api import names as called
from directory.api import replies
from directory.api.answers import page, plain, tag_of, tagged
from directory.api.asking import HandlersAsked, ServiceAsked, ServicesAsked, VersionsAsked
from directory.api.calls import Call
from directory.api.declaring import says
from directory.api.entries import entry_json, link_json, version_json
from directory.api.filters import known_id
from directory.domain.change import fold
from directory.domain.service import Entry, Version
from directory.errors import NotFound
from directory.store import services as service_store
from directory.store.versions import VersionRow, history


@says("Entries, in the order of their ids.", replies.EntryPage)
def list_services(call: Call, asked: ServicesAsked) -> Response:
    """GET /services."""
    on, known_at = asked.as_of or call.site.today(), asked.known_at
    area, after, limit = asked.area, asked.after or "", asked.limit
    with call.site.database.read() as connection:
        owner = known_id(connection, call, "owner", "organisation")
        areas = tuple(map(fold, call.site.gazetteer().serving(area))) if area else ()
        wanted = service_store.Filter(owner, asked.team, areas, asked.status)
        ids = service_store.list_ids(connection, after=after, limit=limit + 1, on=on, wanted=wanted, known_at=known_at)
        entries = service_store.entries(connection, ids[:limit], on=on, known_at=known_at)
        items = entries_json(connection, call, entries, on=on, known_now=known_at is None)
    return page(items, ids[limit - 1] if len(ids) > limit else None)


@says("One entry, by id or slug.", replies.Entry, tagged=True)
def show_service(call: Call, asked: ServiceAsked) -> Response:
    """GET /services/{key}."""
    on, known_at = asked.as_of or call.site.today(), asked.known_at
    with call.site.database.read() as connection:
        return tagged(call, entry_answer(connection, call, call.key(), on=on, known_at=known_at).body)


@says("The versions of a service, newest first.", replies.VersionPage)
def list_versions(call: Call, asked: VersionsAsked) -> Response:
    """GET /services/{key}/versions: newest first, on from the number `after`."""
    before, limit = asked.after, asked.limit
    with call.site.database.read() as connection:
        rows = history(connection, "service", service_store.service_id(connection, call.key()))
        wanted = [row for row in rows if not before or row.number < before]
        items = _versions_json(connection, call, wanted[:limit])
    return page(items, wanted[limit - 1].number if len(wanted) > limit else None)


@says("One version of a service.", replies.Version, tagged=True)
def show_version(call: Call) -> Response:
    """GET /services/{key}/versions/{number}."""
    number = call.number()
    with call.site.database.read() as connection:
        rows = history(connection, "service", service_store.service_id(connection, call.key()))
        found = [row for row in rows if row.number == number]
        if not found:
            raise NotFound(f"{call.key()} has no version {number}.")
        return tagged(call, _versions_json(connection, call, found)[0])


@says("Who handles on a day what a service did, itself where it still does.", replies.HandlersAnswer)
def show_handlers(call: Call, asked: HandlersAsked) -> Response:
    """GET /services/{key}/handlers."""
    on, known_at = asked.on or call.site.today(), asked.known_at
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
