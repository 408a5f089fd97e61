"""What editors watch over: which services need two people, and what one person published alone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions.prepare import Published
from directory.actions.take_back import withdraw
from directory.domain.offer import Offer
from directory.domain.policy import Actor
from directory.errors import ChangeNotFound, NotAllowed
from directory.store import audit, governing
from directory.store.services import service_id


def mark(connection: Connection, key: str, *, by: Actor, at: datetime) -> None:
    """Mark a service critical, by id or slug; marking it again changes nothing. Raises `ServiceNotFound`."""
    service = service_id(connection, key)
    if governing.mark_critical(connection, service, by=by.person_id, at=at):
        audit.record(connection, audit.Event(at, by, "mark critical", f"service {service}", {}))


def unmark(connection: Connection, key: str, *, by: Actor, at: datetime) -> None:
    """Take the mark away; raises `ServiceNotFound`."""
    service = service_id(connection, key)
    if governing.unmark_critical(connection, service):
        audit.record(connection, audit.Event(at, by, "unmark critical", f"service {service}", {}))


def review(connection: Connection, number: int, *, by: Actor, at: datetime) -> None:
    """Say that a change which one person published alone is right; reviewing it again changes nothing.

    Raises `ChangeNotFound` where there is nothing to review, `NotAllowed` for whoever published it.
    """
    if _check_reviewer(connection, number, by=by):
        _close(connection, number, by=by, at=at)


def undo(
    connection: Connection, number: int, *, why: str, by: Actor, at: datetime, zone: ZoneInfo
) -> Published | Offer:
    """Withdraw a change which one person published alone; raises as `review` and `withdraw` do."""
    open_one = _check_reviewer(connection, number, by=by)
    done = withdraw(connection, number, why=why, by=by, at=at, zone=zone)
    if open_one and isinstance(done, Published):
        _close(connection, number, by=by, at=at)
    return done


def _check_reviewer(connection: Connection, number: int, *, by: Actor) -> bool:
    found = governing.review_of(connection, number, lock=True)
    if found is None:
        raise ChangeNotFound(f"Change {number} needs no review.")
    if found.person_id is not None and found.person_id == by.person_id:
        raise NotAllowed("You published this: somebody else has to look at it.")
    return found.reviewed_at is None


def _close(connection: Connection, number: int, *, by: Actor, at: datetime) -> None:
    governing.close_review(connection, number, by=by.person_id, at=at)
    audit.record(connection, audit.Event(at, by, "review", f"change {number}", {}))
