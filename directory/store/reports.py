"""Reports: what readers and editors say is wrong or missing, to the owner of a service or to the editors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, insert, or_, select, update

from directory.domain.report import Outcome, ReportKind, State
from directory.errors import ReportNotFound
from directory.store.batches import in_batches
from directory.store.tables.learning import reports
from directory.store.tables.nouns import services
from directory.store.tables.people import people

Kind = ReportKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report. Without a `service_id` it is for the editors; `gap` is the question that it came of, if any.

    One that says what an open one says already is `joined` to it, and shares its answer. `team` ran the service when it
    came or, once it is answered, then. `told` is how far up it was told; at `escalates_at` it goes one further.
    """

    ref: str
    kind: Kind
    text: str
    received_at: datetime
    id: int = 0
    service_id: str | None = None
    gap: str | None = None
    person_id: int | None = None
    email: str | None = None
    state: State = "open"
    team: str | None = None
    told: int = 0
    escalates_at: datetime | None = None
    answer: str | None = None
    answered_at: datetime | None = None
    change_number: int | None = None
    joined_to: int | None = None


def report_of(row: Any) -> Report:
    """A report from its row."""
    return Report(**{column.name: getattr(row, column.name) for column in reports.c})


def add(connection: Connection, report: Report) -> Report:
    """Write a report down; returns it with its number."""
    values = {column.name: getattr(report, column.name) for column in reports.c if column.name != "id"}
    # Told at once, by the worker.
    if report.state == "open" and report.escalates_at is None:
        values["escalates_at"] = report.received_at
    row = connection.execute(insert(reports).values(values).returning(*reports.c)).one()
    return report_of(row)


def of_gaps(connection: Connection, *, limit: int) -> list[Report]:
    """The reports that came of gaps, newest first."""
    statement = select(reports).where(reports.c.gap.is_not(None)).order_by(reports.c.id.desc()).limit(limit)
    return [report_of(row) for row in connection.execute(statement)]


def by_ref(connection: Connection, ref: str) -> Report:
    """The report with a reference; raises ReportNotFound."""
    row = connection.execute(select(reports).where(reports.c.ref == ref)).one_or_none()
    if row is None:
        raise ReportNotFound("There is no report with this reference. Check it, letter by letter.")
    return report_of(row)


def root_of(connection: Connection, report: Report) -> Report:
    """The report that is answered for this one: the one that it was joined to, or itself."""
    if report.joined_to is None:
        return report
    return report_of(connection.execute(select(reports).where(reports.c.id == report.joined_to)).one())


def roots_of(connection: Connection, refs: Iterable[str]) -> list[Report]:
    """The reports that are answered for those with some references, each once, oldest first; raises ReportNotFound."""
    wanted = list(dict.fromkeys(refs))
    rows = [row for batch in in_batches(wanted) for row in connection.execute(_with_refs(batch))]
    if missing := set(wanted) - {row.ref for row in rows}:
        raise ReportNotFound(f"There is no report {sorted(missing)[0]}.")
    ids = {row.joined_to or row.id for row in rows}
    found = connection.execute(select(reports).where(reports.c.id.in_(ids)).order_by(reports.c.id))
    return [report_of(row) for row in found]


def _with_refs(refs: Sequence[str]) -> Any:
    return select(reports.c.id, reports.c.ref, reports.c.joined_to).where(reports.c.ref.in_(refs))


def open_like(connection: Connection, service_id: str, kind: Kind) -> Report | None:
    """The open report of a service that says the same; holds the service: of two at once one joins the other."""
    connection.execute(select(services.c.id).where(services.c.id == service_id).with_for_update()).one()
    same = and_(reports.c.service_id == service_id, reports.c.kind == kind, reports.c.state == "open")
    row = connection.execute(select(reports).where(same).order_by(reports.c.id).limit(1)).one_or_none()
    return report_of(row) if row else None


