"""People, what they may do, and their API keys."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, delete, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql

from directory.domain.policy import Actor, Role, Scope
from directory.errors import PersonNotFound
from directory.store.tables.nouns import teams
from directory.store.tables.people import champions, memberships, people
from directory.store.tables.trust import keys


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an address; `roles` are by team slug."""

    id: int
    email: str
    name: str
    editor: bool
    roles: dict[str, Role]
    champion_of: frozenset[str] = frozenset()

    @property
    def actor(self) -> Actor:
        """What they may do."""
        return Actor(f"person {self.id}", self.id, self.editor, self.roles, champion_of=self.champion_of)


def add(connection: Connection, *, email: str, name: str, editor: bool | None, at: datetime) -> int:
    """The id of the person with this address, made or brought up to date.

    A name that is left empty, and `editor` where it is None, stay as they are.
    """
    values = {"email": email.strip().lower(), "name": name, "editor": bool(editor), "created_at": at}
    # One statement: of two who come in at once with a new address, the second meets what the first wrote.
    # PostgreSQL's spelling of ON CONFLICT is SQLite's too.
    new = postgresql.insert(people).values(values)
    now = {
        "name": case((new.excluded.name != "", new.excluded.name), else_=people.c.name),
        "editor": people.c.editor if editor is None else new.excluded.editor,
    }
    upsert = new.on_conflict_do_update(index_elements=[people.c.email], set_=now)
    key: int = connection.execute(upsert.returning(people.c.id)).scalar_one()
    return key


def teams_with_people(connection: Connection) -> list[str]:
    """The ids of the teams that anybody is in."""
    return list(connection.scalars(select(memberships.c.team_id).distinct().order_by(memberships.c.team_id)))


def join(connection: Connection, *, person_id: int, team_id: str, role: Role, at: datetime) -> None:
    """Make a person a member of a team, in one role."""
    connection.execute(
        delete(memberships).where(memberships.c.person_id == person_id, memberships.c.team_id == team_id)
    )
    connection.execute(memberships.insert().values(person_id=person_id, team_id=team_id, role=role, since=at))


def by_email(connection: Connection, email: str) -> Person:
    """The person with an address; raises PersonNotFound."""
    row = connection.execute(select(people).where(people.c.email == email.strip().lower())).one_or_none()
    if row is None:
        raise PersonNotFound(f"Nobody here has the address {email}; `signpost user add {email}` adds them.")
    return person_of_row(connection, row)


def by_id(connection: Connection, person_id: int) -> Person:
    """The person with a number; raises PersonNotFound where there is none, or none any more."""
    wanted = select(people).where(people.c.id == person_id, people.c.erased_at.is_(None), people.c.email.is_not(None))
    row = connection.execute(wanted).one_or_none()
    if row is None:
        raise PersonNotFound("Nobody here has this number.")
    return person_of_row(connection, row)


def person_of_row(connection: Connection, row: Any) -> Person:
    """Somebody, from their row of `people`, with their roles."""
    passes_on = exists().where(
        champions.c.person_id == memberships.c.person_id, champions.c.team_id == memberships.c.team_id
    )
    joined = (
        select(teams.c.slug, memberships.c.role, passes_on.label("champion"))
        .join(teams, teams.c.id == memberships.c.team_id)
        .where(memberships.c.person_id == row.id)
    )
    found = connection.execute(joined).all()
    roles = {each.slug: each.role for each in found}
    return Person(
        row.id, row.email, row.name, row.editor, roles, frozenset(each.slug for each in found if each.champion)
    )


def count(connection: Connection) -> int:
    """How many people there are."""
    return int(connection.scalar(select(func.count()).select_from(people)) or 0)


@dataclass(frozen=True, slots=True)
class Key:
    """An API key as it is listed: never its secret."""

    id: str
    owner: str
    scope: Scope
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def add_key(
    connection: Connection,
    *,
    key_id: str,
    secret: str,
    person_id: int,
    scope: Scope,
    at: datetime,
    expires_at: datetime | None,
) -> None:
    """Keep a key by its digest."""
    connection.execute(
        keys.insert().values(
            id=key_id,
            secret_sha256=_digest(secret),
            person_id=person_id,
            scope=scope,
            created_at=at,
            expires_at=expires_at,
        )
    )


def actor_of_key(connection: Connection, secret: str, *, at: datetime) -> Actor | None:
    """Who a key stands for, with its scope; None where it is unknown, expired or revoked."""
    valid = (
        select(people, keys.c.scope, keys.c.id.label("key_id"))
        .join(people, people.c.id == keys.c.person_id)
        .where(
            keys.c.secret_sha256 == _digest(secret),
            keys.c.revoked_at.is_(None),
            or_(keys.c.expires_at.is_(None), keys.c.expires_at > at),
            people.c.erased_at.is_(None),
        )
    )
    row = connection.execute(valid).one_or_none()
    if row is None:
        return None
    person = person_of_row(connection, row)
    return replace(person.actor, name=f"key {row.key_id}", scope=row.scope)


def list_keys(connection: Connection) -> list[Key]:
    """Every key, newest first."""
    rows = connection.execute(
        select(keys, people.c.email)
        .join(people, people.c.id == keys.c.person_id)
        .order_by(keys.c.created_at.desc(), keys.c.id)
    )
    return [
        Key(row.id, row.email or "erased", row.scope, row.created_at, row.expires_at, row.revoked_at) for row in rows
    ]


def revoke_key(connection: Connection, key_id: str, *, at: datetime) -> bool:
    """End a key; returns whether there was one to end."""
    ended = connection.execute(
        update(keys).where(keys.c.id == key_id, keys.c.revoked_at.is_(None)).values(revoked_at=at)
    )
    return ended.rowcount == 1


def _digest(secret: str) -> str:
    # A random secret of 256 bits needs no slow hash: there is nothing to guess.
    return hashlib.sha256(secret.encode()).hexdigest()
