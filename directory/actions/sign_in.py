"""Sign in by mail: ask, and come in by the link or the code; sign out. One transaction each.

Asking does the same work for every address: it never looks whether anybody has it. Who comes in first is entered as a
reader then, because only who opened the mail has shown that the address is theirs.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from directory.actions.bounces import lift
from directory.actions.limiting import take_one
from directory.actions.proving import FRESH, UNASKED, require_proof
from directory.domain.arriving import GOOD_FOR, code_of, may_sign_in, same_code
from directory.domain.openid import Identity
from directory.domain.policy import Actor
from directory.errors import SignInRefused
from directory.store import audit, letters, people, sessions, sign_ins
from directory.store.database import Database
from directory.store.limits import Limit
from directory.store.sign_ins import SignIn

BY_ADDRESS = Limit(5, timedelta(minutes=15))
# A hospital's thousands come from one network address.
BY_NETWORK = Limit(300, timedelta(minutes=10))
# Two presses of one button; not a link that is followed again.
TWICE_WITHIN = timedelta(minutes=1)
GUESSES_BY_NETWORK = Limit(300, timedelta(minutes=10))


@dataclass(frozen=True, slots=True)
class Browser:
    """The browser at the other end: its secret from asking to coming in, its network, and what it is, for people."""

    secret: str
    network: str
    device: str
    # The session that it shows already, which a new one replaces.
    session: sessions.Session | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody who is signed in now: the token that their browser shows from here on, and where they go."""

    token: str
    next_path: str
    person_id: int


def ask(
    database: Database,
    *,
    email: str,
    browser: Browser,
    next_path: str,
    secret: str,
    at: datetime,
    identity: tuple[str, str] | None = None,
) -> None:
    """Have a link and a code sent to an address that may sign in; raises TooMany.

    `identity` is the issuer and subject of an OpenID provider that did not vouch for the address.
    """
    issuer, subject = identity or (None, None)
    asked = SignIn(
        secrets.token_hex(16), email, sign_ins.digest(browser.secret), next_path, at + GOOD_FOR, issuer, subject
    )
    with database.write() as connection:
        take_one(connection, "ask from", browser.network, BY_NETWORK, secret=secret, at=at)
        take_one(connection, "ask for", email, BY_ADDRESS, secret=secret, at=at)
        sign_ins.add(connection, asked, at=at)
        letters.queue(
            connection,
            kind="sign-in",
            email=email,
            facts={"sign_in": asked.id},
            at=at,
            expires_at=asked.expires_at,
        )


def enter_by_link(database: Database, asked: SignIn, *, browser: Browser, at: datetime) -> Arrived:
    """Come in by the link, in the browser that asked; raises SignInRefused."""
    if not asked.asked_by(browser.secret):
        raise SignInRefused("This browser did not ask for the link: type the code from the message.")
    with database.write() as connection:
        return _enter(connection, asked, browser=browser, method="mail", at=at)


def enter_again(database: Database, sign_in: str, *, browser: Browser, at: datetime) -> Arrived | None:
    """Come in by a button that was pressed a moment ago, in the browser that asked; None where it was not.

    Where the answer to the first press never arrived, its session is ended and a new one takes its place: there is one,
    as if the button had been pressed once. `token` is empty where the browser shows that session already.
    """
    with database.write() as connection:
        found = sign_ins.find_used(connection, sign_in, since=at - TWICE_WITHIN)
        if found is None:
            return None
        asked, session = found
        if browser.session is not None and browser.session.id == session:
            return Arrived("", asked.next_path, browser.session.person.id)
        if not asked.asked_by(browser.secret):
            return None
        person = people.by_email(connection, asked.email)
        sessions.end(connection, person.id, [session], at=at)
        token = _begin(connection, asked, person.id, browser=browser, method="mail", at=at)
        return Arrived(token, asked.next_path, person.id)


def enter_by_code(
    database: Database, code: str, *, sign_in: str | None, browser: Browser, secret: str, at: datetime
) -> Arrived | None:
    """Come in by the code of one request or, without its id, of any that this browser made; None where it is wrong.

    Raises TooMany for a network that guesses.
    """
    with database.write() as connection:
        take_one(connection, "guess from", browser.network, GUESSES_BY_NETWORK, secret=secret, at=at)
        tried = sign_ins.try_code(connection, at=at, id=sign_in, browser=browser.secret)
        fitting = [each for each in tried if same_code(code, code_of(each.id, secret))]
        # A wrong guess is counted: what raised here would take the count back with it.
        return _enter(connection, fitting[0], browser=browser, method="mail", at=at) if fitting else None


