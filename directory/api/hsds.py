"""The directory as HSDS 3.0 and Open Referral UK 3.0, one body for both: every address under /hsds at a glance.

Services that have closed are there with the status `defunct`: whoever keeps a copy learns of it by `modified_after`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from directory.actions.open_referral import On, services_out
from directory.api.answers import plain
from directory.api.calls import Call, reads
from directory.api.hsds_document import DOCUMENT_AT, PROFILE, VERSION, document
from directory.api.hsds_finding import all_ids, at_locations, read_filters
from directory.api.hsds_names import Names
from directory.api.parameters import LARGEST
from directory.errors import NotFound
from directory.exchange.hsds_ids import NEEDS_TAXONOMY, need_uuid
from directory.exchange.hsds_writing import (
    ServiceOut,
    instant,
    organisation_body,
    service_body,
    service_line,
    taxonomy_body,
    term_body,
)
from directory.gate.routes import may
from directory.store import open_referral as store
from directory.store.versions import VersionRow, load_in_force

PER_PAGE, MOST_PER_PAGE = 50, 500
# `minimal` is for whoever wants all of it at once.
MOST_MINIMAL = 100_000
Json = dict[str, Any]
Load = Callable[[Connection, Sequence[Any]], list[Json]]


def routes() -> list[BaseRoute]:
    """The routes, each to one handler."""
    return [
        Route("/hsds", reads(show_root, keeps=True)),
        Route("/hsds/", reads(show_root, keeps=True)),
        Route("/hsds/openapi.json", reads(show_document, keeps=True)),
        Route("/hsds/services", reads(list_services)),
        Route("/hsds/services/{key}", reads(show_service, keeps=True)),
        Route("/hsds/service_at_locations", reads(list_at_locations)),
        Route("/hsds/service_at_locations/{key}", reads(show_at_location, keeps=True)),
        Route("/hsds/organizations", reads(list_organisations)),
        Route("/hsds/organizations/{key}", reads(show_organisation, keeps=True)),
        Route("/hsds/taxonomies", reads(list_taxonomies)),
        Route("/hsds/taxonomies/{key}", reads(show_taxonomy, keeps=True)),
        Route("/hsds/taxonomy_terms", reads(list_terms)),
        Route("/hsds/taxonomy_terms/{key}", reads(show_term, keeps=True)),
        Route("/hsds/{path:path}", may("visit", allow), methods=["GET", "OPTIONS"]),
    ]


def allow(request: Request) -> Response:
    """What a browser asks before it sends a key from another site; whatever else is asked here is not there."""
    if request.method != "OPTIONS":
        raise NotFound("There is nothing at this address.")
    headers = {"Access-Control-Allow-Methods": "GET, HEAD", "Access-Control-Allow-Headers": "Authorization, Accept"}
    return Response(status_code=204, headers=headers)


def show_root(call: Call) -> Response:
    """GET /: what this is, and where it is described."""
    return plain({"version": VERSION, "profile": PROFILE, "openapi_url": f"{call.base_url}{DOCUMENT_AT}"})


def show_document(call: Call) -> Response:
    """GET /openapi.json."""
    return plain(document(call.base_url))


def list_services(call: Call) -> Response:
    """GET /services: each with what it has one of; with `full` whole, with `minimal` its id and when it changed."""
    minimal, full = call.given.flag("minimal"), call.given.flag("full")

    def load(connection: Connection, ids: Sequence[str]) -> list[Json]:
        found = services_out(connection, ids, _on(call))
        return [_minimal(each) if minimal else _service(each, call, full=full) for each in found]

    with call.site.database.read() as connection:
        filters = read_filters(connection, call, _names(call, connection))
        if not filters.in_sql or _as_lines(call):
            return _listed(call, connection, all_ids(connection, call, filters), load, minimal=minimal)
        page, size = _asked_page(call, minimal=minimal)
        total = store.count(connection, filters.wanted, on=call.site.today())
        ids = store.ids(connection, filters.wanted, on=call.site.today(), limit=size, offset=(page - 1) * size)
        return plain(_enveloped(load(connection, ids), total, page, size))


def _minimal(service: ServiceOut) -> Json:
    return {"id": service.uuid, "modified_date": instant(service.modified_at)}


def _service(service: ServiceOut, call: Call, *, full: bool) -> Json:
    return service_body(service, base_url=call.base_url) if full else service_line(service)


def show_service(call: Call) -> Response:
    """GET /services/{id}: a whole service; raises NotFound."""
    with call.site.database.read() as connection:
        (service,) = _services(connection, call, _names(call, connection).service(call.key()))
    return plain(service_body(service, base_url=call.base_url))


def _services(connection: Connection, call: Call, key: str | None) -> list[ServiceOut]:
    found = services_out(connection, [key], _on(call)) if key else []
    if not found:
        raise NotFound(f"There is no {call.request.url.path.split('/')[2]} with the id {call.key()}.")
    return found


def list_at_locations(call: Call) -> Response:
    """GET /service_at_locations: each place of each service."""
    full = call.given.flag("full")

    def load(connection: Connection, pairs: Sequence[tuple[str, str]]) -> list[Json]:
        found = {each.key: each for each in services_out(connection, [key for key, _ in pairs], _on(call))}
        return [body for key, uuid in pairs for body in _at(found[key], uuid, call, full=full)]

    with call.site.database.read() as connection:
        filters = read_filters(connection, call, _names(call, connection))
        return _listed(call, connection, at_locations(connection, call, filters), load)


def _at(service: ServiceOut, uuid: str, call: Call, *, full: bool) -> list[Json]:
    whole = service_body(service, base_url=call.base_url)
    said = whole if full else service_line(service)
    return [{**each, "service": said} for each in whole.get("service_at_locations", ()) if each["id"] == uuid]


def show_at_location(call: Call) -> Response:
    """GET /service_at_locations/{id}: a place of a service, with the whole service; raises NotFound."""
    with call.site.database.read() as connection:
        (service,) = _services(connection, call, _names(call, connection).at_location(call.key()))
    found = _at(service, call.key().lower(), call, full=True)
    if not found:
        raise NotFound(f"{service.facts.name} is not at this place any more.")
    return plain(found[0])


def list_organisations(call: Call) -> Response:
    """GET /organizations: those in force; with `full` or `full_service` with their services."""
    whole = call.given.flag("full_service")
    with_services = whole or call.given.flag("full")

    def load(connection: Connection, ids: Sequence[str]) -> list[Json]:
        rows = load_in_force(connection, "organisation", ids, on=call.site.today())
        return _organisations(connection, call, [rows[key] for key in ids], with_services, whole)

    with call.site.database.read() as connection:
        keys = store.organisations_named(connection, call.given.text("search") or "", on=call.site.today())
        return _listed(call, connection, keys, load)


def _organisations(
    connection: Connection, call: Call, rows: Sequence[VersionRow], with_services: bool, whole: bool
) -> list[Json]:
    bodies = [organisation_body(row.subject_id, row.facts, row.slug) for row in rows]
    if not with_services:
        return bodies
    owned = store.owned(connection, [row.subject_id for row in rows], on=call.site.today())
    ids = list(chain.from_iterable(owned.values()))
    found = {each.key: _service(each, call, full=whole) for each in services_out(connection, ids, _on(call))}
    said = [[found[key] for key in owned.get(row.subject_id, ())] for row in rows]
    return [{**body, "services": services} if services else body for body, services in zip(bodies, said, strict=True)]


def show_organisation(call: Call) -> Response:
    """GET /organizations/{id}: with its services, which are whole with `full_service`; raises NotFound."""
    with call.site.database.read() as connection:
        key = _names(call, connection).organisation(connection, call.key())
        rows = load_in_force(connection, "organisation", [key] if key else [], on=call.site.today())
        if not rows:
            raise NotFound(f"There is no organization with the id {call.key()}.")
        whole = call.given.flag("full_service")
        return plain(_organisations(connection, call, list(rows.values()), True, whole)[0])


def list_taxonomies(call: Call) -> Response:
    """GET /taxonomies: there is one, of needs."""
    search = (call.given.text("search") or "").casefold()
    body = taxonomy_body()
    found = [body] if search in f"{body['name']} {body['description']}".casefold() else []
    with call.site.database.read() as connection:
        return _listed(call, connection, found, lambda _connection, some: list(some))


def show_taxonomy(call: Call) -> Response:
    """GET /taxonomies/{id}; raises NotFound."""
    if call.key().lower() != NEEDS_TAXONOMY:
        raise NotFound(f"There is no taxonomy with the id {call.key()}.")
    return plain(taxonomy_body())


def list_terms(call: Call) -> Response:
    """GET /taxonomy_terms: the needs that entries name. None has a parent."""
    search, taxonomy = (call.given.text("search") or "").casefold(), call.given.text("taxonomy_id")
    call.given.flag("top_only")
    with call.site.database.read() as connection:
        names = _names(call, connection)
        found = sorted(need for need in store.needs_in_use(connection, on=call.site.today()) if search in need)
        if call.given.text("parent_id") or (taxonomy and taxonomy.lower() != NEEDS_TAXONOMY):
            found = []
        return _listed(call, connection, found, lambda _, some: [term_body(names.written(need)) for need in some])


def show_term(call: Call) -> Response:
    """GET /taxonomy_terms/{id}; raises NotFound."""
    with call.site.database.read() as connection:
        names = _names(call, connection)
    need = names.need(call.key())
    if need is None:
        raise NotFound(f"There is no taxonomy term with the id {call.key()}.")
    body = term_body(names.written(need[:300]))
    return plain({**body, "id": need_uuid(need)})


def _on(call: Call) -> On:
    return On(call.site.today(), call.site.settings.zone)


def _names(call: Call, connection: Connection) -> Names:
    state = call.request.app.state
    if not hasattr(state, "hsds_names"):
        state.hsds_names = Names()
    names: Names = state.hsds_names
    return names.follow(connection)


def _as_lines(call: Call) -> bool:
    return call.given.choice("format", ("json", "ndjson")) == "ndjson"


def _asked_page(call: Call, *, minimal: bool = False) -> tuple[int, int]:
    most = MOST_MINIMAL if minimal else MOST_PER_PAGE
    size = call.given.number("per_page", most if minimal else PER_PAGE, least=1, most=most)
    return call.given.number("page", 1, least=1, most=LARGEST // most), size


def _listed(call: Call, connection: Connection, keys: Sequence[Any], load: Load, *, minimal: bool = False) -> Response:
    """One page of what some keys stand for; or all of it, one on each line, as it is read."""
    page, size = _asked_page(call, minimal=minimal)
    if not _as_lines(call):
        return plain(_enveloped(load(connection, keys[(page - 1) * size : page * size]), len(keys), page, size))
    # Some at a time, each on a connection of its own: a slow reader must not hold one.
    parts = (_some(call, keys[start : start + MOST_PER_PAGE], load) for start in range(0, len(keys), MOST_PER_PAGE))
    return StreamingResponse(_lines(parts), media_type="application/x-ndjson")


def _some(call: Call, keys: Sequence[Any], load: Load) -> list[Json]:
    with call.site.database.read() as connection:
        return load(connection, keys)


def _lines(parts: Iterable[list[Json]]) -> Iterator[bytes]:
    for part in parts:
        lines = (json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in part)
        yield "".join(f"{line}\n" for line in lines).encode()


def _enveloped(contents: list[Json], total: int, page: int, size: int) -> Json:
    """The envelope of both standards; a page beyond the last is empty."""
    pages = max(-(-total // size), 1)
    return {
        "total_items": total,
        "total_pages": pages,
        "page_number": page,
        "size": len(contents),
        "first_page": page == 1,
        "last_page": page >= pages,
        "empty": not contents,
        "contents": contents,
    }
