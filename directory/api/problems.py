"""Errors as RFC 9457 problem details: the one place where a fact of the domain gets its HTTP status."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from directory import errors
from directory.errors import Problem, SignpostError

_STATUS: Mapping[type[SignpostError], tuple[int, str, str]] = {
    errors.NotFound: (404, "not-found", "Not found"),
    errors.NotSignedIn: (401, "not-signed-in", "A key is needed"),
    errors.TooMany: (429, "too-many", "Too many tries"),
    errors.TooLarge: (413, "too-large", "Too large"),
    errors.NotAllowed: (403, "not-allowed", "Not allowed"),
    errors.Invalid: (422, "invalid", "What was given breaks rules"),
    errors.EditConflict: (409, "edit-conflict", "Changed since you read it"),
    errors.AlreadyWithdrawn: (409, "already-withdrawn", "The change was withdrawn before"),
    errors.OfferOver: (409, "offer-over", "It does not wait any more"),
    errors.OfferEdited: (409, "offer-edited", "Edited since you read it"),
    errors.OfferStale: (409, "offer-stale", "The directory changed since it was written"),
    errors.AlreadyAnswered: (409, "already-answered", "The report was answered before"),
    errors.IdempotencyConflict: (422, "idempotency-conflict", "The key was used for another body"),
    errors.IndexDamaged: (503, "search-unavailable", "Search is being made anew"),
    errors.StoreFailing: (503, "store-unavailable", "The database cannot do this at the moment"),
}


# What `type` of a problem names, beside the facts above; the page at /api says what each means.
_OF_FORM: Mapping[str, str] = {
    "bad-parameter": "A parameter cannot be read",
    "names-nothing": "A parameter names what is not there",
    "bad-request": "The call cannot be read",
    "bad-idempotency-key": "An Idempotency-Key is 1 to 255 ASCII characters",
    "key-in-query": "A key does not belong in an address: send Authorization: Bearer KEY",
    "malformed-json": "The body is no JSON",
    "wrong-content-type": "The body is to be JSON, with Content-Type: application/json",
    "not-acceptable": "The answer is JSON, and the call takes none",
    "precondition-required": "Say what you read, in If-Match or expected_version",
    "bad-precondition": "If-Match speaks of one service; there are several",
    "precondition-failed": "It is not what you read any more: read it again and repeat your edit",
    "method-not-allowed": "Allow says which methods this address takes",
    "unexpected": "Something went wrong here; it is not your doing",
}


def names() -> Mapping[str, str]:
    """Every name of a problem, and what it means."""
    return dict(sorted({**{name: title for _, name, title in _STATUS.values()}, **_OF_FORM}.items()))


class Refused(SignpostError):
    """A call that is wrong in its form, before anything of the domain is asked."""

    def __init__(self, status: int, name: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.name = status, name


class BadParameter(SignpostError):
    """A parameter of the address that cannot be read."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.problem = Problem(name, reason)


class NamesNothing(BadParameter):
    """A parameter that can be read, and names what is not there."""


class PreconditionFailed(SignpostError):
    """If-Match named another state of the service than the one it is in."""

    def __init__(self, service: str, *, current: int | None, tag: str | None) -> None:
        super().__init__(f"{service} is not what you read any more: read it again and repeat your edit.")
        self.current, self.tag = current, tag


def problem(request: Request, exc: Exception) -> Response:
    """The answer to a call that failed; what was not foreseen says nothing of its cause."""
    if isinstance(exc, HTTPException):
        return _of_http(request, exc)
    headers: dict[str, str] = {}
    more: dict[str, Any] = {}
    if isinstance(exc, Refused):
        status, name, title = exc.status, exc.name, HTTPStatus(exc.status).phrase
    elif isinstance(exc, BadParameter):
        name = "names-nothing" if isinstance(exc, NamesNothing) else "bad-parameter"
        status, title = 400, _OF_FORM[name]
        more = {"problems": [_plain(exc.problem)]}
    elif isinstance(exc, PreconditionFailed):
        status, name, title = 412, "precondition-failed", "Changed since you read it"
        more = {"current_version": exc.current}
        headers = {"ETag": exc.tag} if exc.tag else {}
    else:
        status, name, title = _of_fact(exc)
        more = _facts_of(exc)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="Signpost"'
    elif isinstance(exc, errors.TooMany):
        headers["Retry-After"] = str(exc.wait)
    elif status == 503:
        headers["Retry-After"] = "10"
    detail = str(exc) if status != 500 else "Something went wrong here. It is not your doing; try again."
    return _response(request, status, name, title, detail, more, headers)


def _of_http(request: Request, exc: HTTPException) -> Response:
    headers = dict(exc.headers or {})
    title = HTTPStatus(exc.status_code).phrase
    detail = {
        404: "There is nothing at this address.",
        405: f"This address takes {headers.get('Allow', 'another method')}.",
    }.get(exc.status_code, exc.detail)
    return _response(request, exc.status_code, title.lower().replace(" ", "-"), title, detail, {}, headers)


def _of_fact(exc: Exception) -> tuple[int, str, str]:
    for kind, status in _STATUS.items():
        if isinstance(exc, kind):
            return status
    return 500, "unexpected", "Something went wrong"


def _facts_of(exc: Exception) -> dict[str, Any]:
    if isinstance(exc, errors.Invalid):
        return {"problems": [_plain(each) for each in exc.problems]}
    if isinstance(exc, errors.EditConflict):
        return {"service": exc.service, "expected_version": exc.expected, "current_version": exc.current}
    if isinstance(exc, errors.OfferOver):
        return {"state": exc.state}
    if isinstance(exc, errors.OfferEdited):
        return {"expected_version": exc.expected, "current_version": exc.current}
    if isinstance(exc, errors.OfferStale):
        return {"differing": {service: list(fields) for service, fields in exc.differing.items()}}
    return {}


def _plain(found: Problem) -> dict[str, str]:
    return {"where": found.where, "reason": found.reason}


def _response(
    request: Request,
    status: int,
    name: str,
    title: str,
    detail: str,
    more: Mapping[str, Any],
    headers: Mapping[str, str],
) -> Response:
    site = getattr(request.app.state, "site", None)
    base_url = site.settings.base_url if site else ""
    facts = {"type": f"{base_url}/api#{name}", "title": title, "status": status, "detail": detail, **more}
    # ASCII: a detail quotes what was typed, and that may be no text at all.
    return Response(
        json.dumps(facts),
        status,
        headers={"Cache-Control": "no-store", **headers},
        media_type="application/problem+json",
    )
