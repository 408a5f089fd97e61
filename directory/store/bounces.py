"""Messages that came back, and to whose address no updates go until it is right again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    Table,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

from directory.domain.bounce import Severity
from directory.store.tables.following import bounces, mail_stops
from directory.store.tables.nouns import teams
from directory.store.tables.people import memberships, people
from directory.store.tables.telling import deliveries, digests

Unit = Literal["delivery", "digest"]
TABLES: dict[Unit, Table] = {"delivery": deliveries, "digest": digests}
# "name@example: 550 5.1.1 …", as a mailer words it: the address itself was refused.
_REFUSED = re.compile(r"^[^\s:]+@[^\s:]+: 5[0-9]{2} ")


@dataclass(frozen=True, slots=True)
class MailStop:
    """That no updates go to somebody's address: until an instant or, without one, until they confirm it."""

    person_id: int
    email: str
    name: str
    severity: Severity
    status: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that a relay refused for good, and what it said."""

    unit: Unit
    id: int
    reason: str


def stopped(person_id: ColumnElement[int], at: datetime) -> ColumnElement[bool]:
    """Whether no updates go to a person at an instant."""
    # By another name: this is asked in queries of stops too.
    stops = mail_stops.alias("stops")
    return exists().where(stops.c.person_id == person_id, or_(stops.c.until.is_(None), stops.c.until > at))


def recipient_of(connection: Connection, unit: Unit, key: int) -> int | None:
    """To whom a message went; None where there is no such message, or nobody any more."""
    table = TABLES[unit]
    found: int | None = connection.scalar(
        select(people.c.id)
        .join(table, table.c.person_id == people.c.id)
        .where(table.c.id == key, people.c.erased_at.is_(None))
    )
    return found


def take_in(connection: Connection, ref: str, person_id: int, *, severity: Severity, status: str, at: datetime) -> bool:
    """Keep that a message came back; whether it is the first report of it."""
    row = {"ref": ref, "person_id": person_id, "severity": severity, "status": status[:16], "at": at}
    # PostgreSQL's spelling of ON CONFLICT is SQLite's too.
    statement = postgresql.insert(bounces).values(row).on_conflict_do_nothing()
    return connection.execute(statement.execution_options(preserve_rowcount=True)).rowcount == 1


def count_since(connection: Connection, person_id: int, since: datetime) -> int:
    """How many messages to a person came back for the time being since an instant."""
    soft = select(func.count()).where(
        bounces.c.person_id == person_id, bounces.c.severity == "soft", bounces.c.at >= since
    )
    return int(connection.scalar(soft) or 0)


def stop(
    connection: Connection, person_id: int, *, severity: Severity, status: str, at: datetime, until: datetime | None
) -> bool:
    """Let no updates go to a person's address; whether they went until now."""
    went = not connection.scalar(select(stopped(people.c.id, at)).where(people.c.id == person_id))
    row = {"severity": severity, "status": status[:16], "since": at, "until": until}
    connection.execute(
        postgresql.insert(mail_stops)
        .values(person_id=person_id, **row)
        .on_conflict_do_update(
            index_elements=[mail_stops.c.person_id],
            set_=row,
            # Nothing for the time being takes the place of what is for good.
            where=mail_stops.c.until.is_not(None),
        )
    )
    return went


def tell_first(connection: Connection, person_id: int, *, at: datetime) -> bool:
    """Mark that those who look after somebody are told of a stop; whether they had not been."""
    first = update(mail_stops).where(mail_stops.c.person_id == person_id, mail_stops.c.told_at.is_(None))
    return connection.execute(first.values(told_at=at)).rowcount == 1


def refusals(connection: Connection, *, since: datetime) -> list[Refusal]:
    """Messages of which a relay refused the recipient or the text since an instant, and that were not taken in."""
    found = []
    for unit, table in TABLES.items():
        alone = table.c.digest_id.is_(None) if unit == "delivery" else table.c.id.is_not(None)
        known = exists().where(bounces.c.ref == literal(f"{unit}-").concat(cast(table.c.id, String())))
        rows = connection.execute(
            select(table.c.id, table.c.reason)
            .where(table.c.state == "failed", table.c.settled_at >= since, alone, ~known)
            .order_by(table.c.id)
        )
        found += [Refusal(unit, row.id, row.reason) for row in rows if _REFUSED.search(row.reason or "")]
    return found


def lift(connection: Connection, person_id: int) -> bool:
    """Let updates go to a person's address again, and begin to count anew; whether they were stopped."""
    connection.execute(delete(bounces).where(bounces.c.person_id == person_id))
    return connection.execute(delete(mail_stops).where(mail_stops.c.person_id == person_id)).rowcount == 1


def of_person(connection: Connection, person_id: int, *, at: datetime) -> MailStop | None:
    """Whether no updates go to a person now, and why."""
    return next(iter(_load(connection, people.c.id == person_id, at)), None)


def of_teams(connection: Connection, slugs: Iterable[str] | None, *, at: datetime) -> list[MailStop]:
    """To whom in some teams (None: anywhere) no updates go now, the latest first."""
    if slugs is None:
        return _load(connection, people.c.id.is_not(None), at)
    inside = exists().where(
        memberships.c.person_id == people.c.id, memberships.c.team_id == teams.c.id, teams.c.slug.in_(sorted(slugs))
    )
    return _load(connection, inside, at)


def who_looks_after(connection: Connection, person_id: int) -> list[tuple[int, str]]:
    """Ids and addresses of the administrators of a person's teams or, where there is none, of the editors."""
    theirs = select(memberships.c.team_id).where(memberships.c.person_id == person_id)
    admins = exists().where(
        memberships.c.person_id == people.c.id, memberships.c.role == "team-admin", memberships.c.team_id.in_(theirs)
    )
    return _others(connection, person_id, admins) or _others(connection, person_id, people.c.editor.is_(True))


def _others(connection: Connection, person_id: int, which: ColumnElement[bool]) -> list[tuple[int, str]]:
    wanted = select(people.c.id, people.c.email).where(which, people.c.email.is_not(None), people.c.id != person_id)
    return [(row.id, row.email) for row in connection.execute(wanted.order_by(people.c.id))]


def _load(connection: Connection, which: ColumnElement[bool], at: datetime) -> list[MailStop]:
    rows: list[Any] = list(
        connection.execute(
            select(people.c.email, people.c.name, mail_stops)
            .join(mail_stops, mail_stops.c.person_id == people.c.id)
            .where(which, people.c.email.is_not(None), stopped(people.c.id, at))
            .order_by(mail_stops.c.since.desc(), people.c.id)
        )
    )
    return [
        MailStop(row.person_id, row.email, row.name, row.severity, row.status, row.since, row.until) for row in rows
    ]
