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
_LASTING = re.compile(r"\.[0-9a-f]{8}(?=\"$)")
# What an entry says that changes as the clock goes on.
PASSING = ("open_now", "opens_at", "closes_at")


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
    headers = {"ETag": tag_of(body), "Cache-Control": "no-cache"}
    if matches(call.header("if-none-match"), headers["ETag"], weakly=True):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/json")


def tag_of(body: Mapping[str, Any]) -> str:
    """A strong ETag: the version, where there is one, a digest of what lasts and, after a full stop, of what passes."""
    lasting = {key: value for key, value in body.items() if key not in PASSING}
    passing = {key: body[key] for key in PASSING if body.get(key) is not None}
    version = body.get("version")
    tag = f"{_digest(lasting)}" if version is None else f"{version}-{_digest(lasting)}"
    return f'"{tag}.{_digest(passing)[:8]}"' if passing else f'"{tag}"'


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(encode(body)).hexdigest()[:24]


def matches(header: str | None, tag: str, *, weakly: bool = False) -> bool:
    """Whether If-Match or (weakly) If-None-Match names a tag, by RFC 9110.

    A service that has opened or closed for the day since it was read has not been edited: If-Match lets that pass.
    """
    if header is None:
        return False
    if header.strip() == "*":
        return True
    wanted = tag if weakly else _LASTING.sub("", tag)
    given = ((weak, found if weakly else _LASTING.sub("", found)) for weak, found in _TAG.findall(header))
    return any(found == wanted and (weakly or not weak) for weak, found in given)
