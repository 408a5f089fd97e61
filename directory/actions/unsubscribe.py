"""Stop a person's mail, from the link that each message carries."""

from __future__ import annotations

from datetime import datetime

from directory.domain.policy import Actor
from directory.store import audit, deliveries, subscriptions
from directory.store.database import Database


def unsubscribe(database: Database, person_id: int, *, at: datetime) -> int:
    """End every subscription of a person's own by mail and drop what waits; returns how many there were.

    Safe to repeat: mail programs press the button as well as people.
    """
    with database.write() as connection:
        ended = subscriptions.end_all(connection, person_id, at=at)
        deliveries.drop_of_person(connection, person_id, at=at)
        if ended:
            by = Actor(f"person {person_id}", person_id)
            audit.record(connection, audit.Event(at, by, "unsubscribe", f"person {person_id}", {"ended": ended}))
    return ended
