"""Reports and checks: tell the owner of a service what is wrong with its entry, or that it is still correct."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from directory.actions.checks import check
from directory.actions.reports import Given, report
from directory.api import names as called
from directory.api import replies
from directory.api.answers import matches, tagged
from directory.api.bodies import CheckBody, ReportBody, read_check, read_report
from directory.api.calls import Call
from directory.api.declaring import says
from directory.api.once import once
from directory.api.problems import PreconditionFailed
from directory.api.services import entry_answer
from directory.content.records import stamp
from directory.domain.policy import Actor
from directory.domain.report import ref_of
from directory.gate.visitors import network_of
from directory.store import report_lists, reports


@says(
    "Tell the owner of a service what is wrong with its entry.",
    replies.ReportAnswer,
    status=201,
    takes=ReportBody,
)
def post_report(call: Call) -> Response:
    """POST /services/{key}/reports: with a key, a session, or neither."""
    plain, key = read_report(call.body), call.key()
    given = Given(plain["kind"], plain.get("text", ""), plain.get("email", ""))
    network = network_of(call.request)

    def take_in(connection: Connection, at: datetime) -> dict[str, Any]:
        secret = call.site.settings.secret.get_secret_value()
        kept = report(
            connection, key, given, by=call.by, network=network, secret=secret, at=at, today=call.site.today()
        )
        return _report_json(connection, call, kept.ref)

    return once(
        call,
        f"POST /services/{key}/reports",
        take_in,
        lead_to=lambda body: f"/reports/{body['ref']}",
        by=_whose(call.by, network),
    )


def _whose(by: Actor, network: str) -> Actor:
    """Nobody's Idempotency-Keys are those of their network: another's must not get their answer."""
    if by.signed_in:
        return by
    return replace(by, name=f"anyone {hashlib.sha256(network.encode()).hexdigest()[:24]}")


@says("What became of a report, for whoever holds its reference.", replies.ReportAnswer, tagged=True)
def show_report(call: Call) -> Response:
    """GET /reports/{ref}: what became of it, for whoever holds the reference."""
    with call.site.database.read() as connection:
        return tagged(call, _report_json(connection, call, ref_of(call.key("ref"))))


def _report_json(connection: Connection, call: Call, ref: str) -> dict[str, Any]:
    own = reports.by_ref(connection, ref)
    root = reports.root_of(connection, own)
    names = called.names(connection, {("service", own.service_id)} if own.service_id else set(), on=call.site.today())
    service = names.get(("service", own.service_id or ""))
    return {
        "ref": own.ref,
        "kind": own.kind,
        "service": {"id": service.id, "slug": service.slug, "name": service.name} if service else None,
        "text": own.text,
        "received_at": stamp(own.received_at),
        "people": report_lists.how_often(connection, [root.id])[root.id],
        "state": root.state,
        "answer": root.answer,
        "answered_at": stamp(root.answered_at) if root.answered_at else None,
        "change": root.change_number,
        "href": f"{call.base_url}/reports/{own.ref}",
    }


@says("The entry as it stands is correct.", replies.CheckAnswer, status=201, takes=CheckBody, matched=True)
def post_check(call: Call) -> Response:
    """POST /services/{key}/check: the entry as it stands is correct; If-Match or `expected_version` say which."""
    key, expected = call.key(), read_check(call.body)

    def confirm(connection: Connection, at: datetime) -> dict[str, Any]:
        today, header = call.site.today(), call.header("if-match")
        if header is not None:
            current = entry_answer(connection, call, key, on=today)
            if not matches(header, current.tag):
                raise PreconditionFailed(key, current=current.version, tag=current.tag)
        done = check(connection, key, expected=expected, by=call.by, at=at, today=today)
        return {
            "service": done.entry.id,
            "slug": done.entry.slug,
            "version": done.entry.version.number,
            "checked_at": stamp(done.at),
        }

    return once(call, f"POST /services/{key}/check", confirm, lead_to=lambda body: f"/services/{body['slug']}")
