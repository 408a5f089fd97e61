"""The colour and the logo of whoever runs this directory, as the pages fetch them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from directory.errors import NotFound
from directory.web.rendering import site_of
from directory.web.views.brand import brand_of

_YEAR = "public, max-age=31536000, immutable"
# A logo may be opened by its address: then, too, it runs nothing and fetches nothing.
_INERT = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def colour(request: Request) -> Response:
    """`/brand/colour.css`"""
    text = f":root{{--brand:{site_of(request).settings.colour}}}\n"
    return Response(text, headers={"Cache-Control": _YEAR}, media_type="text/css")


def logo(request: Request) -> Response:
    """`/brand/logo`"""
    found = brand_of(site_of(request).settings).logo
    if found is None:
        raise NotFound("There is no logo.")
    headers = {"Cache-Control": _YEAR, "Content-Security-Policy": _INERT, "X-Content-Type-Options": "nosniff"}
    return Response(found.content, headers=headers, media_type=found.media_type)
