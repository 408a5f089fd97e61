"""Champions: who passes on changes about a topic to which team, and the subscription by which they hear at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, select

from directory.domain.change import fold
from directory.store.tables.changes import change_terms
from directory.store.tables.nouns import service_versions, teams, version_terms
from directory.store.tables.people import champions, memberships, people
from directory.store.tables.telling import subscriptions
from directory.store.versions import in_force


@dataclass(frozen=True, slots=True)
class Champion:
    """Somebody who passes on changes about a topic, which is a need, in one of their teams (by slug)."""

    person_id: int
    name: str
    team: str
    topic: str
    since: datetime
    subscription_id: int


def of_team(connection: Connection, team: str) -> Sequence[Champion]:
    """The champions of a team (slug) who are still its members, by topic and name."""
    return _load(connection, teams.c.slug == team)


def of_person(connection: Connection, person_id: int) -> Sequence[Champion]:
    """What somebody is a champion for."""
    return _load(connection, people.c.id == person_id)


def find(connection: Connection, *, person_id: int, team: str, topic: str) -> Champion | None:
    """One champion, where there is one by this topic, whatever its case."""
    theirs = and_(people.c.id == person_id, teams.c.slug == team)
    return next((each for each in _load(connection, theirs) if fold(each.topic) == fold(topic)), None)


def name(
    connection: Connection, *, person_id: int, team_id: str, topic: str, subscription_id: int, at: datetime
) -> None:
    """Make a member of a team its champion for a topic."""
    row = {"person_id": person_id, "team_id": team_id, "topic": topic, "since": at}
    connection.execute(champions.insert().values(**row, subscription_id=subscription_id))


def end(connection: Connection, champion: Champion) -> bool:
    """Let somebody be a champion no longer; whether nobody is one by the same subscription any more."""
    team_id = select(teams.c.id).where(teams.c.slug == champion.team).scalar_subquery()
    mine = and_(champions.c.person_id == champion.person_id, champions.c.topic == champion.topic)
    connection.execute(delete(champions).where(mine, champions.c.team_id == team_id))
    others = exists().where(champions.c.subscription_id == champion.subscription_id)
    return not connection.execute(select(others)).scalar_one()


def had_asked(connection: Connection, champion: Champion) -> bool:
    """Whether a champion had asked to hear of their topic before they were named."""
    before = exists().where(subscriptions.c.id == champion.subscription_id, subscriptions.c.created_at < champion.since)
    return bool(connection.execute(select(before)).scalar_one())


def is_known_need(connection: Connection, topic: str) -> bool:
    """Whether any entry has, or ever had, this need: of another, nobody would ever hear."""
    known = exists().where(change_terms.c.facet == "need", change_terms.c.value == fold(topic))
    return bool(connection.execute(select(known)).scalar_one())


def needs_of_now(connection: Connection, *, on: date) -> Sequence[str]:
    """The needs that entries in force have, as they are compared, in order."""
    held = in_force("service", on=on).with_only_columns(service_versions.c.subject_id, service_versions.c.number)
    now = held.where(service_versions.c.status != "closed").subquery("now")
    found = (
        select(version_terms.c.value)
        .join(now, and_(now.c.subject_id == version_terms.c.subject_id, now.c.number == version_terms.c.number))
        .where(version_terms.c.facet == "need")
        .distinct()
        .order_by(version_terms.c.value)
    )
    return list(connection.scalars(found))


def is_member(connection: Connection, person_id: int, team_id: str) -> bool:
    """Whether somebody is in a team."""
    mine = exists().where(memberships.c.person_id == person_id, memberships.c.team_id == team_id)
    return bool(connection.execute(select(mine)).scalar_one())


def _load(connection: Connection, which: ColumnElement[bool]) -> Sequence[Champion]:
    rows = connection.execute(
        select(people.c.id, people.c.name, people.c.email, teams.c.slug, champions)
        .select_from(champions)
        .join(people, people.c.id == champions.c.person_id)
        .join(teams, teams.c.id == champions.c.team_id)
        .join(
            memberships,
            and_(memberships.c.person_id == champions.c.person_id, memberships.c.team_id == champions.c.team_id),
        )
        .where(which, people.c.erased_at.is_(None))
        .order_by(champions.c.topic, people.c.name, people.c.id)
    )
    return [
        Champion(row.id, row.name or row.email or "", row.slug, row.topic, row.since, row.subscription_id)
        for row in rows
    ]
