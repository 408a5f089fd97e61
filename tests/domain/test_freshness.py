"""Months as people count them, working days, and who is asked when something waits."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.domain.asking import Level, those_to_ask
from directory.domain.freshness import due_on, is_overdue, months_before, months_since, overdue_in_words
from directory.domain.report import REF_LETTERS, ref_in_groups, ref_of
from directory.domain.working_days import is_working_day, working_days_after

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))
LONDON = ZoneInfo("Europe/London")
CHRISTMAS = frozenset({date(2026, 12, 25), date(2026, 12, 28)})


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 11, 22), 6, date(2026, 5, 22)),
        (date(2026, 8, 31), 6, date(2026, 2, 28)),
        (date(2028, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 12, 31), 12, date(2025, 12, 31)),
    ],
)
def test_months_before(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before


@given(DAYS, st.integers(0, 60))
def test_months_before_is_in_that_month(day: date, months: int) -> None:
    before = months_before(day, months)
    assert (before.year * 12 + before.month) == day.year * 12 + day.month - months
    assert before.day <= day.day


@given(DAYS, st.integers(0, 3000), st.integers(1, 60))
def test_overdue_is_so_many_whole_months(since: date, days: int, every: int) -> None:
    today = since + timedelta(days=days)
    assert is_overdue(since, today, every=every) == (months_since(since, today) >= every)


@given(DAYS, st.integers(0, 3000), st.integers(1, 60))
def test_what_is_overdue_stays_so(since: date, days: int, every: int) -> None:
    today = since + timedelta(days=days)
    if is_overdue(since, today, every=every):
        assert is_overdue(since, today + timedelta(days=1), every=every)


@pytest.mark.parametrize(
    ("since", "words"),
    [
        (date(2025, 9, 22), "Not checked for 14 months"),
        (date(2025, 9, 23), "Not checked for 13 months"),
        (date(2024, 11, 22), "Not checked for 2 years"),
        (date(2026, 10, 22), "Not checked for a month"),
    ],
)
def test_how_long_in_words(since: date, words: str) -> None:
    assert overdue_in_words(since, date(2026, 11, 22)) == words


@pytest.mark.parametrize(
    ("day", "days", "then"),
    [
        (date(2026, 11, 23), 5, date(2026, 11, 30)),
        (date(2026, 11, 21), 5, date(2026, 11, 27)),
        (date(2026, 12, 24), 1, date(2026, 12, 29)),
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
    ],
)
def test_working_days(day: date, days: int, then: date) -> None:
    at = datetime.combine(day, time(10), tzinfo=LONDON)
    assert working_days_after(at, days, CHRISTMAS) == datetime.combine(then, time(10), tzinfo=LONDON)


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.times(), st.integers(1, 30))
def test_as_many_working_days_lie_between(day: date, at_time: time, days: int) -> None:
    at = datetime.combine(day, at_time, tzinfo=LONDON)
    then = working_days_after(at, days, CHRISTMAS)
    between = [at.date() + timedelta(days=ahead) for ahead in range(1, (then.date() - at.date()).days + 1)]
    assert sum(is_working_day(day, CHRISTMAS) for day in between) == days
    assert is_working_day(then.date(), CHRISTMAS)
    assert then.time() == at.time()


PEOPLE = st.dictionaries(st.sampled_from([Level.LEADS, Level.ADMINISTRATORS, Level.EDITORS]), st.lists(st.integers()))


@given(st.sampled_from(Level), PEOPLE)
def test_somebody_is_asked_wherever_there_is_anybody(level: Level, people: dict[Level, list[int]]) -> None:
    found, who = those_to_ask(level, people)
    assert found >= level
    assert bool(who) == any(people.get(each) for each in Level if each >= level)
    skipped = [each for each in Level if level <= each < found]
    assert not any(people.get(each) for each in skipped)


@given(st.text(REF_LETTERS, min_size=12, max_size=12))
def test_a_reference_is_read_however_it_is_typed(letters: str) -> None:
    ref = ref_in_groups(letters)
    assert ref_of(ref) == ref_of(letters.upper()) == ref_of(f" {letters[:4]} {letters[4:]} ") == ref
    assert ref_of(ref.replace("1", "l").replace("0", "O")) == ref


@pytest.mark.parametrize("typed", ["", "x", "1a2b3c4d", "../../etc"])
def test_what_is_no_new_reference_stays_as_it_is(typed: str) -> None:
    assert ref_of(typed) == typed


@given(DAYS, st.integers(1, 60), st.integers(-3, 3))
def test_it_is_due_from_the_first_day_on_which_it_is_overdue(since: date, every: int, beside: int) -> None:
    due = due_on(since, every=every)
    day = due + timedelta(days=beside)
    assert is_overdue(since, day, every=every) is (day >= due)
