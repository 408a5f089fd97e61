"""What every public service says of itself: accessibility, privacy, and what robots may read."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from directory.web.rendering import page, site_of

# What is asked anew each time, and what leads nobody anywhere.
NOT_FOR_ROBOTS = ("/suggest", "/sign-in", "/mail", "/unsubscribe", "/check")


def accessibility(request: Request) -> Response:
    """`/accessibility`"""
    return page(request, "accessibility.html")


def privacy(request: Request) -> Response:
    """`/privacy`"""
    return page(request, "privacy.html")


def robots(request: Request) -> Response:
    """`/robots.txt` (RFC 9309): entries, changes and pages, where everybody may read."""
    is_public = site_of(request).settings.reading == "public"
    lines = [f"Disallow: {path}" for path in (NOT_FOR_ROBOTS if is_public else ("/",))]
    return PlainTextResponse("\n".join(["User-agent: *", *lines, ""]))
