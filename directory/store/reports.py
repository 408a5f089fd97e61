"""Reports: what readers and editors say is wrong or missing, to the owner of a service or to the editors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, insert, select

from directory.store.tables.learning import reports

Kind = Literal["not-us", "number", "criteria", "question", "gap", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report. Without a `service_id` it is for the editors; `gap` is the question that it came of, if any."""

    ref: str
    kind: Kind
    text: str
    received_at: datetime
    service_id: str | None = None
    gap: str | None = None
    person_id: int | None = None
    state: str = "open"


def add(connection: Connection, report: Report) -> None:
    """Write a report down."""
    connection.execute(
        insert(reports).values(
            ref=report.ref,
            kind=report.kind,
            text=report.text,
            received_at=report.received_at,
            service_id=report.service_id,
            gap=report.gap,
            person_id=report.person_id,
            state=report.state,
        )
    )


def of_gaps(connection: Connection, *, limit: int) -> list[Report]:
    """The reports that came of gaps, newest first."""
    statement = select(reports).where(reports.c.gap.is_not(None)).order_by(reports.c.id.desc()).limit(limit)
    return [
        Report(
            ref=row.ref,
            kind=row.kind,
            text=row.text,
            received_at=row.received_at,
            service_id=row.service_id,
            gap=row.gap,
            person_id=row.person_id,
            state=row.state,
        )
        for row in connection.execute(statement)
    ]
