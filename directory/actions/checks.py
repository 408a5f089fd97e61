"""Checks: the owner of an entry says that it is still correct, without a change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from directory.domain.policy import Actor, Thing, can
from directory.domain.service import Entry
from directory.errors import EditConflict, Invalid, NotAllowed, Problem
from directory.store import audit, checks
from directory.store import services as service_store

MOST_MONTHS = 60
# What is written down as the source of a check that a person made here.
BY_HAND = "still correct"


@dataclass(frozen=True, slots=True)
class Checked:
    """What was confirmed: the entry as it stood, and when (UTC)."""

    entry: Entry
    at: datetime


def check(connection: Connection, key: str, *, expected: int | None, by: Actor, at: datetime, today: date) -> Checked:
    """Note that an entry (by id or slug), as it stands today, is correct.

    `expected` is the version that was read: another one by now is not what was confirmed. Raises `EditConflict`,
    `ServiceNotFound`, `NotAllowed`, and `Invalid` for one that has closed.
    """
    entry = service_store.entry(connection, key, on=today)
    require_owner(by, entry)
    if entry.facts.status == "closed":
        raise Invalid([Problem("service", "This service has closed: there is nothing to check")])
    if expected is not None and expected != entry.version.number:
        raise EditConflict(entry.id, expected=expected, current=entry.version.number)
    checks.add(connection, entry.id, source=BY_HAND, person_id=by.person_id, at=at)
    audit.record(connection, audit.Event(at, by, "check", f"service {entry.id}", {"version": entry.version.number}))
    return Checked(entry, at)


def set_interval(
    connection: Connection, key: str, months: int | None, *, by: Actor, at: datetime, today: date
) -> Entry:
    """Have an entry (by id or slug) checked every so many months; None: as often as the setting says.

    Raises `ServiceNotFound`, `NotAllowed`, and `Invalid` for what is no such number.
    """
    entry = service_store.entry(connection, key, on=today)
    require_owner(by, entry)
    if months is not None and not 1 <= months <= MOST_MONTHS:
        raise Invalid([Problem("months", f"Choose from 1 to {MOST_MONTHS} months")])
    checks.set_interval(connection, entry.id, months, by=by.person_id, at=at)
    audit.record(connection, audit.Event(at, by, "set check interval", f"service {entry.id}", {"months": months}))
    return entry


def require_owner(by: Actor, entry: Entry) -> None:
    """Raise NotAllowed unless `by` may say of an entry that it is correct."""
    if not can(by, "check", Thing(frozenset({entry.facts.owner.team} if entry.facts.owner.team else ()))):
        raise NotAllowed("You need to be a lead of the team that runs this service, or an editor, to check it.")
