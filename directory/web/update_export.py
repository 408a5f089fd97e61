"""What somebody is told of and what was sent to them, to take along."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from io import StringIO

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from directory.content.records import stamp
from directory.domain.subscription import Subscription
from directory.exchange.cells import guarded
from directory.store import heard, subscriptions, team_subscriptions
from directory.web.account import own_session
from directory.web.rendering import site_of

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
MOST_SENT = 10_000


def as_json(request: Request) -> Response:
    """`/my/updates/export.json`: subscriptions, one's own and one's teams', and everything that was sent."""
    site, person_id = site_of(request), own_session(request).person.id
    with site.database.read() as connection:
        body = {"subscriptions": _subscriptions(connection, person_id), "sent": _sent(connection, person_id)}
    return _file(json.dumps(body, ensure_ascii=False, indent=2), "updates.json", "application/json")


def subscriptions_csv(request: Request) -> Response:
    """`/my/updates/subscriptions.csv`"""
    site, person_id = site_of(request), own_session(request).person.id
    with site.database.read() as connection:
        rows = _subscriptions(connection, person_id)
    columns = ("of", "frequency", "channel", "team", "mandatory", "opted_out", "since", "paused_until")
    return _file(_csv(columns, rows), "subscriptions.csv", "text/csv")


def sent_csv(request: Request) -> Response:
    """`/my/updates/sent.csv`"""
    site, person_id = site_of(request), own_session(request).person.id
    with site.database.read() as connection:
        rows = _sent(connection, person_id)
    return _file(_csv(("sent_at", "title", "stage", "because", "href"), rows), "sent.csv", "text/csv")


def _subscriptions(connection: Connection, person_id: int) -> list[dict[str, object]]:
    own = [_plain(each) for each in subscriptions.of_person(connection, person_id)]
    theirs = [
        _plain(each.subscription) | {"team": each.team, "opted_out": not each.heard}
        for each in team_subscriptions.of_member(connection, person_id)
    ]
    return [*own, *theirs]


def _plain(each: Subscription) -> dict[str, object]:
    return {
        "of": each.label,
        "criteria": {facet: list(values) for facet, values in each.criteria.items()},
        "frequency": each.frequency,
        "channel": each.channel,
        "team": None,
        "mandatory": each.mandatory,
        "opted_out": False,
        "since": stamp(each.created_at),
        "paused_until": stamp(each.paused_until) if each.paused_until else None,
    }


def _sent(connection: Connection, person_id: int) -> list[dict[str, object]]:
    return [
        {
            "sent_at": stamp(each.sent_at),
            "title": each.title,
            "stage": each.stage,
            "because": "; ".join(each.reasons),
            "href": each.href,
        }
        for each in heard.sent_to(connection, person_id, since=BEGINNING, limit=MOST_SENT)
    ]


def _csv(columns: Sequence[str], rows: Iterable[dict[str, object]]) -> str:
    written = StringIO()
    table = csv.writer(written)
    table.writerow(columns)
    for row in rows:
        table.writerow(["" if row[name] is None else guarded(str(row[name])) for name in columns])
    return written.getvalue()


def _file(text: str, name: str, kind: str) -> Response:
    # A spreadsheet program takes a file without the mark for one of its own old encodings.
    body = text.encode("utf-8-sig" if kind == "text/csv" else "utf-8")
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(body, headers=headers, media_type=kind)
