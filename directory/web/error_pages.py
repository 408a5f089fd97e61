"""Each fact that can go wrong, translated once: its status, its heading, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from directory import errors
from directory.web.rendering import page


@dataclass(frozen=True, slots=True)
class Shown:
    """An error as a page shows it."""

    status: int
    heading: str
    message: str
    problems: tuple[errors.Problem, ...] = ()


_UNEXPECTED = Shown(
    500,
    "Sorry, there is a problem with this page",
    "Try again in a minute. If you need a number now, ask your switchboard.",
)
_NOT_FOUND = "Check the address. If you followed a link, tell whoever runs the page that it is on."


def shown_of(error: Exception) -> Shown:
    """What to say of an error; nothing of an unexpected one is shown."""
    match error:
        case errors.NotFound():
            return Shown(404, "Page not found", str(error))
        case errors.NotSignedIn():
            return Shown(401, "You need to sign in", str(error))
        case errors.NotAllowed():
            return Shown(403, "You cannot do this", str(error))
        case errors.Invalid():
            return Shown(422, "There is a problem", "", error.problems)
        case errors.EditConflict() | errors.IdempotencyConflict():
            return Shown(409, "Somebody else changed this first", str(error))
        case errors.IndexDamaged():
            return Shown(503, "Search is being rebuilt", "This takes a minute or two. Try again then.")
        case HTTPException(status_code=404):
            return Shown(404, "Page not found", _NOT_FOUND)
        case HTTPException():
            return Shown(error.status_code, "This page cannot do that", f"{error.detail}.")
    return _UNEXPECTED


def error_page(request: Request, error: Exception) -> Response:
    """The page for an error."""
    shown = shown_of(error)
    response = page(request, "error.html", shown.status, shown=shown)
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    if shown.status == 503:
        response.headers["Retry-After"] = "60"
    return response
