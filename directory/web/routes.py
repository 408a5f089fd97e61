"""Every page at a glance."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike, stat_result
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from directory.errors import SignpostError
from directory.web import about, changes, find, home, knowledge, mail, owners, services, unsubscribe
from directory.web.error_pages import error_page
from directory.web.rendering import STATIC

__all__ = ["error_handlers", "error_page", "routes"]


class _Static(StaticFiles):
    """Files that a browser keeps: those whose address names their content, for a year."""

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        named = scope.get("query_string", b"").startswith(b"v=")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if named else "max-age=3600"
        return response


def routes() -> list[BaseRoute]:
    """The pages; the application puts its own routes beside them."""
    return [
        Route("/", home.home),
        Route("/find", find.find),
        Route("/services/{slug}", services.service),
        Route("/services/{slug}/history", services.service_history),
        Route("/services/{slug}/as-of", services.service_on),
        Route("/services/{slug}/as-of/{date}", services.service_then),
        Route("/changes", changes.changes),
        Route("/changes/{number}", changes.change),
        Route("/pages", knowledge.pages),
        Route("/pages/{slug}", knowledge.knowledge_page),
        Route("/teams/{slug}", owners.team),
        Route("/organisations/{slug}", owners.organisation),
        Route("/mail", mail.mail),
        Route("/mail/{name}", mail.message),
        Route("/mail/{name}/html", mail.message_html),
        Route("/unsubscribe/{token}", unsubscribe.ask),
        Route("/unsubscribe/{token}", unsubscribe.do, methods=["POST"]),
        Route("/accessibility", about.accessibility),
        Route("/privacy", about.privacy),
        Mount("/static", _Static(directory=STATIC)),
    ]


def error_handlers() -> dict[Any, Callable[[Request, Exception], Response]]:
    """What to answer when something goes wrong, by what it was."""
    return {SignpostError: error_page, HTTPException: error_page, Exception: error_page}
