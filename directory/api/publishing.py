"""POST /changes: publish, or see what publishing would do; withdraw or set back what was published.

Where others have to agree first, the answer is 202 and the offer that waits for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from directory.actions.audience import audience_of
from directory.actions.prepare import Published
from directory.actions.submit import consider, submit
from directory.actions.take_back import reversing, withdraw
from directory.api import names as called
from directory.api import replies_changes as replies
from directory.api.answers import encode, matches
from directory.api.asking import DryRunAsked
from directory.api.bodies import (
    ChangeBody,
    ReversalBody,
    TakingBackBody,
    draft_of,
    read_change,
    read_reversal,
    read_taking_back,
)
from directory.api.calls import Call
from directory.api.declaring import says
from directory.api.entries import change_json
from directory.api.offers import need_json, offer_json, teams_json
from directory.api.once import attempt_of, once
from directory.api.owners import with_plain_owners
from directory.api.problems import PreconditionFailed, Refused
from directory.api.services import entry_answer
from directory.domain.change import Draft
from directory.domain.offer import Offer
from directory.errors import ServiceNotFound
from directory.store.changes import lock_head
from directory.store.versions import find_ids


@says(
    "Publish a change or, where others have to agree first, put it to them.",
    replies.PublishedChange,
    status=201,
    also={200: replies.DryRunChange, 202: replies.OfferReply},
    takes=ChangeBody,
    matched=True,
)
def post_change(call: Call, asked: DryRunAsked) -> Response:
    """POST /changes."""
    plain = read_change(call.body)
    if asked.is_dry:
        attempt_of(call, "POST /changes")
        return Response(encode(_dry_run(call, plain)), media_type="application/json")

    def publish(connection: Connection, at: datetime) -> dict[str, Any]:
        return _publish(connection, call, plain, at=at)

    return once(call, "POST /changes", publish, lead_to=_lead_to, status_of=_status_of)


@says(
    "A change does not hold; the answer is the change that says so.",
    replies.PublishedChange,
    status=201,
    also={202: replies.OfferReply},
    takes=TakingBackBody,
)
def post_withdraw(call: Call) -> Response:
    """POST /changes/{number}/withdraw: the answer is the change that withdraws it."""
    number, body = call.number(), read_taking_back(call.body)

    def publish(connection: Connection, at: datetime) -> dict[str, Any]:
        zone = call.site.settings.zone
        done = withdraw(connection, number, why=body.why, by=call.by, at=at, zone=zone, override=body.override)
        return _shown(connection, call, done)

    return once(call, f"POST /changes/{number}/withdraw", publish, lead_to=_lead_to, status_of=_status_of)


@says(
    "A new change sets back what another set.",
    replies.ReversedChange,
    status=201,
    also={202: replies.ReversalOffer},
    takes=ReversalBody,
)
def post_reverse(call: Call) -> Response:
    """POST /changes/{number}/reverse: a new change sets back what it set; `left` is what others have set since."""
    number, body = call.number(), read_reversal(call.body)

    def publish(connection: Connection, at: datetime) -> dict[str, Any]:
        lock_head(connection)
        back = reversing(connection, number, on=body.effective_from or call.site.today())
        draft = replace(back.draft, why=body.why or back.draft.why, override=body.override)
        done = submit(connection, draft, by=call.by, at=at, zone=call.site.settings.zone)
        left = [{"service": service, "field": field} for service, field in back.left]
        return _shown(connection, call, done) | {"left": left}

    return once(call, f"POST /changes/{number}/reverse", publish, lead_to=_lead_to, status_of=_status_of)


def _lead_to(body: dict[str, Any]) -> str:
    return f"/changes/{body['number']}" if "number" in body else f"/offers/{body['ref']}"


def _status_of(body: dict[str, Any]) -> int:
    return 201 if "number" in body else 202


def _shown(connection: Connection, call: Call, done: Published | Offer) -> dict[str, Any]:
    """The change, or what waits for others."""
    if isinstance(done, Published):
        return published_json(connection, done, base_url=call.base_url, on=call.site.today())
    return offer_json(connection, call, done)


def _publish(connection: Connection, call: Call, plain: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
    # Held from here on: what is checked below still holds when it is written.
    lock_head(connection)
    draft = _checked(connection, call, plain)
    return _shown(connection, call, submit(connection, draft, by=call.by, at=at, zone=call.site.settings.zone))


def _dry_run(call: Call, plain: Mapping[str, Any]) -> dict[str, Any]:
    with call.site.database.read() as connection:
        draft, on = _checked(connection, call, plain), call.site.today()
        seen = consider(connection, draft, by=call.by, at=call.site.now(), zone=call.site.settings.zone)
        shown = published_json(connection, seen.published, base_url=call.base_url, on=on)
        teams = teams_json(connection, {need.team for need in seen.needs}, on=on)
    # A number is given, and a record made, only by publishing.
    unmade = dict.fromkeys(("number", "recorded_at", "sha256", "previous", "href"))
    return shown | unmade | {"dry_run": True, "needs": [need_json(need, teams) for need in seen.needs]}


def _checked(connection: Connection, call: Call, plain: Mapping[str, Any]) -> Draft:
    draft = _overriding(connection, call, draft_of(with_plain_owners(plain)))
    header = call.header("if-match")
    if header is None:
        _check_said(connection, draft)
    elif header != "*" or len(draft.services) == 1:
        _check_precondition(connection, call, draft, header)
    return draft


def _check_said(connection: Connection, draft: Draft) -> None:
    """A program that does not say what it read would write over what somebody else published since."""
    unsaid = find_ids(connection, "service", [edit.id for edit in draft.services if edit.expected_version is None])
    if unsaid:
        said = f"Say which version of {sorted(unsaid)[0]} you read: its expected_version, or its ETag in If-Match."
        raise Refused(428, "precondition-required", said)


def _overriding(connection: Connection, call: Call, draft: Draft) -> Draft:
    """An editor's program publishes what a team would be asked to accept: why it does is why it is not asked."""
    hands_over = draft.succession or any("owner" in edit.set for edit in draft.services)
    if not call.by.editor or draft.override or not hands_over:
        return draft
    seen = consider(connection, draft, by=call.by, at=call.site.now(), zone=call.site.settings.zone)
    if not any(need.kind == "accept" for need in seen.needs) or any(need.kind == "approve" for need in seen.needs):
        return draft
    return replace(draft, override=draft.why.strip() or "Published by an editor.")


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
        "audience": {
            "people": found.people,
            "teams": found.teams,
            "channels": found.channels,
            "subscriptions": subscriptions,
        }
    }
