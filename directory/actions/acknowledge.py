"""Say that one has read a change, that one's team has been told of it, or that it does not concern one."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.domain.awareness import seconds_after
from directory.domain.change import Change
from directory.domain.policy import Actor, Thing, can
from directory.errors import AlreadyWithdrawn, NotAllowed, TeamNotFound
from directory.store import acknowledgements, audit
from directory.store import changes as change_store
from directory.store.versions import find_ids


def acknowledge(
    connection: Connection, number: int, *, team: str | None = None, by: Actor, at: datetime, zone: ZoneInfo
) -> bool:
    """Note that `by` has read a change or, with a team's slug, that this team has been told; whether that is news.

    Saying it again changes nothing: the first time counts. Raises ChangeNotFound, TeamNotFound, NotAllowed, and
    AlreadyWithdrawn for a change that holds no longer.
    """
    change = _standing(connection, number)
    person_id = _of(by)
    after = seconds_after(at, change.recorded_at, change.effective_from, zone)
    team_id = "" if team is None else _spoken_for(connection, team, by)
    news = acknowledgements.acknowledge(connection, number, person_id, team_id=team_id, at=at, after=after)
    if news and team is not None:
        # For oneself it is nobody's business; for a team it is said in public.
        audit.record(connection, audit.Event(at, by, "speak-for-team", f"change {number}", {"team": team}))
    return news


def excuse(connection: Connection, number: int, *, by: Actor, at: datetime) -> bool:
    """Note that a change does not concern `by`, who is not reminded of it any more; whether that is news."""
    _standing(connection, number)
    return acknowledgements.excuse(connection, number, _of(by), at=at)


def _standing(connection: Connection, number: int) -> Change:
    change = change_store.load(connection, number)
    if change.status == "withdrawn":
        raise AlreadyWithdrawn(number, by=change.superseded_by)
    return change


def _of(by: Actor) -> int:
    if by.person_id is None or not can(by, "acknowledge", Thing(person_id=by.person_id)):
        raise NotAllowed("Sign in to say that you have read this.")
    return by.person_id


def _spoken_for(connection: Connection, team: str, by: Actor) -> str:
    if not can(by, "speak-for-team", Thing(frozenset({team}))):
        raise NotAllowed("Only a champion, lead or administrator of a team says that it has been told.")
    ids = find_ids(connection, "team", [team])
    if team not in ids:
        raise TeamNotFound(f"There is no team {team}.")
    return ids[team]
