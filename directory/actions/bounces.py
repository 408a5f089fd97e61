"""Mail that came back: stop sending to an address that is gone, tell who looks after its owner, and start again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from directory.domain.bounce import IN_A_ROW, PAUSE, SOFT_IN_A_ROW, Severity, severity_of, status_in
from directory.domain.policy import OPERATOR, Actor, Thing, can
from directory.errors import NotAllowed
from directory.exchange.returned import read_returned
from directory.outbound.return_path import ReturnPath, Unit
from directory.store import audit, bounces, letters, people, waiting
from directory.store.database import Database

LETTER_GOOD_FOR = timedelta(days=3)
REFUSALS_OF = timedelta(days=4)


def take_returned(
    database: Database, messages: Iterable[bytes], paths: ReturnPath, *, clock: Callable[[], datetime]
) -> int:
    """Take in the reports among some messages; returns how many said something new. What is forged does nothing."""
    taken = 0
    for raw in messages:
        report = read_returned(raw)
        if report is None:
            continue
        # One report is of one message: its return path.
        named = next(filter(None, map(paths.read, report.addressed)), None)
        if named is not None:
            with database.write() as connection:
                unit, key = named
                taken += take_in(connection, unit, key, report.severity, report.status, at=clock())
    return taken


def take_refusals(database: Database, *, at: datetime) -> int:
    """Take in what relays refused while we spoke with them, which is never reported by mail; returns how many."""
    with database.read() as connection:
        refused = bounces.refusals(connection, since=at - REFUSALS_OF)
    taken = 0
    for each in refused:
        status = status_in(each.reason)
        with database.write() as connection:
            taken += take_in(connection, each.unit, each.id, severity_of(status), status, at=at)
    return taken


def take_in(connection: Connection, unit: Unit, key: int, severity: Severity, status: str, *, at: datetime) -> bool:
    """A message came back: stop sending to its recipient at once or, for the time being, after several.

    Whether that was news. Nothing waits in vain: what they would have heard waits until the stop is lifted.
    """
    person_id = bounces.recipient_of(connection, unit, key)
    if person_id is None:
        return False
    if not bounces.take_in(connection, f"{unit}-{key}", person_id, severity=severity, status=status, at=at):
        return False
    if severity == "hard":
        until = None
    elif bounces.count_since(connection, person_id, at - IN_A_ROW) >= SOFT_IN_A_ROW:
        until = at + PAUSE
    else:
        return True
    if bounces.stop(connection, person_id, severity=severity, status=status, at=at, until=until):
        details = {"severity": severity, "status": status}
        audit.record(connection, audit.Event(at, OPERATOR, "stop-mail", f"person {person_id}", details))
    if severity == "hard":
        _tell_once(connection, person_id, status, at)
    return True


def lift(connection: Connection, person_id: int, *, by: Actor, at: datetime) -> bool:
    """Send to a person's address again: they have shown, or say, that it is right; whether it was stopped.

    What waited comes with their next digest, not one message for each.
    """
    if not can(by, "account", Thing(person_id=person_id)):
        raise NotAllowed("Only who has the address can say that it is right.")
    if not bounces.lift(connection, person_id):
        return False
    waiting.gather(connection, person_id)
    audit.record(connection, audit.Event(at, by, "start-mail", f"person {person_id}", {}))
    return True


def _tell_once(connection: Connection, person_id: int, status: str, at: datetime) -> None:
    """Write to those who look after somebody, the first time that their address is refused for good."""
    if not bounces.tell_first(connection, person_id, at=at):
        return
    person = people.by_id(connection, person_id)
    facts = {"name": person.name, "email": person.email, "status": status}
    told = [("mail-stopped", email, facts) for _, email in bounces.who_looks_after(connection, person_id)]
    letters.queue_all(connection, told, at=at, expires_at=at + LETTER_GOOD_FOR)
