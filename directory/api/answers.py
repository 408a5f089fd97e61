"""How a call is answered: JSON, with a strong ETag where one thing is asked for."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from directory.api.calls import Call

_TAG = re.compile(r'(W/)?("[^"]*")')


def encode(body: Mapping[str, Any]) -> bytes:
    """JSON as it is sent, stored and tagged."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def plain(body: Mapping[str, Any]) -> Response:
    """An answer that changes with every question."""
    return Response(encode(body), media_type="application/json")


def page(items: Sequence[Mapping[str, Any]], next_: str | int | None) -> Response:
    """A list, and from where to go on: null at the end."""
    return plain({"items": items, "next": next_})


def tagged(call: Call, body: Mapping[str, Any]) -> Response:
    """One thing and its ETag, or only that it is what the caller holds already."""
    content = encode(body)
    headers = {"ETag": tag_of(content, body.get("version")), "Cache-Control": "no-cache"}
    if matches(call.header("if-none-match"), headers["ETag"], weakly=True):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/json")


def tag_of(content: bytes, version: int | None = None) -> str:
    """A strong ETag: the version, where there is one, and a digest of all that is shown."""
    digest = hashlib.sha256(content).hexdigest()[:24]
    return f'"{digest}"' if version is None else f'"{version}-{digest}"'


def matches(header: str | None, tag: str, *, weakly: bool = False) -> bool:
    """Whether If-Match or (weakly) If-None-Match names a tag, by RFC 9110."""
    if header is None:
        return False
    if header.strip() == "*":
        return True
    return any(found == tag and (weakly or not weak) for weak, found in _TAG.findall(header))