def sent_twice(connection: Connection, root: Report, new: Report, *, since: datetime) -> Report | None:
    """The same words of the same reporter about the same, a moment ago: a button that was pressed twice."""
    own = reports.c.person_id == new.person_id if new.person_id else reports.c.person_id.is_(None)
    address = reports.c.email == new.email if new.email else reports.c.email.is_(None)
    about = or_(reports.c.id == root.id, reports.c.joined_to == root.id)
    same = (about, own, address, reports.c.text == new.text, reports.c.received_at > since)
    row = connection.execute(select(reports).where(*same).order_by(reports.c.id).limit(1)).one_or_none()
    return report_of(row) if row else None


def joined(connection: Connection, ids: Iterable[int]) -> dict[int, list[Report]]:
    """What was joined to some reports, oldest first, by their numbers."""
    found: dict[int, list[Report]] = {}
    wanted = reports.c.joined_to.in_(list(ids))
    for row in connection.execute(select(reports).where(wanted).order_by(reports.c.id)):
        found.setdefault(row.joined_to, []).append(report_of(row))
    return found


def of_person(connection: Connection, person_id: int, *, limit: int) -> list[Report]:
    """What a person reported, newest first."""
    statement = select(reports).where(reports.c.person_id == person_id).order_by(reports.c.id.desc()).limit(limit)
    return [report_of(row) for row in connection.execute(statement)]


def settle(
    connection: Connection,
    report: Report,
    *,
    outcome: Outcome,
    answer: str,
    change_number: int | None,
    team: str | None,
    at: datetime,
) -> bool:
    """Say what became of an open report, `team` being who runs the service now; whether it was still open."""
    values = {"state": outcome, "answer": answer or None, "answered_at": at, "change_number": change_number}
    still = update(reports).where(reports.c.id == report.id, reports.c.state == "open")
    return connection.execute(still.values(**values, team=team or report.team, escalates_at=None)).rowcount == 1


def settle_all(connection: Connection, given: Sequence[Report], *, change_number: int, at: datetime) -> list[Report]:
    """Say of some reports that a change fixed them; returns those that were still open."""
    wanted = (reports.c.id.in_([report.id for report in given]), reports.c.state == "open")
    values = {"state": "fixed", "answered_at": at, "change_number": change_number, "escalates_at": None}
    done = connection.execute(update(reports).where(*wanted).values(values).returning(*reports.c))
    return sorted(map(report_of, done), key=lambda report: report.id)


def reporters(connection: Connection, ids: Sequence[int]) -> list[tuple[int, str, str]]:
    """Who hears what became of some reports: for each address (number of the report, their own reference, address)."""
    root = func.coalesce(reports.c.joined_to, reports.c.id)
    address = func.coalesce(people.c.email, reports.c.email)
    statement = (
        select(root.label("root"), func.min(reports.c.id).label("first"), address.label("address"))
        .outerjoin(people, people.c.id == reports.c.person_id)
        .where(or_(reports.c.id.in_(ids), reports.c.joined_to.in_(ids)), address.is_not(None))
        .group_by(root, address)
        .subquery()
    )
    rows = connection.execute(
        select(statement.c.root, reports.c.ref, statement.c.address)
        .join(reports, reports.c.id == statement.c.first)
        .order_by(reports.c.id)
    )
    return [(row.root, row.ref, row.address) for row in rows]


def forget_addresses(connection: Connection, ids: Sequence[int]) -> None:
    """Let go of the addresses that were left with some reports, once a letter is on its way to them."""
    of_them = or_(reports.c.id.in_(ids), reports.c.joined_to.in_(ids))
    connection.execute(update(reports).where(of_them, reports.c.email.is_not(None)).values(email=None))


def note_told(connection: Connection, told: Sequence[tuple[int, int, datetime | None]]) -> None:
    """Write down of some reports how far up they were told, and when they go further."""
    if told:
        statement = update(reports).where(reports.c.id == bindparam("report"))
        rows = [{"report": key, "level": level, "next": next_at} for key, level, next_at in told]
        connection.execute(statement.values(told=bindparam("level"), escalates_at=bindparam("next")), rows)
