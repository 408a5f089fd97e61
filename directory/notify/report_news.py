"""Tell those who can answer a report that it is there and, when nobody answers, those above them. Once each.

A report is told to the leads of the team that runs its service as soon as it is there, after 5 working days to the
team's administrators, after 10 to the editors. The letter and the mark that it was written are one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.domain.asking import Level, those_to_ask
from directory.domain.report import IN_WORDS
from directory.domain.working_days import Holidays, working_days_after
from directory.store import letters, report_lists, reports
from directory.store.asking import those_of
from directory.store.database import Database
from directory.store.report_lists import Owned
from directory.store.reports import Report
from directory.store.versions import load_in_force

# After how many working days a report goes to those above who were told.
TO_ADMINISTRATORS, TO_EDITORS = 5, 10
LETTER_GOOD_FOR = timedelta(days=3)
AT_ONCE = 200


def tell_of_reports(database: Database, *, at: datetime, zone: ZoneInfo, holidays: Holidays) -> int:
    """Write to whoever is to be told of a report by now; returns how many letters."""
    with database.read() as connection:
        if not report_lists.any_due(connection, at=at):
            return 0
    with database.write() as connection:
        today = at.astimezone(zone).date()
        due = report_lists.due(connection, at=at, on=today, limit=AT_ONCE)
        people = those_of(connection, {each.owner for each in due if each.owner})
        names = _names(connection, due, today)
        times = report_lists.how_often(connection, [each.report.id for each in due])
        told, written = [], []
        for each in due:
            report = each.report
            level, asked = those_to_ask(_wanted(each), people[each.owner])
            told.append((report.id, int(level), _further(report, level, zone, holidays)))
            facts = _facts(report, names, times[report.id], _waits(report, at, zone, holidays))
            written += [("report-new", person.email, facts) for person in asked]
        reports.note_told(connection, told)
        return letters.queue_all(connection, written, at=at, expires_at=at + LETTER_GOOD_FOR)


def _wanted(each: Owned) -> Level:
    """Whose turn it is: one level after the other, also where the worker slept; editors where no team answers."""
    return Level.EDITORS if each.owner is None else Level(min(each.report.told + 1, Level.EDITORS))


def _waits(report: Report, at: datetime, zone: ZoneInfo, holidays: Holidays) -> Level:
    """The level to which it has waited long enough to be told."""
    if at >= _after(report, TO_EDITORS, zone, holidays):
        return Level.EDITORS
    return Level.ADMINISTRATORS if at >= _after(report, TO_ADMINISTRATORS, zone, holidays) else Level.LEADS


def _further(report: Report, told: Level, zone: ZoneInfo, holidays: Holidays) -> datetime | None:
    """When it goes further up; None where there is nobody further."""
    days = {Level.LEADS: TO_ADMINISTRATORS, Level.ADMINISTRATORS: TO_EDITORS}.get(told)
    return _after(report, days, zone, holidays) if days else None


def _after(report: Report, days: int, zone: ZoneInfo, holidays: Holidays) -> datetime:
    return working_days_after(report.received_at.astimezone(zone), days, holidays)


def _names(connection: Connection, due: list[Owned], today: date) -> Mapping[str, str]:
    ids = {each.report.service_id for each in due if each.report.service_id}
    rows = load_in_force(connection, "service", ids, on=today)
    rows |= load_in_force(connection, "service", ids - rows.keys(), on=date.max)
    return {key: row.facts.name for key, row in rows.items()}


def _facts(report: Report, names: Mapping[str, str], count: int, waits: Level) -> dict[str, Any]:
    return {
        "ref": report.ref,
        "service": names.get(report.service_id or "", ""),
        "kind": IN_WORDS[report.kind],
        "text": report.text,
        "count": count,
        "waits": int(waits),
    }
