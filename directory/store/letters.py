"""Letters: single messages to one address that cannot wait, such as a sign-in. Queued as a row, sent by the worker."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, or_, select, update

from directory.store.batches import write_json
from directory.store.sending import Outcome
from directory.store.tables.identity import letters


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to be written: its kind says by which template, from which facts."""

    id: int
    kind: str
    email: str
    facts: Mapping[str, Any]
    queued_at: datetime
    expires_at: datetime
    attempts: int


def queue(
    connection: Connection, *, kind: str, email: str, facts: Mapping[str, Any], at: datetime, expires_at: datetime
) -> None:
    """Have a letter sent at once, or not at all once it has expired."""
    queue_all(connection, [(kind, email, facts)], at=at, expires_at=expires_at)


def queue_all(
    connection: Connection, new: Iterable[tuple[str, str, Mapping[str, Any]]], *, at: datetime, expires_at: datetime
) -> int:
    """The same of several, each a kind, an address and facts; returns how many."""
    when = {"queued_at": at, "expires_at": expires_at, "next_attempt_at": at}
    rows = [
        {"kind": kind, "email": email, "facts": write_json(facts), "state": "pending", "attempts": 0, **when}
        for kind, email, facts in new
    ]
    if rows:
        connection.execute(letters.insert(), rows)
    return len(rows)


def any_due(connection: Connection, *, at: datetime) -> bool:
    """Whether there is anything to send: asked twice a second, it must not keep a writer from the database."""
    return connection.execute(_due(at).limit(1)).first() is not None


def claim(connection: Connection, *, lease: str, at: datetime, until: datetime, limit: int) -> list[Letter]:
    """Take up to `limit` letters that are due, oldest first. Attempts are counted here."""
    # PostgreSQL: what another worker is just taking is not waited for.
    due = _due(at).order_by(letters.c.id).limit(limit).with_for_update(skip_locked=True)
    taking = update(letters).where(letters.c.id.in_(due))
    taken = taking.values(lease=lease, leased_until=until, attempts=letters.c.attempts + 1).returning(*letters.c)
    return sorted((_letter(row) for row in connection.execute(taken)), key=lambda letter: letter.id)


def settle(connection: Connection, letter: Letter, *, lease: str, at: datetime, outcome: Outcome) -> bool:
    """Record what became of a letter, if the lease still holds; the address goes with it. Whether it did."""
    done = outcome.state != "pending"
    final: dict[str, object] = {"state": outcome.state, "next_attempt_at": outcome.next_attempt_at}
    final |= {"lease": None, "leased_until": None}
    # A relay quotes the address in its reason.
    final |= {"reason": (outcome.reason or "").replace(letter.email, "the address") or None}
    if done:
        final |= {"settled_at": at, "email": None, "facts": "{}"}
    held = update(letters).where(letters.c.id == letter.id, letters.c.lease == lease, letters.c.state == "pending")
    return connection.execute(held.values(final)).rowcount == 1


def forget(connection: Connection, *, before: datetime) -> int:
    """Let go of letters queued before an instant; returns how many."""
    return connection.execute(delete(letters).where(letters.c.queued_at < before)).rowcount


def _due(at: datetime) -> Select[tuple[int]]:
    free = or_(letters.c.leased_until.is_(None), letters.c.leased_until <= at)
    due = (letters.c.state == "pending", letters.c.next_attempt_at <= at, letters.c.email.is_not(None), free)
    return select(letters.c.id).where(*due)


def _letter(row: Any) -> Letter:
    return Letter(row.id, row.kind, row.email, json.loads(row.facts), row.queued_at, row.expires_at, row.attempts)
