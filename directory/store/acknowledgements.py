"""Acknowledgements: who has read a change, which team has been told of it, and whom it does not concern."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, case, delete, exists, func, select
from sqlalchemy.dialects import postgresql

from directory.domain.awareness import Reading
from directory.store.tables.changes import changes
from directory.store.tables.nouns import teams
from directory.store.tables.people import memberships, people
from directory.store.tables.telling import acknowledgements, deliveries, excuses

# Changes, by their numbers or by the statement that finds these.
Numbers = Collection[int] | Select[Any]
# Whoever was told: a withdrawal is no change to be read.
_STAGES = ("announced", "in-force", "amended")


@dataclass(frozen=True, slots=True)
class Said:
    """What a person has said about a change: when they read it, for which teams (ids) they spoke, and whether it does
    not concern them. `told` is whether they were written to about it."""

    read_at: datetime | None
    spoke_for: frozenset[str]
    excused: bool
    told: bool


def acknowledge(
    connection: Connection, number: int, person_id: int, *, team_id: str = "", at: datetime, after: tuple[int, int]
) -> bool:
    """Note that a person has read a change or, with a team, that it has been told; whether that is news.

    `after` is how long after publication and after effect, in seconds.
    """
    row = {"change_number": number, "person_id": person_id, "team_id": team_id, "at": at}
    row |= {"after_publication": after[0], "after_effect": after[1]}
    written = postgresql.insert(acknowledgements).values(row).on_conflict_do_nothing()
    if not team_id:
        mine = and_(excuses.c.change_number == number, excuses.c.person_id == person_id)
        connection.execute(delete(excuses).where(mine))
    return _is_news(connection, written)


def excuse(connection: Connection, number: int, person_id: int, *, at: datetime) -> bool:
    """Note that a change does not concern a person; whether that is news."""
    row = {"change_number": number, "person_id": person_id, "at": at}
    return _is_news(connection, postgresql.insert(excuses).values(row).on_conflict_do_nothing())


def _is_news(connection: Connection, statement: postgresql.Insert) -> bool:
    return connection.execute(statement.execution_options(preserve_rowcount=True)).rowcount == 1


def said_by(connection: Connection, number: int, person_id: int) -> Said:
    """What a person has said about a change."""
    rows = connection.execute(
        select(acknowledgements.c.team_id, acknowledgements.c.at).where(
            acknowledgements.c.change_number == number, acknowledgements.c.person_id == person_id
        )
    ).all()
    mine = {row.team_id: row.at for row in rows}
    asked = select(
        exists().where(excuses.c.change_number == number, excuses.c.person_id == person_id),
        exists().where(
            deliveries.c.change_number == number,
            deliveries.c.person_id == person_id,
            deliveries.c.state == "accepted",
            deliveries.c.stage.in_(_STAGES),
        ),
    )
    excused, told = connection.execute(asked).one()
    return Said(mine.get(""), frozenset(mine) - {""}, bool(excused), bool(told))


def slugs_of(connection: Connection, team_ids: Collection[str]) -> list[str]:
    """The slugs of some teams."""
    return list(connection.scalars(select(teams.c.slug).where(teams.c.id.in_(sorted(team_ids)))))


def readings(connection: Connection, numbers: Collection[int]) -> dict[int, Reading]:
    """For each of some changes, everybody who was told of it: how many, and how many of these have read it."""
    return {row.key: reading_of(row) for row in medians(connection, told_of(numbers), by="change_number")}


def team_readings(connection: Connection, numbers: Numbers) -> dict[str, Reading]:
    """The same by team (slug), over all these changes together: each person counts once for each change."""
    told = told_of(numbers).subquery("told")
    joined = (
        select(told, teams.c.slug.label("team"))
        .join(memberships, memberships.c.person_id == told.c.person_id)
        .join(teams, teams.c.id == memberships.c.team_id)
    )
    return {row.key: reading_of(row) for row in medians(connection, joined, by="team")}


def people_told(connection: Connection, numbers: Numbers) -> dict[str, int]:
    """How many different people of each team (slug) were told of any of these changes."""
    # Each person once before their teams are looked up, not each of the many things that they were told.
    told = select(told_of(numbers).subquery("told").c.person_id).distinct().subquery("people_told")
    counted = (
        select(teams.c.slug, func.count().label("people"))
        .select_from(told)
        .join(memberships, memberships.c.person_id == told.c.person_id)
        .join(teams, teams.c.id == memberships.c.team_id)
        .group_by(teams.c.slug)
    )
    return {row.slug: row.people for row in connection.execute(counted)}


def spoken(connection: Connection, number: int) -> dict[str, datetime]:
    """When each team (slug) was first said to have been told of a change."""
    first = (
        select(teams.c.slug, func.min(acknowledgements.c.at).label("at"))
        .join(teams, teams.c.id == acknowledgements.c.team_id)
        .where(acknowledgements.c.change_number == number)
        .group_by(teams.c.slug)
    )
    return {row.slug: row.at for row in connection.execute(first)}


@dataclass(frozen=True, slots=True)
class Unread:
    """An urgent change that somebody was told of and has not said to have read."""

    person_id: int
    email: str
    number: int
    title: str
    recorded_at: datetime


def unread_urgent(connection: Connection, *, since: datetime, until: datetime) -> Sequence[Unread]:
    """Urgent changes published between two instants that stand, for everybody who was told of one and waits still.

    Whoever's team has been told by its champion is not asked again. In the order of people.
    """
    told = told_of(None).subquery("told")
    spoke = exists().where(
        acknowledgements.c.change_number == told.c.change_number,
        acknowledgements.c.team_id == memberships.c.team_id,
        memberships.c.person_id == told.c.person_id,
    )
    excused = exists().where(excuses.c.change_number == told.c.change_number, excuses.c.person_id == told.c.person_id)
    wanted = (
        select(people.c.id, people.c.email, changes.c.number, changes.c.title, changes.c.recorded_at)
        .select_from(told)
        .join(changes, changes.c.number == told.c.change_number)
        .join(people, people.c.id == told.c.person_id)
        .where(
            changes.c.urgent,
            changes.c.status == "published",
            changes.c.recorded_at >= since,
            changes.c.recorded_at < until,
            told.c.read == 0,
            ~excused,
            ~spoke,
            people.c.erased_at.is_(None),
            people.c.email.is_not(None),
        )
        .order_by(people.c.id, changes.c.number)
    )
    return [Unread(*row) for row in connection.execute(wanted)]


def told_of(numbers: Numbers | None) -> Select[Any]:
    """A row for each change and person who was told of it, with whether and how soon they said that they read it.

    Of some changes, by their numbers or by the statement that finds these; None: of all.
    """
    mine = and_(
        acknowledgements.c.change_number == deliveries.c.change_number,
        acknowledgements.c.person_id == deliveries.c.person_id,
        acknowledgements.c.team_id == "",
    )
    told = (
        select(
            deliveries.c.change_number,
            deliveries.c.person_id,
            case((acknowledgements.c.at.is_(None), 0), else_=1).label("read"),
            acknowledgements.c.after_publication,
            acknowledgements.c.after_effect,
        )
        .outerjoin(acknowledgements, mine)
        .where(deliveries.c.state == "accepted", deliveries.c.stage.in_(_STAGES))
        .distinct()
    )
    if numbers is None:
        return told.where(deliveries.c.change_number.is_not(None))
    return told.where(deliveries.c.change_number.in_(numbers if isinstance(numbers, Select) else sorted(numbers)))


def medians(connection: Connection, told: Select[Any], *, by: str) -> Sequence[Any]:
    """Counts by a column and, by numbering the rows of each, the lower median of both lengths of time."""
    each = told.subquery("each")
    key = each.c[by]
    ranked = select(
        key.label("key"),
        each.c.read,
        each.c.after_publication,
        each.c.after_effect,
        func.row_number().over(partition_by=(key, each.c.read), order_by=each.c.after_publication).label("nth"),
        func.row_number().over(partition_by=(key, each.c.read), order_by=each.c.after_effect).label("nth_effect"),
        func.sum(each.c.read).over(partition_by=key).label("readers"),
    ).subquery("ranked")
    middle = (ranked.c.readers + 1) // 2
    is_middle = and_(ranked.c.read == 1, ranked.c.nth == middle)
    is_middle_effect = and_(ranked.c.read == 1, ranked.c.nth_effect == middle)
    query = select(
        ranked.c.key,
        func.count().label("told"),
        func.sum(ranked.c.read).label("read"),
        func.max(case((is_middle, ranked.c.after_publication))).label("after_publication"),
        func.max(case((is_middle_effect, ranked.c.after_effect))).label("after_effect"),
    ).group_by(ranked.c.key)
    return connection.execute(query).all()


def reading_of(row: Any) -> Reading:
    """A row of `medians`, read."""
    return Reading(int(row.told), int(row.read), row.after_publication, row.after_effect)