def enter_by_openid(
    database: Database, identity: Identity, *, browser: Browser, next_path: str, domains: str, at: datetime
) -> Arrived | None:
    """Come in as an OpenID provider says; None where it does not vouch for an address that is not known yet.

    After the first time it is the issuer and the subject that count, whatever becomes of the address. Raises
    SignInRefused.
    """
    with database.write() as connection:
        known = sign_ins.person_of(connection, identity.issuer, identity.subject)
        email = known[1] if known else identity.email
        if email is None:
            raise SignInRefused("Your organisation's sign-in gives no email address. Sign in by email instead.")
        if not may_sign_in(email, domains):
            raise SignInRefused(f"Addresses such as {email} may not sign in here. Use your work account.")
        if known is None and not identity.verified:
            return None
        person_id = known[0] if known else people.add(connection, email=email, name="", editor=None, at=at)
        if known is None:
            sign_ins.know(connection, issuer=identity.issuer, subject=identity.subject, person_id=person_id, at=at)
        method = "openid" if identity.proved_at > at - FRESH else UNASKED
        token = begin_session(connection, person_id, browser=browser, method=method, at=at)
        return Arrived(token, next_path, person_id)


def sign_out(database: Database, person_id: int, ids: Sequence[str], *, at: datetime) -> int:
    """End sessions of a person's own; returns how many were going on."""
    with database.write() as connection:
        ended = sessions.end(connection, person_id, ids, at=at)
        if ended:
            by = Actor(f"person {person_id}", person_id)
            audit.record(connection, audit.Event(at, by, "sign-out", f"person {person_id}", {"sessions": ended}))
    return ended


def sign_out_elsewhere(
    database: Database, here: sessions.Session, only: str = "", *, passkeys: bool, at: datetime
) -> int:
    """End the other sessions of whoever asks in one of them, or one by its id; returns how many were going on.

    `passkeys` is whether this directory uses them. Raises as `require_proof` does.
    """
    require_proof(here, passkeys=here.passkeys if passkeys else 0, at=at)
    with database.read() as connection:
        others = [each.id for each in sessions.of_person(connection, here.person, at=at) if each.id != here.id]
    return sign_out(database, here.person.id, [each for each in others if only in ("", each)], at=at)


def _enter(connection: Connection, asked: SignIn, *, browser: Browser, method: str, at: datetime) -> Arrived:
    if not sign_ins.use(connection, asked.id, at=at):
        raise SignInRefused("This link was used already, or is more than 10 minutes old. Ask for a new one.")
    person_id = people.add(connection, email=asked.email, name="", editor=None, at=at)
    # Who types the code elsewhere may have been talked into it: an identity is tied only where it was shown.
    if asked.issuer is not None and asked.subject is not None and asked.asked_by(browser.secret):
        if sign_ins.person_of(connection, asked.issuer, asked.subject) is None:
            sign_ins.know(connection, issuer=asked.issuer, subject=asked.subject, person_id=person_id, at=at)
        method = "openid"
    # The message arrived: updates will too.
    lift(connection, person_id, by=Actor(f"person {person_id}", person_id), at=at)
    token = _begin(connection, asked, person_id, browser=browser, method=method, at=at)
    return Arrived(token, asked.next_path, person_id)


def _begin(
    connection: Connection, asked: SignIn, person_id: int, *, browser: Browser, method: str, at: datetime
) -> str:
    token = begin_session(connection, person_id, browser=browser, method=method, at=at)
    begun = sessions.find(connection, token, at=at)
    if begun is not None:
        sign_ins.began(connection, asked.id, begun.id)
    return token


def begin_session(connection: Connection, person_id: int, *, browser: Browser, method: str, at: datetime) -> str:
    """A new session, under a new token, in place of the one that this browser had; returns the token."""
    if (old := browser.session) is not None:
        sessions.end(connection, old.person.id, [old.id], at=at)
    token, key = secrets.token_urlsafe(32), secrets.token_hex(8)
    sessions.begin(connection, id=key, token=token, person_id=person_id, method=method, device=browser.device, at=at)
    by = Actor(f"person {person_id}", person_id)
    audit.record(connection, audit.Event(at, by, "sign-in", f"person {person_id}", {"method": method}))
    return token
