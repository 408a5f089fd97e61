"""Digest slots tile the year: every local day has one, and no stretch of time misses or repeats any."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.domain.digest import MADE_UP_WITHIN, DigestSchedule

LONDON = ZoneInfo("Europe/London")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
instants = st.integers(0, 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
schedules = st.builds(DigestSchedule, st.just(LONDON), st.times(), st.integers(0, 6))


@given(schedules, instants, st.lists(st.timedeltas(timedelta(0), timedelta(days=2)), min_size=1, max_size=3))
def test_stretches_that_touch_hold_each_slot_once(
    schedule: DigestSchedule, start: datetime, lengths: list[timedelta]
) -> None:
    ends = [start]
    for length in lengths:
        ends.append(ends[-1] + length)
    in_pieces = [slot for after, until in itertools.pairwise(ends) for slot in schedule.between(after, until)]
    assert in_pieces == schedule.between(start, ends[-1])
    assert len({slot.at for slot in in_pieces}) == len(in_pieces)


@given(schedules)
def test_a_year_has_one_slot_for_each_day_and_one_weekly_for_each_week(schedule: DigestSchedule) -> None:
    days = [date(2026, 1, 1) + timedelta(number) for number in range(365)]
    slots = [schedule.slot_on(day) for day in days]
    assert [slot.at.astimezone(LONDON).date() for slot in slots] == days
    assert all(before.at < after.at for before, after in itertools.pairwise(slots))
    weekly = [day for day, slot in zip(days, slots, strict=True) if "weekly" in slot.frequencies]
    assert {day.weekday() for day in weekly} == {schedule.weekday}
    assert all(after - before == timedelta(7) for before, after in itertools.pairwise(weekly))


@given(schedules, instants)
def test_the_latest_slot_is_the_last_that_has_come(schedule: DigestSchedule, now: datetime) -> None:
    latest = schedule.latest(now)
    assert latest.at <= now
    assert schedule.between(latest.at, now) == []
    assert latest in schedule.between(now - timedelta(days=2), now)


@pytest.mark.parametrize(
    ("at", "day", "utc"),
    [
        (time(7), SPRING - timedelta(1), "07:00"),
        (time(7), SPRING, "06:00"),
        (time(7), AUTUMN, "07:00"),
        # Skipped by the clocks: 01:30 becomes 02:30 British Summer Time.
        (time(1, 30), SPRING, "01:30"),
        # Comes twice: the first of the two.
        (time(1, 30), AUTUMN, "00:30"),
    ],
)
def test_the_days_on_which_the_clocks_change(at: time, day: date, utc: str) -> None:
    assert f"{DigestSchedule(LONDON, at).slot_on(day).at:%H:%M}" == utc


def test_after_a_long_stop_only_the_last_week_is_made_up() -> None:
    schedule, now = DigestSchedule(LONDON), datetime(2026, 11, 22, 12, tzinfo=UTC)
    found = schedule.between(now - timedelta(days=400), now)
    assert len(found) == 7
    assert found == schedule.between(now - MADE_UP_WITHIN, now)
