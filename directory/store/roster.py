"""Lists of people with their roles, a fixed number of statements however long they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, select, update

from directory.domain.policy import Role
from directory.store.batches import in_batches
from directory.store.people import Person
from directory.store.sessions import going_on
from directory.store.tables.nouns import teams
from directory.store.tables.people import memberships, people
from directory.store.tables.trust import sessions


def listed(
    connection: Connection,
    *,
    text: str = "",
    of: Collection[str] | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[Person]:
    """People by their addresses: whose name or address holds a text, and who are in some teams (slugs; None: all)."""
    statement = _here().order_by(people.c.email).limit(limit).offset(offset)
    if text:
        wanted = text.casefold()
        named = func.lower(people.c.name).contains(wanted, autoescape=True)
        statement = statement.where(people.c.email.contains(wanted, autoescape=True) | named)
    if of is not None:
        joined = select(memberships.c.person_id).join(teams, teams.c.id == memberships.c.team_id)
        statement = statement.where(people.c.id.in_(joined.where(teams.c.slug.in_(sorted(of)))))
    rows = connection.execute(statement).all()
    roles = roles_of(connection, [row.id for row in rows])
    return [Person(row.id, row.email, row.name, row.editor, roles.get(row.id, {})) for row in rows]


def roles_of(connection: Connection, ids: Iterable[int]) -> dict[int, dict[str, Role]]:
    """The roles of some people, by their numbers and the slugs of the teams."""
    found: dict[int, dict[str, Role]] = {}
    joined = select(memberships.c.person_id, memberships.c.role, teams.c.slug).join(
        teams, teams.c.id == memberships.c.team_id
    )
    for batch in in_batches(ids):
        wanted = joined.where(memberships.c.person_id.in_(batch)).order_by(teams.c.slug)
        for row in connection.execute(wanted):
            found.setdefault(row.person_id, {})[row.slug] = row.role
    return found


def editors(connection: Connection) -> list[int]:
    """Every editor, by number; held until the transaction ends, so that two cannot take each other's role away."""
    held = _here().where(people.c.editor.is_(True)).order_by(people.c.id).with_for_update()
    return [row.id for row in connection.execute(held)]


def set_editor(connection: Connection, person_id: int, *, editor: bool) -> bool:
    """Make somebody an editor, or not one any more; whether that changed anything."""
    other = (people.c.id == person_id, people.c.editor.is_not(editor))
    return connection.execute(update(people).where(*other).values(editor=editor)).rowcount == 1


def leave(connection: Connection, *, person_id: int, team_id: str) -> bool:
    """Take somebody out of a team; whether they were in it."""
    own = (memberships.c.person_id == person_id, memberships.c.team_id == team_id)
    return connection.execute(delete(memberships).where(*own)).rowcount == 1


def end_sessions(connection: Connection, person_id: int, *, at: datetime) -> int:
    """End every session of a person's that goes on; returns how many."""
    ending = update(sessions).where(sessions.c.person_id == person_id, going_on(at))
    return connection.execute(ending.values(ended_at=at, challenge=None)).rowcount


def _here() -> Select[Any]:
    return select(people).where(people.c.email.is_not(None), people.c.erased_at.is_(None))
