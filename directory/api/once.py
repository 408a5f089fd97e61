"""A deed that a program asks for: done once and answered, and answered again under the same Idempotency-Key."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from directory.api.answers import encode
from directory.api.calls import Call
from directory.api.problems import Refused
from directory.domain.policy import Actor
from directory.store import idempotency
from directory.store.idempotency import Answer, Attempt

_KEY = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,254}")
Deed = Callable[[Connection, datetime], dict[str, Any]]


def once(
    call: Call,
    what: str,
    deed: Deed,
    *,
    lead_to: Callable[[dict[str, Any]], str] | None = None,
    by: Actor | None = None,
    status_of: Callable[[dict[str, Any]], int] = lambda _body: 201,
    shown_once: Collection[str] = (),
) -> Response:
    """Do it in one transaction and answer 201, or `status_of` it; under the same key, give the first answer again.

    `lead_to` is the address, below the API's own, of what was made, from the answer. `by` is whose keys these are where
    that is not the caller. What `shown_once` names is null in a repeated answer: secrets are not kept.
    """
    attempt, at = attempt_of(call, what, by=by), call.site.now()
    with call.site.database.write() as connection:
        kept = idempotency.claim(connection, attempt, at=at) if attempt else None
        answer = kept
        if answer is None:
            body = deed(connection, at)
            answer = _answer(body, status_of)
            if attempt:
                lasting = body | {name: None for name in shown_once if name in body}
                idempotency.keep(connection, attempt, _answer(lasting, status_of))
    headers = {"Location": f"{call.base_url}/api/v1{lead_to(json.loads(answer.body))}"} if lead_to else {}
    if kept is not None:
        headers["Idempotent-Replayed"] = "true"
    return Response(answer.body, answer.status, headers, media_type="application/json")


def _answer(body: dict[str, Any], status_of: Callable[[dict[str, Any]], int]) -> Answer:
    return Answer(status_of(body), encode(body))


def attempt_of(call: Call, what: str, *, by: Actor | None = None) -> Attempt | None:
    """The try that an Idempotency-Key names; None without one."""
    key = call.header("idempotency-key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise Refused(400, "bad-idempotency-key", "An Idempotency-Key is 1 to 255 ASCII characters.")
    return Attempt(by or call.by, key, f"{what}\n".encode() + call.body)
