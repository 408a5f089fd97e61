"""What every public service says of itself: accessibility and privacy."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from directory.web.rendering import page


def accessibility(request: Request) -> Response:
    """`/accessibility`"""
    return page(request, "accessibility.html")


def privacy(request: Request) -> Response:
    """`/privacy`"""
    return page(request, "privacy.html")
