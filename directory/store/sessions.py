"""Who is signed in, and since when. Only digests of tokens are kept."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, update
from sqlalchemy.exc import OperationalError

from directory.errors import StoreFailing
from directory.store.database import Database
from directory.store.people import Person, person_of_row
from directory.store.tables.identity import passkeys
from directory.store.tables.people import people
from directory.store.tables.trust import sessions

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
# Written so often, and not on every page: a reader must not wait for the disk.
SEEN_EVERY = timedelta(minutes=1)
PATIENCE = 0.05


@dataclass(frozen=True, slots=True)
class Session:
    """One browser in which somebody is signed in. `passkeys` is how many they have."""

    id: str
    person: Person
    method: str
    device: str
    created_at: datetime
    seen_at: datetime
    confirmed_at: datetime | None
    passkeys: int


def begin(
    connection: Connection, *, id: str, token: str, person_id: int, method: str, device: str, at: datetime
) -> None:
    """Sign a person in; `token` is what their browser shows from now on."""
    row = {"id": id, "person_id": person_id, "method": method, "device": device[:100]}
    connection.execute(
        sessions.insert().values(row | {"token_sha256": _digest(token), "created_at": at, "seen_at": at})
    )


def find(connection: Connection, token: str, *, at: datetime) -> Session | None:
    """The session of a token; None where there is none, or it has ended, idled for 30 minutes or lasted 12 hours."""
    found = _sessions().where(sessions.c.token_sha256 == _digest(token), _live(at))
    row = connection.execute(found).one_or_none()
    return None if row is None else _session(row, person_of_row(connection, row))


def touch(database: Database, session: Session, *, at: datetime) -> None:
    """Note that a session was used, where that is worth writing and nobody has to wait for it."""
    if at - session.seen_at < SEEN_EVERY:
        return
    try:
        with database.write(patience=PATIENCE) as connection:
            connection.execute(update(sessions).where(sessions.c.id == session.id).values(seen_at=at))
    except (OperationalError, StoreFailing):
        return


def of_person(connection: Connection, person: Person, *, at: datetime) -> list[Session]:
    """Where a person is signed in, the most recently used first."""
    rows = connection.execute(
        _sessions().where(sessions.c.person_id == person.id, _live(at)).order_by(sessions.c.seen_at.desc())
    )
    return [_session(row, person) for row in rows]


def end(connection: Connection, person_id: int, ids: Sequence[str], *, at: datetime) -> int:
    """End sessions of a person's own; returns how many were going on."""
    ending = update(sessions).where(
        sessions.c.person_id == person_id, sessions.c.id.in_(ids), sessions.c.ended_at.is_(None)
    )
    return connection.execute(ending.values(ended_at=at, challenge=None)).rowcount


def forget(connection: Connection, *, before: datetime) -> int:
    """Let go of sessions that began before an instant; returns how many."""
    return connection.execute(delete(sessions).where(sessions.c.created_at < before)).rowcount


def challenge(connection: Connection, session_id: str, *, value: str, purpose: str, at: datetime) -> None:
    """Keep what the browser's passkey has to sign next, in place of what was asked before."""
    given = {"challenge": value, "challenge_for": purpose, "challenged_at": at}
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(given))


def take_challenge(connection: Connection, session_id: str, *, purpose: str, since: datetime) -> str | None:
    """What was to be signed, once; None where nothing was asked for that purpose since an instant."""
    asked = (
        select(sessions.c.challenge)
        .where(sessions.c.id == session_id, sessions.c.challenge_for == purpose, sessions.c.challenged_at >= since)
        .with_for_update()
    )
    found: str | None = connection.execute(asked).scalar_one_or_none()
    cleared = update(sessions).where(sessions.c.id == session_id, sessions.c.challenge_for == purpose)
    connection.execute(cleared.values(challenge=None, challenge_for=None, challenged_at=None))
    return found


def confirm(connection: Connection, session_id: str, *, at: datetime) -> None:
    """Note that a passkey was shown."""
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(confirmed_at=at))


def going_on(at: datetime) -> ColumnElement[bool]:
    """Whether a session has neither ended nor idled for 30 minutes nor lasted 12 hours."""
    return and_(sessions.c.ended_at.is_(None), sessions.c.seen_at > at - IDLE, sessions.c.created_at > at - LONGEST)


def _live(at: datetime) -> ColumnElement[bool]:
    return and_(going_on(at), people.c.erased_at.is_(None))


def _sessions() -> Any:
    owned = select(func.count()).where(passkeys.c.person_id == people.c.id).scalar_subquery()
    columns = [
        sessions.c[name].label(f"session_{name}")
        for name in ("id", "method", "device", "created_at", "seen_at", "confirmed_at")
    ]
    return select(people, *columns, owned.label("passkeys")).join(people, people.c.id == sessions.c.person_id)


def _session(row: Any, person: Person) -> Session:
    return Session(
        row.session_id,
        person,
        row.session_method,
        row.session_device,
        row.session_created_at,
        row.session_seen_at,
        row.session_confirmed_at,
        row.passkeys,
    )


def _digest(token: str) -> str:
    # 256 random bits need no slow hash: there is nothing to guess.
    return hashlib.sha256(token.encode()).hexdigest()
