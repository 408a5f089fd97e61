"""Answers kept by Idempotency-Key, each written in the transaction of the deed that it answers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql

from directory.domain.policy import Actor
from directory.errors import IdempotencyConflict
from directory.store.tables.trust import idempotent_answers

# While the deed is being done; it is never seen outside the transaction that does it.
_UNDER_WAY = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a deed: whose it is, the key that they gave it, and what it asks."""

    by: Actor
    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: an HTTP status and the bytes of the body."""

    status: int
    body: bytes


def claim(connection: Connection, attempt: Attempt, *, at: datetime) -> Answer | None:
    """None where this transaction is the one to do the deed; else the answer that was given to it before.

    Whoever comes with the same key meanwhile waits here until this transaction ends: for its answer, or for the place
    that it leaves. Raises IdempotencyConflict where the key came with another body.
    """
    table = idempotent_answers
    row = {"actor": attempt.by.name, "key": attempt.key, "body_sha256": _digest(attempt), "created_at": at}
    # PostgreSQL's spelling of ON CONFLICT is SQLite's too.
    claiming = postgresql.insert(table).values(**row, status=_UNDER_WAY, body=b"").on_conflict_do_nothing()
    if connection.execute(claiming.returning(table.c.key)).one_or_none() is not None:
        return None
    found = connection.execute(select(table).where(table.c.actor == attempt.by.name, table.c.key == attempt.key)).one()
    if found.body_sha256 != row["body_sha256"]:
        raise IdempotencyConflict("This Idempotency-Key came with another body before: give each change its own key.")
    return Answer(found.status, bytes(found.body))


def keep(connection: Connection, attempt: Attempt, answer: Answer) -> None:
    """Keep the answer to the deed that this transaction claimed and has done."""
    table = idempotent_answers
    connection.execute(
        update(table)
        .where(table.c.actor == attempt.by.name, table.c.key == attempt.key)
        .values(status=answer.status, body=answer.body)
    )


def forget(connection: Connection, *, before: datetime) -> int:
    """Let go of answers from before an instant; returns how many."""
    return connection.execute(delete(idempotent_answers).where(idempotent_answers.c.created_at < before)).rowcount


def _digest(attempt: Attempt) -> str:
    return hashlib.sha256(attempt.body).hexdigest()
