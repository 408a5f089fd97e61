"""What a figure of the dashboard is, and what it is asked for: a drawing, a table and a file that say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from directory.domain.span import Span
from directory.store.figures import Scope
from directory.web.views.charts import bar_chart, scale_to

MONTHS = 12
# More would be no drawing, and no page; the file has them all.
MOST_ROWS = 20
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


def day_of(at: datetime, asked: Asked) -> date:
    """The day of an instant where the directory is."""
    return at.astimezone(asked.zone).date()


def month_words(day: date) -> str:
    """A month as a person says it."""
    return f"{day:%B} {day.year}"


def chart(bars: Sequence[tuple[float, str]], *, upto: int | None = None) -> Markup | None:
    """Bars with what each is called, on a scale of their own or `upto` so many; nothing where all are empty."""
    if not any(value for value, _ in bars):
        return None
    return bar_chart(bars, upto=upto or scale_to(max(value for value, _ in bars)), named=SPOKEN)
