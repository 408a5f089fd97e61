"""POST /changes: publish, or see what publishing would do; and withdraw what was published."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from directory.actions.prepare import Published
from directory.actions.publish import preview, publish_in
from directory.actions.take_back import withdraw
from directory.api import names as called
from directory.api.answers import encode, matches
from directory.api.bodies import draft_of, read_change, read_withdrawal
from directory.api.calls import Call
from directory.api.entries import change_json
from directory.api.owners import with_plain_owners
from directory.api.problems import PreconditionFailed, Refused
from directory.api.services import entry_answer
from directory.domain.change import Draft
from directory.errors import ServiceNotFound
from directory.store import idempotency
from directory.store.changes import lock_head
from directory.store.deliveries import Audience, audience
from directory.store.idempotency import Answer, Attempt

_KEY = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,254}")


def post_change(call: Call) -> Response:
    """POST /changes."""
    plain = read_change(call.body)
    if call.given.flag("dry_run"):
        _attempt(call, "POST /changes")
        return Response(encode(_dry_run(call, plain)), media_type="application/json")
    return _once(call, "POST /changes", lambda connection, at: _publish(connection, call, plain, at=at))


def post_withdraw(call: Call) -> Response:
    """POST /changes/{number}/withdraw: the answer is the change that withdraws it."""
    number, why = call.number(), read_withdrawal(call.body)

    def publish(connection: Connection, at: datetime) -> dict[str, Any]:
        zone = call.site.settings.zone
        published = withdraw(connection, number, why=why, by=call.by, at=at, zone=zone)
        return published_json(connection, published, base_url=call.base_url, on=call.site.today())

    return _once(call, f"POST /changes/{number}/withdraw", publish)


def _once(call: Call, what: str, publish: Callable[[Connection, datetime], dict[str, Any]]) -> Response:
    """Publish and answer; under the same Idempotency-Key, give the first answer again."""
    attempt, at = _attempt(call, what), call.site.now()
    with call.site.database.write() as connection:
        kept = idempotency.claim(connection, attempt, at=at) if attempt else None
        answer = kept or Answer(201, encode(publish(connection, at)))
        if attempt and not kept:
            idempotency.keep(connection, attempt, answer)
    return _answered(call, answer, replayed=kept is not None)


def _attempt(call: Call, what: str) -> Attempt | None:
    key = call.header("idempotency-key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise Refused(400, "bad-idempotency-key", "An Idempotency-Key is 1 to 255 ASCII characters.")
    return Attempt(call.by, key, f"{what}\n".encode() + call.body)


def _publish(connection: Connection, call: Call, plain: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
    # Held from here on: what is checked below still holds when it is written.
    lock_head(connection)
    draft = _checked(connection, call, plain)
    published = publish_in(connection, [draft], by=call.by, at=[at], zone=call.site.settings.zone)[0]
    return published_json(connection, published, base_url=call.base_url, on=call.site.today())


def _dry_run(call: Call, plain: Mapping[str, Any]) -> dict[str, Any]:
    with call.site.database.read() as connection:
        draft = _checked(connection, call, plain)
    published = preview(call.site.database, draft, by=call.by, at=call.site.now(), zone=call.site.settings.zone)
    with call.site.database.read() as connection:
        shown = published_json(connection, published, base_url=call.base_url, on=call.site.today())
    # A number is given, and a record made, only by publishing.
    unmade = dict.fromkeys(("number", "recorded_at", "sha256", "previous", "href"))
    return shown | unmade | {"dry_run": True}


def _checked(connection: Connection, call: Call, plain: Mapping[str, Any]) -> Draft:
    draft = draft_of(with_plain_owners(plain))
    if (header := call.header("if-match")) is not None:
        _check_precondition(connection, call, draft, header)
    return draft


def _check_precondition(connection: Connection, call: Call, draft: Draft, header: str) -> None:
    if len(draft.services) != 1:
        raise Refused(400, "bad-precondition", "If-Match can speak of one service: give each its expected_version.")
    key = draft.services[0].id
    try:
        current = entry_answer(connection, call, key, on=call.site.today())
    except ServiceNotFound:
        raise PreconditionFailed(key, current=None, tag=None) from None
    if not matches(header, current.tag):
        raise PreconditionFailed(key, current=current.version, tag=current.tag)


def published_json(connection: Connection, published: Published, *, base_url: str, on: date) -> dict[str, Any]:
    """A change just worked out, with what it names as it is called, and the audience that it reaches."""
    reached = called.reached_by(published)
    names = called.names(connection, called.in_changes([published.change], reached), on=on)
    names |= called.opened_by(published)
    found = audience_of(connection, published)
    subscriptions = [{"label": label, "count": count} for label, count in found.by_subscription]
    return change_json(published.change, base_url=base_url, names=names, reached=reached) | {
        "audience": {"people": found.people, "teams": found.teams, "subscriptions": subscriptions}
    }


def audience_of(connection: Connection, published: Published) -> Audience:
    """Whom a change reaches; nobody where it is minor, which only makes a version."""
    if published.change.weight == "minor":
        return Audience(0, 0, ())
    return audience(connection, published.new.terms)


def _answered(call: Call, answer: Answer, *, replayed: bool) -> Response:
    number = json.loads(answer.body)["number"]
    headers = {"Location": f"{call.base_url}/api/v1/changes/{number}"}
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(answer.body, answer.status, headers, media_type="application/json")
