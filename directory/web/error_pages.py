"""Each fact that can go wrong, translated once: its status, its heading, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory import errors
from directory.gate.forms import form_of
from directory.web.language import gettext, speaks
from directory.web.rendering import page


@dataclass(frozen=True, slots=True)
class Shown:
    """An error as a page shows it."""

    status: int
    heading: str
    message: str
    problems: tuple[errors.Problem, ...] = ()


# What is over after a while: the same, sent again, may be taken.
_PASSES = (429, 500, 503)
_NOT_FOUND = "Check the address. If you followed a link, tell whoever runs the page that it is on."


def shown_of(error: Exception) -> Shown:
    """What to say of an error; nothing of an unexpected one is shown."""
    match error:
        case errors.NotFound():
            return Shown(404, gettext("Page not found"), str(error))
        case errors.SignInRefused():
            return Shown(403, gettext("You could not be signed in"), str(error))
        case errors.ProviderFailed():
            return Shown(503, gettext("Your organisation's sign-in does not answer"), str(error))
        case errors.TooMany():
            return Shown(429, gettext("Please wait"), str(error))
        case errors.TooLarge():
            return Shown(413, gettext("That is too much at once"), str(error))
        case errors.NotSignedIn():
            return Shown(401, gettext("You need to sign in"), str(error))
        case errors.NotAllowed():
            return Shown(403, gettext("You cannot do this"), str(error))
        case errors.Invalid():
            return Shown(422, gettext("There is a problem"), "", error.problems)
        case errors.OfferOver():
            return Shown(409, gettext("This does not wait any more"), str(error))
        case errors.OfferEdited() | errors.OfferStale():
            return Shown(409, gettext("This changed since it was written"), str(error))
        case errors.AlreadyAnswered():
            return Shown(409, gettext("Somebody else answered this first"), str(error))
        case errors.EditConflict() | errors.AlreadyWithdrawn() | errors.IdempotencyConflict():
            return Shown(409, gettext("Somebody else changed this first"), str(error))
        case errors.IndexDamaged():
            return Shown(
                503, gettext("Search is being rebuilt"), gettext("This takes a minute or two. Try again then.")
            )
        case errors.StoreFailing():
            return Shown(503, gettext("Signpost cannot do this at the moment"), str(error))
        case HTTPException(status_code=404):
            return Shown(404, gettext("Page not found"), _NOT_FOUND)
        case HTTPException():
            return Shown(error.status_code, gettext("This page cannot do that"), f"{error.detail}.")
    return Shown(
        500,
        gettext("Sorry, there is a problem with this page"),
        gettext("Try again in a minute. If you need a number now, ask your switchboard."),
    )


def error_page(request: Request, error: Exception) -> Response:
    """The page for an error, in the language of the reader."""
    return speaks(lambda request: _error_page(request, error))(request)


def _error_page(request: Request, error: Exception) -> Response:
    if isinstance(error, errors.NotSignedIn | errors.PasskeyNeeded):
        return _first(request, error)
    shown, fields = shown_of(error), form_of(request).fields
    # Nobody writes the same twice because of us.
    kept = [value for _, value in fields if len(value.split()) > 1]
    again, action = shown.status in _PASSES, _address(request)
    response = page(
        request, "error.html", shown.status, shown=shown, kept=kept, again=again, fields=fields, action=action
    )
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    if isinstance(error, errors.TooMany):
        response.headers["Retry-After"] = str(error.wait)
    elif shown.status == 503:
        response.headers["Retry-After"] = "60"
    return response


def _first(request: Request, error: errors.NotSignedIn | errors.PasskeyNeeded) -> Response:
    """To the page where one signs in or shows a passkey, and back; what was typed into a form waits on the page."""
    signs_in = isinstance(error, errors.NotSignedIn)
    path = "/sign-in" if signs_in else "/step-up"
    if request.method in ("GET", "HEAD"):
        next_ = urlencode({"next": _address(request)})
        return RedirectResponse(f"{path}?{next_}", 303, headers={"Cache-Control": "no-store"})
    return page(
        request,
        "again.html",
        401 if signs_in else 403,
        heading=gettext("Sign in again to go on") if signs_in else gettext("Show your passkey to go on"),
        first=f"{path}?{urlencode({'next': '/account'})}",
        first_words=gettext("Sign in") if signs_in else gettext("Show your passkey"),
        action=_address(request),
        fields=form_of(request).fields,
    )


def _address(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
