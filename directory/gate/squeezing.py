"""Pages that are made anew for everybody who asks, sent small: squeezed, and not again where the browser has the same.

Also for whoever is signed in: no page holds a token or another secret beside what its reader typed, so that its length
tells nobody anything worth knowing.
"""

from __future__ import annotations

import gzip
import hashlib
import inspect
from collections.abc import Awaitable, Callable
from typing import cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from directory.gate.keeping import WORTH_SQUEEZING
from directory.gate.sessions import session_of

Handler = Callable[[Request], Response] | Callable[[Request], Awaitable[Response]]


def squeezed(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """A handler of a page, which goes out as small as the browser takes it."""
    is_async = inspect.iscoroutinefunction(handler)

    async def endpoint(request: Request) -> Response:
        found = handler(request) if is_async else await run_in_threadpool(handler, request)
        answer = await found if inspect.isawaitable(found) else found
        return _small(request, cast("Response", answer))

    endpoint.keeps = getattr(handler, "keeps", False)  # type: ignore[attr-defined]
    return endpoint


def _small(request: Request, response: Response) -> Response:
    headers, body = response.headers, response.body
    if response.status_code != 200 or "content-encoding" in headers or "etag" in headers or not isinstance(body, bytes):
        return response
    if session_of(request) is None:
        # What a browser may keep, it asks for by its tag.
        headers["ETag"] = tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
        headers.setdefault("Cache-Control", "no-cache")
        if request.headers.get("if-none-match", "").removeprefix("W/") == tag:
            headers.add_vary_header("Accept-Encoding")
            return Response(
                status_code=304, headers={name: headers[name] for name in ("etag", "cache-control", "vary")}
            )
    headers.add_vary_header("Accept-Encoding")
    if len(body) > WORTH_SQUEEZING and "gzip" in request.headers.get("accept-encoding", ""):
        response.body = gzip.compress(body, 6, mtime=0)
        headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(response.body))
    return response
