"""Acknowledgements and awareness: say that one has read a change, and see how many have."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from directory.actions.acknowledge import acknowledge, excuse
from directory.api import replies_telling as replies
from directory.api.answers import tagged
from directory.api.bodies import AcknowledgementBody, read_acknowledgement
from directory.api.calls import Call
from directory.api.declaring import says
from directory.api.once import once
from directory.content.records import stamp
from directory.domain.awareness import Reading, TeamReading, shown
from directory.errors import Invalid, Problem
from directory.store import acknowledgements
from directory.store import changes as change_store


@says(
    "The key's owner has read a change, or a team of theirs has been told.",
    replies.AcknowledgementReply,
    status=201,
    takes=AcknowledgementBody,
)
def post_acknowledge(call: Call) -> Response:
    """POST /changes/{number}/acknowledge: by the key's owner, for themselves or (`team`) for their team."""
    number, plain = call.number(), read_acknowledgement(call.body)
    team, excused = plain.get("team"), bool(plain.get("excused"))
    if team and excused:
        raise Invalid([Problem("excused", "Say it for yourself or for a team: a team cannot be excused")])

    def say(connection: Connection, at: datetime) -> dict[str, Any]:
        if excused:
            excuse(connection, number, by=call.by, at=at)
        else:
            acknowledge(connection, number, team=team, by=call.by, at=at, zone=call.site.settings.zone)
        return _own(connection, number, call)

    return once(call, f"POST /changes/{number}/acknowledge", say, lead_to=lambda _body: f"/changes/{number}/awareness")


@says("How many of those who were told have read a change.", replies.AwarenessReply, tagged=True)
def show_awareness(call: Call) -> Response:
    """GET /changes/{number}/awareness: how many have read it; nothing is said of fewer than five people."""
    number = call.number()
    with call.site.database.read() as connection:
        change_store.load(connection, number)
        overall = acknowledgements.readings(connection, [number]).get(number, Reading(0, 0))
        by_team = acknowledgements.team_readings(connection, [number])
        spoken = acknowledgements.spoken(connection, number)
    whole, teams = shown(
        overall,
        [TeamReading(slug, by_team.get(slug), spoken.get(slug)) for slug in sorted(by_team.keys() | spoken.keys())],
    )
    return tagged(
        call,
        {
            "change": number,
            "reading": _reading(whole),
            "teams": [
                {
                    "team": each.team,
                    "reading": _reading(each.reading),
                    "told_at": stamp(each.spoken_at) if each.spoken_at else None,
                }
                for each in teams
            ],
        },
    )


def _own(connection: Connection, number: int, call: Call) -> dict[str, Any]:
    said = acknowledgements.said_by(connection, number, call.by.person_id or 0)
    return {
        "change": number,
        "read_at": stamp(said.read_at) if said.read_at else None,
        "excused": said.excused,
        "teams": sorted(acknowledgements.slugs_of(connection, said.spoke_for)),
    }


def _reading(reading: Reading | None) -> dict[str, Any] | None:
    """Shares from 0 to 1; times are medians in seconds, since publication and since it took effect."""
    if reading is None:
        return None
    return {
        "told": reading.told,
        "read": reading.read,
        "share": reading.share,
        "after_publication": reading.after_publication,
        "after_effect": reading.after_effect,
    }
