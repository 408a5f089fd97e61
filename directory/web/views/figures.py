"""Figures of the last twelve months, each as a drawing, a table and a file, for those in charge.

One place that says how it goes and leads on to what can be done; it counts nothing that another page counts otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from sqlalchemy import Connection

from directory.domain.change import KINDS, Kind
from directory.domain.freshness import months_before
from directory.domain.report import State
from directory.notify.check_requests import cutoffs
from directory.store import figures
from directory.store import gaps as gap_store
from directory.web.views.figure import MONTHS, MOST_ROWS, Asked, Figure, chart, day_of, month_words
from directory.web.views.figures_of_reading import awareness, by_team
from directory.web.words import KINDS as KIND_WORDS
from directory.web.words import counted, full_date

# Entries by how many months ago they were checked, and what that is called.
_AGES = (1, 3, 6, 12)
_AGE_WORDS = ("Less than a month", "1 to 3 months", "3 to 6 months", "6 to 12 months", "A year or more")


def all_figures(connection: Connection, asked: Asked, *, gaps: bool) -> tuple[Figure, ...]:
    """All of them; gaps for those who may see them."""
    found = [
        awareness(connection, asked),
        by_team(connection, asked),
        *changed(connection, asked),
        freshness(connection, asked),
        reported(connection, asked),
    ]
    return (*found, unanswered(connection, asked)) if gaps else tuple(found)


def changed(connection: Connection, asked: Asked) -> tuple[Figure, Figure]:
    """What was published: by month, and by kind."""
    found = figures.changes_by_month(connection, asked.span, asked.scope)
    months = [(month, *found.get(month, (0, {}))) for month in reversed(asked.span.months)] if found else []
    kinds = {kind: sum(of_kind.get(kind, 0) for _, _, of_kind in months) for kind in KINDS}
    most = sorted((kind for kind in KINDS if kinds[kind]), key=lambda kind: (-kinds[kind], KIND_WORDS[kind]))
    more = ("/changes", "All changes")
    by_month = Figure(
        key="changes",
        title="What changed, by month",
        says="Changes that people are told of, by the month in which they were published, without small corrections.",
        measure="Changes published",
        chart=chart([(many, month_words(month)) for month, many, _ in months]),
        columns=("Month", "Changes", "Of these"),
        rows=tuple((month_words(month), f"{many:,}", _kinds_words(of_kind)) for month, many, of_kind in months),
        data_columns=("month", "changes", *KINDS),
        data=tuple((f"{month:%Y-%m}", many, *(of.get(kind, 0) for kind in KINDS)) for month, many, of in months),
        more=more,
    )
    by_kind = Figure(
        key="kinds",
        title="What changed, by kind",
        says=f"The same changes over {counted(MONTHS, 'month')}. One of several kinds counts in each.",
        measure="Changes of each kind",
        chart=chart([(kinds[kind], KIND_WORDS[kind]) for kind in most]),
        columns=("Kind", "Changes"),
        rows=tuple((KIND_WORDS[kind], f"{kinds[kind]:,}") for kind in most),
        data_columns=("kind", "changes"),
        data=tuple((kind, kinds[kind]) for kind in most),
        more=more,
    )
    return by_month, by_kind


def _kinds_words(of_kind: Mapping[Kind, int]) -> str:
    return ", ".join(f"{KIND_WORDS[kind]}: {of_kind[kind]}" for kind in KINDS if kind in of_kind) or "None"


def freshness(connection: Connection, asked: Asked) -> Figure:
    """How long ago the entries in use were checked."""
    until = cutoffs(connection, asked.today, asked.every, asked.zone)
    found = figures.ages_by_bound(
        connection, [_after(asked, months) for months in _AGES], on=asked.today, until=until, scope=asked.scope
    )
    ages = [(words, found.get(at, figures.Ages(0, 0, 0))) for at, words in enumerate(_AGE_WORDS)] if found else []
    overdue, services = (sum(getattr(each, name) for _, each in ages) for name in ("overdue", "services"))
    return Figure(
        key="freshness",
        title="How fresh the entries are",
        says=f"Entries in use: {services:,}. To be checked: {overdue:,}. "
        "An entry that was never checked counts from the day on which it was added.",
        measure="Entries, by how long ago they were checked",
        chart=chart([(each.services, words) for words, each in ages]),
        columns=("Checked", "Entries", "To check", "Never checked"),
        rows=tuple((words, f"{it.services:,}", f"{it.overdue:,}", f"{it.never:,}") for words, it in ages),
        data_columns=("checked_ago", "entries", "to_check", "never_checked"),
        data=tuple((words, it.services, it.overdue, it.never) for words, it in ages),
        more=("/manage/freshness", "Entries to check"),
    )


def _after(asked: Asked, months: int) -> datetime:
    """When the day began on which an entry must have been checked for that to be less than so many months ago."""
    day = months_before(asked.today, months) + timedelta(days=1)
    return datetime.combine(day, time.min, tzinfo=asked.zone)


def reported(connection: Connection, asked: Asked) -> Figure:
    """What was reported by month, and what became of it."""
    found = figures.reports_by_month(connection, asked.span, on=asked.today, scope=asked.scope)
    states: tuple[State, ...] = ("fixed", "not-changed", "answered", "open")
    counts = {
        month: [sum(of.values()), *(of.get(state, 0) for state in states)]
        for month in (reversed(asked.span.months) if found else ())
        for of in [found.get(month, {})]
    }
    return Figure(
        key="reports",
        title="What staff reported",
        says="Reports of something wrong, by the month in which they came, and what became of them.",
        measure="Reports received",
        chart=chart([(many[0], month_words(month)) for month, many in counts.items()]),
        columns=("Month", "Reports", "Fixed", "Nothing changed", "Answered", "Waiting"),
        rows=tuple((month_words(month), *(f"{each:,}" for each in many)) for month, many in counts.items()),
        data_columns=("month", "reports", "fixed", "not_changed", "answered", "waiting"),
        data=tuple((f"{month:%Y-%m}", *many) for month, many in counts.items()),
        more=("/manage/reports", "Reports to answer"),
    )


def unanswered(connection: Connection, asked: Asked) -> Figure:
    """What people asked most without finding a confident answer."""
    waiting, closed = gap_store.totals(connection)
    found = gap_store.open_ones(connection, limit=1_000)
    whole = " Of the whole directory: a question belongs to no team or area." if asked.team or asked.area else ""
    return Figure(
        key="gaps",
        title="What people asked and did not find",
        says=f"{counted(waiting, 'question')} without a confident answer; {closed:,} dealt with.{whole}",
        measure="Times asked",
        chart=chart([(gap.times, gap.query) for gap in found[:MOST_ROWS]]),
        columns=("Question", "Times", "Last asked"),
        rows=tuple((gap.query, f"{gap.times:,}", full_date(day_of(gap.last_at, asked))) for gap in found),
        data_columns=("question", "times", "first_asked", "last_asked"),
        data=tuple(
            (it.query, it.times, day_of(it.first_at, asked).isoformat(), day_of(it.last_at, asked).isoformat())
            for it in found
        ),
        more=("/manage/gaps", "Questions to deal with"),
    )
