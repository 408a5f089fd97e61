"""A batch: several readings in one call, each answered by itself, all of one state of the directory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sqlalchemy import Connection
from starlette.requests import Request

from directory.errors import SignpostError
from directory.exchange.fhir_codes import Json
from directory.fhir.calls import ask_of
from directory.fhir.problems import MEDIA_TYPE, Refused, status_of
from directory.fhir.reading import Answer, Ask, answer
from directory.site import Site

MOST = 50


def post_batch(request: Request, site: Site, body: bytes) -> Answer:
    """POST to the base: a Bundle of type batch, of entries to GET."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (MEDIA_TYPE, "application/json", "text/json"):
        raise Refused(415, "not-supported", f"Send a Bundle as {MEDIA_TYPE}.")
    entries = _entries(body)
    with site.database.read() as connection:
        answers = [_answered(connection, request, site, entry) for entry in entries]
    bundle: Json = {"resourceType": "Bundle", "type": "batch-response"}
    if answers:
        bundle["entry"] = answers
    return Answer(bundle)


def _entries(body: bytes) -> list[Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "structure", "The body is no JSON.") from None
    if not isinstance(found, dict) or found.get("resourceType") != "Bundle":
        raise Refused(400, "structure", "Send a Bundle.")
    if found.get("type") != "batch":
        raise Refused(400, "not-supported", "Send a Bundle of type batch: the directory can be read here, not written.")
    entries = found.get("entry", [])
    if not isinstance(entries, list):
        raise Refused(400, "structure", "entry: give a list.")
    if len(entries) > MOST:
        raise Refused(400, "too-costly", f"A batch has up to {MOST} entries.")
    return entries


def _answered(connection: Connection, request: Request, site: Site, entry: Any) -> Json:
    try:
        found = answer(connection, _ask(request, site, entry))
    except SignpostError as error:
        status, said = status_of(error)
        return {"response": {"status": _line(status), "outcome": said}}
    response: Json = {"status": _line(found.status)}
    if tag := found.headers.get("ETag"):
        response["etag"] = tag
    return {"response": response} if found.body is None else {"resource": found.body, "response": response}


def _line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


def _ask(request: Request, site: Site, entry: Any) -> Ask:
    wanted = entry.get("request") if isinstance(entry, Mapping) else None
    if not isinstance(wanted, Mapping) or not isinstance(wanted.get("url"), str):
        raise Refused(400, "structure", "An entry of a batch has a request with a method and a url.")
    if wanted.get("method") != "GET":
        raise Refused(405, "not-supported", "The directory can be read here, not written: the method is GET.")
    try:
        parts = urlsplit(wanted["url"].removeprefix(f"{site.settings.base_url}/fhir/"))
    except ValueError:
        raise Refused(400, "structure", "The url of an entry cannot be read.") from None
    if parts.scheme or parts.netloc:
        raise Refused(400, "not-supported", "The url is relative to this base, as in Organization/community-trust.")
    path = tuple(unquote(each) for each in parts.path.strip("/").split("/"))
    asked = ask_of(request, site, path, parse_qsl(parts.query, keep_blank_values=True))
    # What the call says of what it has is said of the bundle; an entry says it of itself.
    return replace(asked, none_match=str(wanted.get("ifNoneMatch", "")), modified_since="")
