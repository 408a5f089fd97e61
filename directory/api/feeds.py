"""Feeds and calendars of changes: of all of them, of a service, team or organisation, or of what a search finds.

Whoever may read pages may read these: where `SIGNPOST_READING` is `signed-in`, with a key or in a session.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from directory.answer import answer
from directory.api.answers import matches
from directory.api.calls import Call, reads
from directory.api.feed_entries import days_of, entries_of
from directory.api.filters import known_id, organisation_key
from directory.domain.change import KINDS, fold
from directory.domain.query import Query
from directory.domain.service import SETTINGS
from directory.domain.succession import Noun
from directory.errors import ServiceNotFound, TeamNotFound
from directory.exchange import atom, icalendar
from directory.notify.letterhead import letterhead_of
from directory.store import changes as change_store
from directory.store.changes import Filter
from directory.store.versions import find_ids, load_in_force

PAGE = 100
SEARCHED = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a feed is of: its title, the page of the same for people, and which changes it holds.

    `dated` is false where it may hold more without anything having been published, as what a search finds may.
    """

    title: str
    path: str
    wanted: Filter
    dated: bool = True


Read = Callable[[Connection, Call], Subject]


def routes() -> list[BaseRoute]:
    """Each as Atom and as a calendar."""
    every: list[tuple[str, Read]] = [
        ("/changes", _all),
        ("/services/{key}/changes", _of_service),
        ("/teams/{key}/changes", _of_team),
        ("/organisations/{key}/changes", _of_organisation),
        ("/find", _found),
    ]
    return [
        route
        for path, read in every
        for route in (
            Route(f"{path}.atom", reads(_as_atom(read))),
            Route(f"{path}.ics", reads(_as_calendar(read))),
        )
    ]


def _as_atom(read: Read) -> Callable[[Call], Response]:
    def feed(call: Call) -> Response:
        letterhead, before = letterhead_of(call.site.settings), call.given.number("before", 0, least=0)
        with call.site.database.read() as connection:
            subject = read(connection, call)
            wanted = replace(subject.wanted, weight="major")
            found = change_store.list_recent(connection, before=before or None, limit=PAGE + 1, wanted=wanted)
            entries, gone = entries_of(connection, found[:PAGE], letterhead, today=call.site.today())
        path = call.request.url.path
        older = _address(call, path, before=found[PAGE - 1].number) if len(found) > PAGE else None
        updated = max([EPOCH, *(each.updated for each in entries), *(each.when for each in gone)])
        body = atom.atom(
            atom.Feed(
                id=_address(call, path),
                title=f"{subject.title}: {letterhead.organisation_name}",
                author=letterhead.organisation_name,
                link=letterhead.link(subject.path),
                self=_address(call, path, **({"before": before} if before else {})),
                updated=updated,
                entries=tuple(entries),
                gone=tuple(gone),
                next=older,
            )
        )
        return _unless_known(call, body, atom.CONTENT_TYPE, updated if subject.dated else None)

    return feed


def _as_calendar(read: Read) -> Callable[[Call], Response]:
    def calendar(call: Call) -> Response:
        letterhead = letterhead_of(call.site.settings)
        with call.site.database.read() as connection:
            subject = read(connection, call)
            days = days_of(connection, subject.wanted, letterhead, today=call.site.today())
        body = icalendar.icalendar(f"{subject.title}: {letterhead.organisation_name}", days)
        updated = max((each.changed_at for each in days), default=EPOCH)
        return _unless_known(call, body, icalendar.CONTENT_TYPE, updated if subject.dated else None)

    return calendar


def _all(connection: Connection, call: Call) -> Subject:
    given = call.given
    kind, area, team = given.choice("kind", KINDS), given.text("area"), given.text("team")
    wanted = Filter(
        service=known_id(connection, call, "service", "service"),
        team=team,
        area=fold(area) if area else None,
        owner=known_id(connection, call, "owner", "organisation"),
        kind=kind,
    )
    narrowed = ", ".join(each for each in (area, kind and kind.replace("-", " "), team) if each)
    shown = {"area": area, "kind": kind}
    query = urlencode({name: value for name, value in shown.items() if value})
    return Subject(
        f"Changes: {narrowed}" if narrowed else "Changes", f"/changes?{query}" if query else "/changes", wanted
    )


def _of_service(connection: Connection, call: Call) -> Subject:
    key = call.key()
    found = find_ids(connection, "service", [key])
    if key not in found:
        raise ServiceNotFound(f"There is no service {key}.")
    return _named(connection, call, "service", found[key], Filter(service=found[key]), "services")


def _of_team(connection: Connection, call: Call) -> Subject:
    key = call.key()
    found = find_ids(connection, "team", [key])
    if key not in found:
        raise TeamNotFound(f"There is no team {key}.")
    return _named(connection, call, "team", found[key], Filter(), "teams")


def _of_organisation(connection: Connection, call: Call) -> Subject:
    key = organisation_key(connection, call.key())
    return _named(connection, call, "organisation", key, Filter(owner=key), "organisations")


def _named(connection: Connection, call: Call, noun: Noun, key: str, wanted: Filter, folder: str) -> Subject:
    # What begins later, by the name that it will have.
    days = (call.site.today(), date.max)
    row = next(rows[key] for day in days if (rows := load_in_force(connection, noun, [key], on=day)))
    # Changes name a team by its slug.
    wanted = replace(wanted, team=row.slug) if noun == "team" else wanted
    return Subject(f"Changes: {row.facts.name}", f"/{folder}/{row.slug}", wanted)


def _found(connection: Connection, call: Call) -> Subject:
    given = call.given
    query = Query(given.required("q"), given.text("area"), given.choice("setting", SETTINGS), None, SEARCHED)
    site = call.site
    found = answer(connection, query, site.search, today=site.today(), gazetteer=site.gazetteer())
    services = [result.entry.id for result in found.results]
    shown = {"q": query.text, "area": query.area, "setting": query.setting}
    path = f"/find?{urlencode({name: value for name, value in shown.items() if value})}"
    title = f"Changes to services found by “{query.text}”"
    return Subject(title, path, Filter(services=services), dated=False)


def _address(call: Call, path: str, **more: object) -> str:
    given = {name: value for name, value in call.request.query_params.items() if value and name != "before"}
    query = urlencode(given | more)
    return f"{call.base_url}{path}?{query}" if query else f"{call.base_url}{path}"


def _unless_known(call: Call, body: bytes, content_type: str, updated: datetime | None) -> Response:
    """The body, or only that it is what the caller holds already (RFC 9110, 13)."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    if updated is not None:
        headers["Last-Modified"] = format_datetime(updated.astimezone(UTC), usegmt=True)
    if (known := call.header("if-none-match")) is not None:
        same = matches(known, tag, weakly=True)
    else:
        since = _instant(call.header("if-modified-since"))
        same = since is not None and updated is not None and updated.replace(microsecond=0) <= since
    if same:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=content_type)


def _instant(value: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(value) if value else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)
