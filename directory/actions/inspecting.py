"""The nightly look at the directory: who could never hear, what nobody answers for, what leads nowhere."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.domain.succession import handlers
from directory.store import findings, governing, inspection, slots, successions
from directory.store.database import Database
from directory.store.inspection import MOST, Found
from directory.store.versions import find_ids, load_in_force

SLOT = "self-audit"
# A nurse asks at any hour, but seldom now.
AT_HOUR = 3
LOOKED_BACK = timedelta(days=30)
_LINK = re.compile(r"\]\(service:([a-z0-9-]+)\)")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding: its heading, and what to do about it."""

    heading: str
    to_do: str


KINDS: Mapping[str, Kind] = {
    "orphan": Kind("Services for which nobody answers", "Give each one a team with a lead: see /manage/orphans."),
    "dangling": Kind(
        "Links that lead to a closed service with nothing after it", "Edit the entry or page, and link elsewhere."
    ),
    "team-unheard": Kind(
        "Teams that run services and hear of nothing", "Ask the team to subscribe, for the team, to its own services."
    ),
    "subscription-never": Kind(
        "Subscriptions that can never tell anybody of anything", "Tell whoever made it; they can choose again."
    ),
    "change-unheard": Kind(
        "Changes that reached nobody", "Ask who should have heard of it, and whether they follow it."
    ),
    "person-unreached": Kind(
        "People whom nothing has reached for 90 days, although something was for them",
        "Look at what failed under /manage/deliveries, and at their address.",
    ),
    "stale-lease": Kind(
        "Messages that a worker took and never finished",
        "See that a worker runs: it frees them. If one does, look in its log.",
    ),
    "receiver-fails": Kind(
        "Webhooks, Teams, Slack and FHIR subscriptions that take nothing",
        "Where it is all of them, look at this machine's way to the internet; else tell whoever made it.",
    ),
}


def inspect(connection: Connection, *, today: date, at: datetime) -> dict[str, Sequence[Found]]:
    """Everything that is found wrong now, by kind; nothing is written."""
    return {
        "orphan": [
            Found(f"service {each.slug}", each.name) for each in governing.orphans(connection, on=today, limit=MOST)
        ],
        "dangling": _dangling(connection, today),
        "team-unheard": inspection.teams_that_hear_nothing(connection, on=today),
        "subscription-never": inspection.subscriptions_that_never_fire(connection, on=today),
        "change-unheard": inspection.changes_without_audience(connection, since=at - LOOKED_BACK),
        "person-unreached": inspection.people_not_reached(connection, at=at),
        "stale-lease": inspection.stale_leases(connection, at=at),
        "receiver-fails": inspection.receivers_that_fail(connection, at=at),
    }


def inspect_nightly(database: Database, *, zone: ZoneInfo, at: datetime) -> int:
    """Look once a night, and keep what was found; returns how many findings, or 0 where it was done already."""
    local = at.astimezone(zone)
    # Also at noon, where no worker ran in the night.
    day = local.date() if local.hour >= AT_HOUR else local.date() - timedelta(days=1)
    with database.read() as connection:
        if slots.last_slot(connection, SLOT) >= day.toordinal():
            return 0
        found = inspect(connection, today=local.date(), at=at)
    with database.write() as connection:
        if not slots.take_slot(connection, SLOT, day.toordinal()):
            return 0
        return findings.replace_all(connection, found, at=at)


def _dangling(connection: Connection, today: date) -> Sequence[Found]:
    """Links in entries and pages to what is not known, or has closed and leads to nothing in force."""
    named = defaultdict(set)
    for source, text in inspection.texts_that_link(connection, on=today):
        for key in _LINK.findall(text):
            named[key].add(source)
    ids = find_ids(connection, "service", named)
    links = successions.following(connection, "service", ids.values())
    ends = {key: handlers(key, today, links).ids for key in ids.values()}
    rows = load_in_force(connection, "service", {end for found in ends.values() for end in found}, on=today)
    stands = {key for key, row in rows.items() if row.facts.status != "closed"}
    dead = [key for key in named if key not in ids or not stands & set(ends[ids[key]])]
    return [
        Found(f"{source} to {key}", "no such service" if key not in ids else "closed, and nothing took its place")
        for key in sorted(dead)
        for source in sorted(named[key])
    ][:MOST]
