"""Other sites' pages may not have anything done here in a reader's name.

Browsers say where a request comes from: `Sec-Fetch-Site` (Fetch Metadata) or, older ones, `Origin`. Whatever is not
safe (RFC 9110, 9.2.1) must come from this site's own pages or from no page at all. What is no browser sends neither
header and has no cookies that others could ride on. A key in `Authorization` is never sent by a browser on its own.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from directory.errors import WrongOrigin

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
Refuse = Callable[[Request, Exception], Response]


class CrossOriginProtection:
    """Refuses, in front of every route, what another site's page asks to be done."""

    def __init__(self, app: ASGIApp, *, refuse: Refuse) -> None:
        self._app, self._refuse = app, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            request = Request(scope, receive)
            if not of_this_site(request):
                error = WrongOrigin("This came from a page of another site. Open the page here and do it from there.")
                await self._refuse(request, error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def of_this_site(request: Request) -> bool:
    """Whether an unsafe request comes from a page of this site, or from no page."""
    headers = request.headers
    if "authorization" in headers:
        return True
    if (fetched := headers.get("sec-fetch-site")) is not None:
        return fetched in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        given = urlsplit(origin)
    except ValueError:
        return False
    return given.scheme in ("http", "https") and bool(given.netloc) and given.netloc == headers.get("host")
