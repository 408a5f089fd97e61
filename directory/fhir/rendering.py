"""What was kept, as it is sent: with this site's address, its version, and in bundles."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from directory.exchange import fhir_shown
from directory.exchange.fhir_codes import Json
from directory.exchange.fhir_shown import instant
from directory.store.fhir_history import Given


def shown(found: Given, base: str) -> Json:
    """A resource with its version."""
    return fhir_shown.shown(found.body, found.version, found.at, base)


def tag(found: Given) -> str:
    """The ETag of a version."""
    return f'W/"{found.version}"'


def full_url(found: Given, base: str) -> str:
    """Where a resource is."""
    return f"{base}/fhir/{found.type}/{found.id}"


def match(found: Given, base: str, mode: str = "match") -> Json:
    """An entry of a search: what matches, or what it leads to (`include`)."""
    return {"fullUrl": full_url(found, base), "resource": shown(found, base), "search": {"mode": mode}}


def past(found: Given, base: str) -> Json:
    """An entry of a history: the version, and what would have made it."""
    status = "201 Created" if found.version == 1 else "200 OK"
    return {
        "fullUrl": full_url(found, base),
        "resource": shown(found, base),
        "request": {"method": "PUT", "url": f"{found.type}/{found.id}"},
        "response": {"status": status, "etag": tag(found), "lastModified": instant(found.at)},
    }


def bundle(kind: str, entries: Iterable[Json], *, links: Mapping[str, str], total: int | None, at: datetime) -> Json:
    """A bundle; `at` is the instant of the last version that it could hold."""
    found: Json = {"resourceType": "Bundle", "meta": {"lastUpdated": instant(at)}, "type": kind}
    if total is not None:
        found["total"] = total
    found["link"] = [{"relation": relation, "url": url} for relation, url in links.items()]
    if listed := list(entries):
        found["entry"] = listed
    return found


def link(base: str, path: str, given: Sequence[tuple[str, str]], **more: str) -> str:
    """An address with parameters."""
    query = urlencode([*given, *more.items()], quote_via=quote, safe=":|,/")
    return f"{base}/fhir/{path}{'?' if query else ''}{query}"


def encode(body: Any, *, pretty: bool = False) -> bytes:
    """JSON as it is sent."""
    if pretty:
        return json.dumps(body, ensure_ascii=False, indent=2, allow_nan=False).encode()
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
