"""Figures of reading: how soon the changes of each month were read, and which teams have read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from markupsafe import Markup
from sqlalchemy import Connection

from directory.domain.awareness import SMALL, Reading, hidden_among, in_words
from directory.store import figures
from directory.store.figures import Scope
from directory.web.views.figure import MONTHS, MOST_ROWS, Asked, Cell, Figure, chart, month_words
from directory.web.views.names import team_names
from directory.web.words import counted

_DAY, _HOUR = 86_400, 3_600


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
    measure, drawn = _soon_chart(read)
    return Figure(
        key="awareness",
        title="How soon people know",
        says="Of those who were told of a change, how many have said that they read it, and after how long half of "
        "these had, by the month in which it was published.",
        measure=measure,
        chart=drawn,
        columns=("Month", "Have read it", "Half had after"),
        rows=tuple((month_words(month), *_reading_words(each)) for month, each in read.items()),
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
    bars = [(seconds / unit, month_words(month)) for month, seconds in soon.items()]
    return f"{word} until half of those who read it had", chart(bars)


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
        chart=chart(bars[:MOST_ROWS], upto=100),
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
