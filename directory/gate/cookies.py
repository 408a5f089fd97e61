"""The cookies: how they are called, and what a browser is told about keeping them.

With an https BASE_URL they carry the `__Host-` prefix and Secure. Plain http is only let sign in on this very machine:
there they carry neither, because no network is there to listen, and Safari would not keep a Secure cookie.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from directory.settings import Settings

Name = Literal["session", "browser", "openid"]


def keeps_cookies(settings: Settings) -> bool:
    """Whether it is safe to sign in at all: over https, or without a network."""
    return _secure(settings) or settings.is_local


def read(request: HTTPConnection, name: Name, settings: Settings) -> str:
    """A cookie's value; empty where the browser sent none."""
    return request.cookies.get(_full(name, settings), "")


def put(response: Response, name: Name, value: str, settings: Settings, *, seconds: int | None = None) -> None:
    """Have the browser keep a cookie, until it is closed or for some seconds; no script ever reads it."""
    response.set_cookie(
        _full(name, settings), value, max_age=seconds, path="/", secure=_secure(settings), httponly=True, samesite="lax"
    )


def drop(response: Response, name: Name, settings: Settings) -> None:
    """Have the browser forget a cookie."""
    response.delete_cookie(_full(name, settings), path="/", secure=_secure(settings), httponly=True, samesite="lax")


def _full(name: Name, settings: Settings) -> str:
    return f"__Host-signpost-{name}" if _secure(settings) else f"signpost-{name}"


def _secure(settings: Settings) -> bool:
    return urlsplit(settings.base_url).scheme == "https"
