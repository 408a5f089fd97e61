"""The audit trail: who did what to what, in the same transaction as the deed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from directory.domain.policy import Actor
from directory.store.batches import write_json
from directory.store.tables.trust import audit


@dataclass(frozen=True, slots=True)
class Event:
    """One deed."""

    at: datetime
    by: Actor
    action: str
    object: str
    details: Mapping[str, Any]


def record(connection: Connection, event: Event) -> None:
    """Write one deed down."""
    record_many(connection, [event])


def record_many(connection: Connection, events: Sequence[Event]) -> None:
    """Write several deeds down, in order."""
    connection.execute(
        audit.insert(),
        [
            {
                "at": event.at,
                # "person 12" or "key ab12", as an actor is called: erasing a person leaves the trail whole.
                "actor": event.by.name,
                "action": event.action,
                "object": event.object[:200],
                "details": write_json(event.details),
            }
            for event in events
        ],
    )
