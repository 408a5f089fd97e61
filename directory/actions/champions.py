"""Name a team's champion for a topic, and let them be one no longer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from directory.domain.policy import Actor, Thing, can
from directory.domain.subscription import champion_label, describe
from directory.errors import Invalid, NotAllowed, PersonNotFound, Problem, TeamNotFound
from directory.store import audit, champions, people, subscriptions
from directory.store.versions import find_ids

LONGEST_TOPIC = 100


def name_champion(connection: Connection, team: str, *, email: str, topic: str, by: Actor, at: datetime) -> None:
    """Make a member of a team its champion for a need: they hear at once of each change to a service for it.

    Naming somebody again changes nothing. Raises TeamNotFound, NotAllowed, and Invalid for somebody who is not of the
    team, or a need that no entry has.
    """
    _require(by, team)
    ids = find_ids(connection, "team", [team])
    if team not in ids:
        raise TeamNotFound(f"There is no team {team}.")
    topic = " ".join(topic.split())
    person_id = _member(connection, email, ids[team])
    if not topic or len(topic) > LONGEST_TOPIC or not champions.is_known_need(connection, topic):
        raise Invalid([Problem("topic", "Choose a need as an entry has it: no entry has this one")])
    if champions.find(connection, person_id=person_id, team=team, topic=topic):
        return
    held = _hear(connection, person_id, topic, label=champion_label(topic), at=at)
    champions.name(connection, person_id=person_id, team_id=ids[team], topic=topic, subscription_id=held, at=at)
    details = {"team": team, "topic": topic}
    audit.record(connection, audit.Event(at, by, "name-champion", f"person {person_id}", details))


def end_champion(connection: Connection, team: str, *, person_id: int, topic: str, by: Actor, at: datetime) -> bool:
    """Let somebody be a champion no longer; whether they were one.

    They go on hearing of it only where they had asked to before.
    """
    _require(by, team)
    found = champions.find(connection, person_id=person_id, team=team, topic=topic)
    if found is None:
        return False
    own = champions.had_asked(connection, found)
    if champions.end(connection, found):
        if own:
            _hear(connection, person_id, found.topic, label=describe({"need": (found.topic,)}, {}), at=at)
        else:
            subscriptions.end(connection, found.subscription_id, at=at)
    details = {"team": team, "topic": found.topic}
    audit.record(connection, audit.Event(at, by, "end-champion", f"person {person_id}", details))
    return True


def _hear(connection: Connection, person_id: int, topic: str, *, label: str, at: datetime) -> int:
    return subscriptions.subscribe(
        connection,
        criteria={"need": [topic]},
        frequency="immediately",
        label=label,
        at=at,
        person_id=person_id,
    )


def _require(by: Actor, team: str) -> None:
    if not can(by, "name-champion", Thing(frozenset({team}))):
        raise NotAllowed("An administrator of the team, or an editor, names its champions.")


def _member(connection: Connection, email: str, team_id: str) -> int:
    try:
        person = people.by_email(connection, email)
    except PersonNotFound:
        person = None
    if person is None or not champions.is_member(connection, person.id, team_id):
        raise Invalid([Problem("email", "Nobody of this team has this address: add them to the team first")])
    return person.id
