"""The calls on Subscription: one's own, created, read, found and ended; their status, and their events once more."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, get_args
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request

from directory.actions import fhir_subscriptions as deeds
from directory.domain.policy import Actor
from directory.exchange.fhir_codes import Json
from directory.fhir.asking import Context
from directory.fhir.calls import is_strict
from directory.fhir.problems import MEDIA_TYPE, Refused, outcome
from directory.fhir.reading import Answer
from directory.fhir.rendering import bundle
from directory.fhir.subscribing import only, read_subscription, shown
from directory.notify.fhir_notices import notification, status
from directory.site import Site
from directory.store import fhir_subscriptions as store
from directory.store.fhir_subscriptions import Content, Held
from directory.store.sealing import Seal

# How many events are given at once; who wants more asks again from the next number.
MOST = 100
SEARCHED = ("_id", "status", "url")
_NO_STORE = {"Cache-Control": "no-store"}
_CONTENTS: tuple[Content, ...] = get_args(Content)


def post_subscription(request: Request, site: Site, body: bytes, by: Actor) -> Answer:
    """POST Subscription: begin one of one's own, from now on; its handshake follows within seconds."""
    _check_kind(request)
    settings = site.settings
    asked, url, headers = read_subscription(body, Context(settings.base_url, settings.zone))
    with site.database.write() as connection:
        held = deeds.begin(
            connection,
            asked,
            url,
            headers,
            by=by,
            at=site.now(),
            seal=_seal(site),
            reach=settings.reach,
        )
    where = {"Location": f"{settings.base_url}/fhir/Subscription/{held.id}", **_NO_STORE}
    return Answer(_shown(site, held), 201, where)


def get_subscription(request: Request, site: Site, _body: bytes, by: Actor) -> Answer:
    """GET Subscription/id."""
    with site.database.read() as connection:
        return Answer(_shown(site, _found(connection, request, by)), headers=_NO_STORE)


def delete_subscription(request: Request, site: Site, _body: bytes, by: Actor) -> Answer:
    """DELETE Subscription/id: it ends; it can still be read."""
    with site.database.write() as connection:
        deeds.end(connection, _key(request), by=by, at=site.now())
    return Answer(None, 204, _NO_STORE)


def find_subscriptions(request: Request, site: Site, _body: bytes, by: Actor) -> Answer:
    """GET Subscription?_id=&status=&url=: one's own that have not ended."""
    given = list(request.query_params.multi_items())
    unknown = [name for name, _ in given if name not in (*SEARCHED, "_format", "_pretty")]
    if unknown and is_strict(request.headers.get("prefer", "")):
        raise Refused(400, "not-supported", f"There is no parameter {unknown[0]} of Subscription here.")
    with site.database.read() as connection:
        found = [_shown(site, each) for each in deeds.own(connection, by=by)]
    for name, value in given:
        if name in SEARCHED:
            found = [each for each in found if _says(each, name) in value.split(",")]
    base = site.settings.base_url
    entries = [_match(each, f"{base}/fhir/Subscription/{each['id']}") for each in found]
    if unknown:
        texts = [f"{name} was ignored: there is no such parameter of Subscription here." for name in unknown]
        said = outcome("not-supported", texts, severity="warning")
        entries.append({"resource": said, "search": {"mode": "outcome"}})
    kept = [(name, value) for name, value in given if name in SEARCHED]
    return _searched(site, entries, len(found), f"Subscription?{urlencode(kept)}" if kept else "Subscription")


def show_status(request: Request, site: Site, body: bytes, by: Actor) -> Answer:
    """$status of one, or of all of one's own: a bundle with a status for each."""
    given = _parameters(request, body)
    with site.database.read() as connection:
        if "id" in request.path_params:
            held: Sequence[Held] = [_found(connection, request, by)]
        else:
            held = only(deeds.own(connection, by=by), ids=given.get("id", []), states=given.get("status", []))
    base = site.settings.base_url
    entries = []
    for each in held:
        said = status(each, "query-status", (), content=each.asked.content, base=base)
        path = f"{base}/fhir/Subscription/{each.id}/$status"
        entries.append(_match({**said, "id": f"status-{each.id}"}, path))
    return _searched(site, entries, len(entries), request.url.path.partition("/fhir/")[2])


def show_events(request: Request, site: Site, body: bytes, by: Actor) -> Answer:
    """$events of one: what it was told of, or will be, from a number to another; both are in it."""
    given = {name: values[-1] for name, values in _parameters(request, body).items()}
    first, last = _number(given, "eventsSinceNumber"), _number(given, "eventsUntilNumber")
    content = given.get("content")
    if content not in (None, *_CONTENTS):
        raise Refused(400, "value", f"content: give one of {', '.join(_CONTENTS)}.")
    with site.database.read() as connection:
        held = _found(connection, request, by)
        found = store.events(connection, held.id, after=max((first or 1) - 1, 0), until=last, limit=MOST)
    wanted: Content = content or held.asked.content
    base = site.settings.base_url
    told = notification(held, "query-event", found, content=wanted, base=base, at=site.now())
    return Answer(told, headers=_NO_STORE)


def _found(connection: Connection, request: Request, by: Actor) -> Held:
    return deeds.find(connection, _key(request), by=by)


def _key(request: Request) -> int:
    id_ = str(request.path_params["id"])
    if not (id_.isascii() and id_.isdigit() and len(id_) < 16):
        raise Refused(404, "not-found", f"There is no Subscription/{id_} here.")
    return int(id_)


def _shown(site: Site, held: Held) -> Json:
    return shown(held, _seal(site).open(held.url), site.settings.base_url)


def _seal(site: Site) -> Seal:
    return Seal(site.settings.secret.get_secret_value())


def _says(found: Json, name: str) -> str | None:
    said: str | None = found["channel"].get("endpoint") if name == "url" else found[name.removeprefix("_")]
    return said


def _match(found: Json, url: str) -> Json:
    return {"fullUrl": url, "resource": found, "search": {"mode": "match"}}


def _searched(site: Site, entries: list[Json], total: int, path: str) -> Answer:
    links = {"self": f"{site.settings.base_url}/fhir/{path}"}
    return Answer(bundle("searchset", entries, links=links, total=total, at=site.now()), headers=_NO_STORE)


def _number(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Refused(400, "value", f"{name}: give a whole number.")
    return int(text)


def _parameters(request: Request, body: bytes) -> dict[str, list[str]]:
    """What an operation is given: in the address, and in a Parameters resource where it is posted."""
    found: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        found.setdefault(name, []).append(value)
    if not body:
        return found
    _check_kind(request)
    try:
        given = json.loads(body)
        listed: list[Any] = given.get("parameter", []) if given["resourceType"] == "Parameters" else [None]
        for each in listed:
            (value,) = (said for key, said in each.items() if key.startswith("value"))
            found.setdefault(str(each["name"]), []).append(str(value))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Refused(400, "structure", "Send a Parameters resource, or no body.") from None
    return found


def _check_kind(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (MEDIA_TYPE, "application/json", "text/json"):
        raise Refused(415, "not-supported", f"Send a resource as {MEDIA_TYPE}.")
