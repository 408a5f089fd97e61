"""Step five: what a killed worker or a change of mind left behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from directory.store import deliveries, digests, sending
from directory.store.database import Database


@dataclass(frozen=True, slots=True)
class Recovered:
    """How much was put right: leases freed, deliveries that must not be sent, digests with nothing left in them."""

    leases: int
    dropped: int
    digests: int


def recover(database: Database, *, at: datetime) -> Recovered:
    """Free lapsed leases and drop what must not be sent any more; run again, it finds nothing."""
    # Each by itself: a worker that settles a digest takes the same rows in another order.
    with database.write() as connection:
        leases = sending.free_lapsed(connection, at=at)
    with database.write() as connection:
        dropped = deliveries.drop_untellable(connection, at=at)
    with database.write() as connection:
        return Recovered(leases, dropped, digests.drop_empty(connection, at=at))
