"""What may be shown of who has read a change, and by when an urgent one is to be read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.domain.awareness import SMALL, Reading, TeamReading, due_at, in_words, seconds_after, shown

LONDON = ZoneInfo("Europe/London")
readings = st.integers(1, 40).flatmap(lambda told: st.builds(Reading, st.just(told), st.integers(0, told)))


@given(st.lists(readings, max_size=6))
def test_nothing_is_shown_of_fewer_than_five_nor_can_it_be_worked_out(each: list[Reading]) -> None:
    """Whoever knows the total, and every figure that is shown, learns nothing of a group of fewer than five people."""
    teams = [TeamReading(f"team-{index}", reading) for index, reading in enumerate(each)]
    overall = Reading(sum(it.told for it in each), sum(it.read for it in each))
    whole, seen = shown(overall, teams)
    assert [team.team for team in seen] == [team.team for team in teams]
    assert all(team.reading is None or team.reading.told >= SMALL for team in seen)
    hidden = [reading for reading, team in zip(each, seen, strict=True) if team.reading is None]
    beyond = sum(it.told for it in hidden)
    assert whole is None or not hidden or beyond >= SMALL
    assert (whole is None) == (overall.told < SMALL)


def test_the_largest_teams_are_shown() -> None:
    teams = [TeamReading("a", Reading(30, 10)), TeamReading("b", Reading(3, 3)), TeamReading("c", Reading(8, 1))]
    _, seen = shown(Reading(41, 14), teams)
    assert [team.team for team in seen if team.reading] == ["a"]


@pytest.mark.parametrize(
    ("published", "last"),
    [
        (datetime(2026, 11, 23, 9, tzinfo=UTC), date(2026, 11, 25)),
        # Thursday: Friday and Monday.
        (datetime(2026, 11, 19, 9, tzinfo=UTC), date(2026, 11, 23)),
        # Over Christmas of 2026, whose Boxing Day is kept on the Monday.
        (datetime(2026, 12, 24, 9, tzinfo=UTC), date(2026, 12, 30)),
    ],
)
def test_an_urgent_change_is_to_be_read_within_two_working_days(published: datetime, last: date) -> None:
    holidays = {date(2026, 12, 25), date(2026, 12, 26), date(2026, 12, 28)}
    due = due_at(published, LONDON, holidays)
    assert due.date() == last
    assert due.tzinfo is LONDON


def test_times_are_counted_from_publication_and_from_the_start_of_the_day() -> None:
    published = datetime(2026, 10, 24, 12, tzinfo=UTC)
    # The clocks go back in the night before.
    at = datetime(2026, 10, 25, 12, tzinfo=UTC)
    assert seconds_after(at, published, date(2026, 10, 25), LONDON) == (24 * 3600, 13 * 3600)
    assert seconds_after(at, published, date(2026, 10, 27), LONDON)[1] < 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(40, "less than an hour"), (-5_400, "1 hour"), (7_300, "2 hours"), (200_000, "2 days")],
)
def test_lengths_of_time_in_words(seconds: int, words: str) -> None:
    assert in_words(seconds) == words
