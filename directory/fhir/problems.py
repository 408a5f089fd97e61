"""Errors as FHIR's OperationOutcome: the one place where a fact of the domain gets its status and issue code here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from directory import errors
from directory.errors import SignpostError
from directory.exchange.fhir_codes import Json

MEDIA_TYPE = "application/fhir+json"
_FACTS: Mapping[type[SignpostError], tuple[int, str]] = {
    errors.NotFound: (404, "not-found"),
    errors.NotSignedIn: (401, "login"),
    errors.TooMany: (429, "throttled"),
    errors.TooLarge: (413, "too-long"),
    errors.KeyInAddress: (400, "security"),
    errors.NotAllowed: (403, "forbidden"),
    errors.Invalid: (422, "invalid"),
    errors.StoreFailing: (503, "transient"),
}
_OF_HTTP: Mapping[int, tuple[str, str]] = {
    404: ("not-found", "There is nothing at this address."),
    405: ("not-supported", "This address does not take this method. The directory can be read here, not written."),
}


class Refused(SignpostError):
    """A call that cannot be answered as it is put; `code` is from the value set of issue types."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status, self.code = status, code


def outcome(code: str, texts: Sequence[str], *, severity: str = "error") -> Json:
    """An OperationOutcome with an issue for each text."""
    issues = [{"severity": severity, "code": code, "diagnostics": each} for each in texts]
    return {"resourceType": "OperationOutcome", "issue": issues}


def status_of(error: Exception) -> tuple[int, Json]:
    """The status and the outcome of an error; what was not foreseen says nothing of its cause."""
    if isinstance(error, Refused):
        return error.status, outcome(error.code, [str(error)])
    if isinstance(error, HTTPException):
        code, text = _OF_HTTP.get(error.status_code, ("processing", error.detail))
        return error.status_code, outcome(code, [text])
    for kind, (status, code) in _FACTS.items():
        if isinstance(error, kind):
            return status, outcome(code, [str(error)])
    return 500, outcome("exception", ["Something went wrong here. It is not your doing; try again."])


def problem(_request: Request, error: Exception) -> Response:
    """The answer to a call that failed."""
    status, body = status_of(error)
    headers = dict(getattr(error, "headers", None) or {})
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="Signpost"'
    elif isinstance(error, errors.TooMany):
        headers["Retry-After"] = str(error.wait)
    elif status == 503:
        headers["Retry-After"] = "10"
    # ASCII: a text may quote what was typed, and that may be no text at all.
    content = json.dumps(body)
    return Response(content, status, headers={"Cache-Control": "no-store", **headers}, media_type=MEDIA_TYPE)
