"""Sign-ins asked for by mail: who asked, from which browser, and whether it was used."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from directory.store.tables.identity import identities, sign_ins
from directory.store.tables.people import people

# A code has eight digits: five guesses at it find it once in twenty million times.
MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class SignIn:
    """One request to sign in; `issuer` and `subject` where an OpenID provider named the person, else None."""

    id: str
    email: str
    browser_sha256: str
    next_path: str
    expires_at: datetime
    issuer: str | None = None
    subject: str | None = None

    def asked_by(self, browser: str) -> bool:
        """Whether the browser that holds this secret asked for it."""
        return bool(browser) and digest(browser) == self.browser_sha256


def add(connection: Connection, asked: SignIn, *, at: datetime) -> None:
    """Keep a request."""
    connection.execute(
        insert(sign_ins).values(
            id=asked.id,
            email=asked.email,
            browser_sha256=asked.browser_sha256,
            next_path=asked.next_path,
            issuer=asked.issuer,
            subject=asked.subject,
            asked_at=at,
            expires_at=asked.expires_at,
            tries=0,
        )
    )


def find(connection: Connection, id: str, *, at: datetime) -> SignIn | None:
    """A request that can still be used."""
    row = connection.execute(select(sign_ins).where(sign_ins.c.id == id, _live(at))).one_or_none()
    return None if row is None else _sign_in(row)


def try_code(connection: Connection, *, at: datetime, id: str | None = None, browser: str = "") -> list[SignIn]:
    """Count one guess at the code of a request or of all that a browser made; what it may be compared with."""
    whose = sign_ins.c.id == id if id is not None else sign_ins.c.browser_sha256 == digest(browser)
    guess = update(sign_ins).where(whose, _live(at)).values(tries=sign_ins.c.tries + 1)
    return [_sign_in(row) for row in connection.execute(guess.returning(*sign_ins.c))]


def use(connection: Connection, id: str, *, at: datetime) -> bool:
    """Use a request up; False where somebody was faster, or it has expired."""
    using = update(sign_ins).where(sign_ins.c.id == id, sign_ins.c.used_at.is_(None), sign_ins.c.expires_at > at)
    return connection.execute(using.values(used_at=at)).rowcount == 1


def began(connection: Connection, id: str, session_id: str) -> None:
    """Keep which session began with a request."""
    connection.execute(update(sign_ins).where(sign_ins.c.id == id).values(session_id=session_id))


def find_used(connection: Connection, id: str, *, since: datetime) -> tuple[SignIn, str] | None:
    """A request that was used since an instant, and the session that began with it."""
    used = select(sign_ins).where(sign_ins.c.id == id, sign_ins.c.used_at > since, sign_ins.c.session_id.is_not(None))
    row = connection.execute(used).one_or_none()
    return None if row is None else (_sign_in(row), row.session_id)


def forget(connection: Connection, *, at: datetime) -> int:
    """Let go of what has expired, addresses with it; returns how many."""
    return connection.execute(delete(sign_ins).where(sign_ins.c.expires_at <= at)).rowcount


def person_of(connection: Connection, issuer: str, subject: str) -> tuple[int, str] | None:
    """The id and address of the person whom an OpenID provider calls by this subject; None once they are erased."""
    known = select(people.c.id, people.c.email).join(identities, identities.c.person_id == people.c.id)
    mine = (identities.c.issuer == issuer, identities.c.subject == subject, people.c.email.is_not(None))
    row = connection.execute(known.where(*mine)).one_or_none()
    return None if row is None else (row.id, row.email)


def know(connection: Connection, *, issuer: str, subject: str, person_id: int, at: datetime) -> None:
    """Keep by which subject an OpenID provider calls a person."""
    connection.execute(delete(identities).where(identities.c.issuer == issuer, identities.c.subject == subject))
    row = {"issuer": issuer, "subject": subject, "person_id": person_id, "created_at": at}
    connection.execute(insert(identities).values(row))


def digest(browser: str) -> str:
    """What is kept of a browser's secret."""
    return hashlib.sha256(browser.encode()).hexdigest()


def _live(at: datetime) -> ColumnElement[bool]:
    return and_(sign_ins.c.used_at.is_(None), sign_ins.c.expires_at > at, sign_ins.c.tries < MOST_TRIES)


def _sign_in(row: Any) -> SignIn:
    return SignIn(row.id, row.email, row.browser_sha256, row.next_path, row.expires_at, row.issuer, row.subject)
