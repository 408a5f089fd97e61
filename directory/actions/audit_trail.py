"""Seal the audit trail, and verify it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from directory.store import audit_chain
from directory.store.database import Database


@dataclass(frozen=True, slots=True)
class Trail:
    """How many entries are sealed, the hash of the last, how many wait, and what is wrong, one sentence each."""

    entries: int
    head: str
    waiting: int
    problems: tuple[str, ...]


def seal_trail(database: Database, *, at: datetime) -> int:
    """Seal what was done since the last time; returns how many entries. A kill between two batches loses nothing."""
    count = 0
    while True:
        with database.read() as connection:
            if not audit_chain.any_unsealed(connection):
                return count
        with database.write() as connection:
            count += audit_chain.seal(connection, at=at)


def verify_trail(database: Database) -> Trail:
    """Read the whole trail and compare each entry with its seal; changes nothing."""
    with database.read() as connection:
        last = audit_chain.end(connection)
        return Trail(
            last.number, last.sha256, audit_chain.unsealed(connection), tuple(audit_chain.problems(connection))
        )
