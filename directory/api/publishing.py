"""POST /changes: publish, or see what publishing would do."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from directory.actions.naming import EDITS
from directory.actions.prepare import Published
from directory.actions.publish import preview, publish_in
from directory.api import names as called
from directory.api.answers import encode, matches
from directory.api.bodies import draft_of, read_change
from directory.api.calls import Call
from directory.api.entries import change_json
from directory.api.owners import complete_owners
from directory.api.problems import PreconditionFailed, Refused
from directory.api.services import entry_answer
from directory.domain.change import Draft
from directory.domain.service import slug_of
from directory.errors import Invalid, Problem, ServiceNotFound
from directory.store import deliveries, idempotency
from directory.store.changes import lock_head
from directory.store.idempotency import Answer, Attempt
from directory.store.versions import find_ids

_KEY = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,254}")
# What can stand in an address as it is.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}")


def post_change(call: Call) -> Response:
    """POST /changes."""
    plain = read_change(call.body)
    attempt = _attempt(call)
    if call.given.flag("dry_run"):
        return Response(encode(_dry_run(call, plain)), media_type="application/json")
    at = call.site.now()
    with call.site.database.write() as connection:
        kept = idempotency.claim(connection, attempt, at=at) if attempt else None
        answer = kept or Answer(201, encode(_publish(connection, call, plain, at=at)))
        if attempt and not kept:
            idempotency.keep(connection, attempt, answer)
    return _answered(call, answer, replayed=kept is not None)


def _attempt(call: Call) -> Attempt | None:
    key = call.header("idempotency-key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise Refused(400, "bad-idempotency-key", "An Idempotency-Key is 1 to 255 ASCII characters.")
    return Attempt(call.by, key, b"POST /changes\n" + call.body)


def _publish(connection: Connection, call: Call, plain: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
    # Held from here on: what is checked below still holds when it is written.
    lock_head(connection)
    draft = _checked(connection, call, plain)
    published = publish_in(connection, [draft], by=call.by, at=[at], zone=call.site.settings.zone)[0]
    return _shown(connection, call, published)


def _dry_run(call: Call, plain: Mapping[str, Any]) -> dict[str, Any]:
    with call.site.database.read() as connection:
        draft = _checked(connection, call, plain)
    published = preview(call.site.database, draft, by=call.by, at=call.site.now(), zone=call.site.settings.zone)
    with call.site.database.read() as connection:
        shown = _shown(connection, call, published)
    # A number is given, and a record made, only by publishing.
    unmade = dict.fromkeys(("number", "recorded_at", "sha256", "previous", "href"))
    return shown | unmade | {"dry_run": True}


def _checked(connection: Connection, call: Call, plain: Mapping[str, Any]) -> Draft:
    draft = draft_of(complete_owners(connection, plain, on=call.site.today()))
    _check_openings(connection, draft)
    if (header := call.header("if-match")) is not None:
        _check_precondition(connection, call, draft, header)
    return draft


def _check_openings(connection: Connection, draft: Draft) -> None:
    """Refuse an id that could not stand in an address, and an ODS code that another organisation has."""
    problems = []
    codes: list[str] = []
    for noun, field in EDITS.items():
        edits = getattr(draft, field)
        known = find_ids(connection, noun, [edit.id for edit in edits])
        newcomers = [edit for edit in edits if edit.id not in known]
        codes += [edit.ods_code.upper() for edit in newcomers if edit.ods_code]
        problems += [
            Problem(field, f"{edit.id!r} cannot be an id: use up to 64 letters, digits, hyphens and dots")
            for edit in newcomers
            if not _ID.fullmatch(edit.id)
        ]
        if noun == "team":
            # Owners name a team by its slug, and a body can only use the id.
            problems += [
                Problem(field, f"{edit.id!r} cannot be a team: use a slug, as in tissue-viability, for its id and slug")
                for edit in newcomers
                if slug_of(edit.id) != edit.id or edit.slug not in (None, edit.id)
            ]
    taken = find_ids(connection, "organisation", codes).keys() | {code for code in codes if codes.count(code) > 1}
    problems += [Problem("organisations", f"the ODS code {code} belongs to another") for code in sorted(taken)]
    if problems:
        raise Invalid(problems)


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


def _shown(connection: Connection, call: Call, published: Published) -> dict[str, Any]:
    reached = called.reached_by(published)
    names = called.names(connection, called.in_changes([published.change], reached), on=call.site.today())
    names |= called.opened_by(published)
    return change_json(published.change, base_url=call.base_url, names=names, reached=reached) | {
        "audience": _audience(connection, published)
    }


def _audience(connection: Connection, published: Published) -> dict[str, Any]:
    if published.change.weight == "minor":
        # It only makes a version: nobody is told.
        return {"people": 0, "teams": 0, "subscriptions": []}
    found = deliveries.audience(connection, published.new.terms)
    subscriptions = [{"label": label, "count": count} for label, count in found.by_subscription]
    return {"people": found.people, "teams": found.teams, "subscriptions": subscriptions}


def _answered(call: Call, answer: Answer, *, replayed: bool) -> Response:
    number = json.loads(answer.body)["number"]
    headers = {"Location": f"{call.base_url}/api/v1/changes/{number}"}
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(answer.body, answer.status, headers, media_type="application/json")
