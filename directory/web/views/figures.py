"""Figures of the last twelve months, each as a drawing, a table and a file, for those in charge.

One place that says how it goes and leads on to what can be done; it counts nothing that another page counts otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup
from sqlalchemy import Connection

from directory.domain.awareness import SMALL, Reading, hidden_among, in_words
from directory.domain.change import KINDS, Kind
from directory.domain.freshness import months_before
from directory.domain.report import State
from directory.domain.span import Span
from directory.notify.check_requests import cutoffs
from directory.store import figures
from directory.store import gaps as gap_store
from directory.store.figures import Scope
from directory.web.views.charts import bar_chart, scale_to
from directory.web.views.names import team_names
from directory.web.words import KINDS as KIND_WORDS
from directory.web.words import counted, full_date

MONTHS = 12
# More would be no drawing, and no page; the file has them all.
MOST_ROWS = 20
_DAY, _HOUR = 86_400, 3_600
# Entries by how many months ago they were checked, and what that is called.
_AGES = (1, 3, 6, 12)
_AGE_WORDS = ("Less than a month", "1 to 3 months", "3 to 6 months", "6 to 12 months", "A year or more")
SPOKEN = "A bar chart. The table below says the same."
Cell = str | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One of them. `data` is what the file holds, `rows` what the page shows of it; `more` leads on, with its words.

    `measure` says what the bars of the drawing are.
    """

    key: str
    title: str
    says: str
    chart: Markup | None
    measure: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    data_columns: tuple[str, ...]
    data: tuple[tuple[Cell, ...], ...]
    more: tuple[str, str]

    @property
    def left_out(self) -> int:
        """How many rows the page does not show."""
        return len(self.rows) - len(self.rows[:MOST_ROWS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks for what: one team (its slug; empty: all of `teams`, where None is all there are) and an area."""

    teams: frozenset[str] | None
    team: str
    area: str
    today: date
    zone: ZoneInfo
    every: int

    @property
    def span(self) -> Span:
        """The months."""
        return Span.ending(self.today, MONTHS, self.zone)

    @property
    def scope(self) -> Scope:
        """Whose changes, entries and reports."""
        return Scope(frozenset({self.team}) if self.team else self.teams, self.area)


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


def awareness(connection: Connection, asked: Asked) -> Figure:
    """How soon the changes of each month were read; of a team, by its members."""
    scope = Scope(frozenset({asked.team}) if asked.team else None, asked.area)
    found = figures.readings_by_month(connection, asked.span, scope)
    sizes = {month: each.people for month, each in found.items()}
    # Nor what is left once the others of the month, its other teams, or the other months are taken away.
    hidden = hidden_among(sizes) | {month for month, each in found.items() if 0 < each.others < SMALL}
    if asked.team:
        people = figures.people_by_month(connection, asked.span, asked.area)
        hidden |= {month for month in found if asked.team in hidden_among(people.get(month, {}))}
    months = [month for month in reversed(asked.span.months) if month in found]
    read = {month: None if month in hidden else found[month].reading for month in months}
    measure, chart = _soon_chart(read)
    return Figure(
        key="awareness",
        title="How soon people know",
        says="Of those who were told of a change, how many have said that they read it, and after how long half of "
        "these had, by the month in which it was published.",
        measure=measure,
        chart=chart,
        columns=("Month", "Have read it", "Half had after"),
        rows=tuple((_month(month), *_reading_words(each)) for month, each in read.items()),
        data_columns=("month", "told", "read", "percent", "median_hours"),
        data=tuple((f"{month:%Y-%m}", *_reading_data(each)) for month, each in read.items()),
        more=("/manage/acknowledgements", "Who has read which change"),
    )


def _soon_chart(read: Mapping[date, Reading | None]) -> tuple[str, Markup | None]:
    """What the bars are, and the drawing: in hours, or in days where it takes long."""
    soon = {
        month: each.after_publication for month, each in read.items() if each and each.after_publication is not None
    }
    unit, word = (_DAY, "Days") if max(soon.values(), default=0) > 3 * _DAY else (_HOUR, "Hours")
    bars = [(seconds / unit, _month(month)) for month, seconds in soon.items()]
    return f"{word} until half of those who read it had", _chart(bars)


def by_team(connection: Connection, asked: Asked) -> Figure:
    """Which teams have read the changes of these months; where the fewest have, first."""
    readings, people = figures.readings_by_team(connection, asked.span, asked.area)
    hidden = hidden_among(people)
    wanted = {asked.team} & people.keys() if asked.team else people.keys()
    names = team_names(connection, wanted, on=asked.today)
    read = {slug: None if slug in hidden else readings[slug] for slug in wanted}
    order = sorted(wanted, key=lambda slug: (_share(read[slug]), names[slug].casefold(), slug))
    bars = [(100 * _share(each), names[slug]) for slug in order if (each := read[slug]) is not None]
    return Figure(
        key="teams",
        title="Which teams know",
        says=f"Of the members of each team who were told of changes of {counted(MONTHS, 'month')}, how many read them.",
        measure="Have read it, of 100 who were told",
        chart=_chart(bars[:MOST_ROWS], upto=100),
        columns=("Team", "Have read it", "Half had after"),
        rows=tuple((names[slug], *_reading_words(read[slug])) for slug in order),
        data_columns=("team", "told", "read", "percent", "median_hours"),
        data=tuple((names[slug], *_reading_data(read[slug])) for slug in order),
        more=("/manage/acknowledgements", "Who has read which change"),
    )


def _share(reading: Reading | None) -> float:
    # What is not shown comes last, wherever its share would put it.
    return 2.0 if reading is None else reading.share or 0.0


def _reading_words(reading: Reading | None) -> tuple[str, str]:
    if reading is None:
        return "Not shown", "Not shown"
    soon = in_words(reading.after_publication) if reading.after_publication is not None else "Nobody yet"
    return f"{reading.read} of {reading.told} ({_percent(reading)}%)", soon


def _reading_data(reading: Reading | None) -> tuple[Cell, ...]:
    if reading is None:
        return ("", "", "", "")
    after = reading.after_publication
    return reading.told, reading.read, _percent(reading), "" if after is None else round(after / _HOUR, 1)


def _percent(reading: Reading) -> int:
    return round(100 * (reading.share or 0))


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
        chart=_chart([(many, _month(month)) for month, many, _ in months]),
        columns=("Month", "Changes", "Of these"),
        rows=tuple((_month(month), f"{many:,}", _kinds_words(of_kind)) for month, many, of_kind in months),
        data_columns=("month", "changes", *KINDS),
        data=tuple((f"{month:%Y-%m}", many, *(of.get(kind, 0) for kind in KINDS)) for month, many, of in months),
        more=more,
    )
    by_kind = Figure(
        key="kinds",
        title="What changed, by kind",
        says=f"The same changes over {counted(MONTHS, 'month')}. One of several kinds counts in each.",
        measure="Changes of each kind",
        chart=_chart([(kinds[kind], KIND_WORDS[kind]) for kind in most]),
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
        chart=_chart([(each.services, words) for words, each in ages]),
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
        chart=_chart([(many[0], _month(month)) for month, many in counts.items()]),
        columns=("Month", "Reports", "Fixed", "Nothing changed", "Answered", "Waiting"),
        rows=tuple((_month(month), *(f"{each:,}" for each in many)) for month, many in counts.items()),
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
        chart=_chart([(gap.times, gap.query) for gap in found[:MOST_ROWS]]),
        columns=("Question", "Times", "Last asked"),
        rows=tuple((gap.query, f"{gap.times:,}", full_date(_day(gap.last_at, asked))) for gap in found),
        data_columns=("question", "times", "first_asked", "last_asked"),
        data=tuple(
            (it.query, it.times, _day(it.first_at, asked).isoformat(), _day(it.last_at, asked).isoformat())
            for it in found
        ),
        more=("/manage/gaps", "Questions to deal with"),
    )


def _day(at: datetime, asked: Asked) -> date:
    return at.astimezone(asked.zone).date()


def _month(day: date) -> str:
    return f"{day:%B} {day.year}"


def _chart(bars: Sequence[tuple[float, str]], *, upto: int | None = None) -> Markup | None:
    if not any(value for value, _ in bars):
        return None
    return bar_chart(bars, upto=upto or scale_to(max(value for value, _ in bars)), named=SPOKEN)
