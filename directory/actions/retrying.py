"""Send again what was given up, once what was wrong is put right."""

from __future__ import annotations

from datetime import datetime

from directory.domain.policy import Actor, can
from directory.errors import NotAllowed
from directory.store import audit, dead_letters
from directory.store.database import Database
from directory.store.sending import Unit


def retry(database: Database, unit: Unit, key: int, *, by: Actor, at: datetime) -> bool:
    """Let one message be sent again; False where it has not failed (any more). Raises NotAllowed."""
    _check(by)
    with database.write() as connection:
        done = dead_letters.retry(connection, unit, [key])
        if done:
            audit.record(connection, audit.Event(at, by, "retry", f"{unit} {key}", {}))
        return bool(done)


def retry_all(database: Database, *, by: Actor, at: datetime) -> int:
    """The same of all that failed; returns how many. Raises NotAllowed."""
    _check(by)
    with database.write() as connection:
        done = dead_letters.retry(connection, "delivery", None) + dead_letters.retry(connection, "digest", None)
        if done:
            audit.record(connection, audit.Event(at, by, "retry all", "deliveries", {"count": done}))
        return done


def _check(by: Actor) -> None:
    if not can(by, "manage-deliveries"):
        raise NotAllowed("Only editors can send again what was given up.")
