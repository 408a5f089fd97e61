"""Hours evaluated at an instant: through clock changes and bank holidays, and never by a guess."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.domain.opening import Opening, opening_in_words
from directory.exchange.bank_holidays import BankHolidays
from directory.exchange.opening_times import opening_at

LONDON = ZoneInfo("Europe/London")
ENGLAND = BankHolidays("england")
OFFICE = "Mo-Fr 09:00-17:00; PH off"


def local(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=LONDON, fold=fold)  # type: ignore[arg-type, misc]


def at(text: str, instant: datetime, holidays: BankHolidays = ENGLAND) -> Opening | None:
    return opening_at(text, instant, zone=LONDON, holidays=holidays)


def said(text: str, instant: datetime) -> str:
    found = at(text, instant)
    return opening_in_words(found, instant, LONDON) if found else ""


MONDAY, EVE, CHRISTMAS = local(2026, 11, 23, 10), local(2026, 12, 24, 20), local(2026, 12, 25, 10)


@pytest.mark.parametrize(
    ("text", "instant", "words"),
    [
        (OFFICE, MONDAY, "Open now until 5pm"),
        (OFFICE, local(2026, 11, 23, 17), "Closed now. Opens tomorrow 9am"),
        (OFFICE, local(2026, 11, 20, 17, 30), "Closed now. Opens Monday 9am"),
        (OFFICE, local(2026, 11, 23, 8, 59), "Closed now. Opens at 9am"),
        (OFFICE, EVE, "Closed now. Opens Tuesday 9am"),
        (OFFICE, CHRISTMAS, "Bank holiday: closed. Opens Tuesday 9am"),
        ("PH off; Mo-Fr 09:00-17:00", CHRISTMAS, "Bank holiday: closed. Opens Tuesday 9am"),
        ("Mo-Su 07:00-22:00; PH 08:00-20:00", CHRISTMAS, "Open now until 8pm"),
        ("Mo-Su 07:00-22:00; PH 11:00-20:00", CHRISTMAS, "Closed now. Opens at 11am"),
        ("Mo-Fr 00:00-08:00,18:30-24:00; Sa,Su,PH 00:00-24:00", EVE, "Open now until 8am Tuesday"),
        ("Mo-Su 08:00-24:00", MONDAY, "Open now until midnight"),
        ("Mo-Su 22:00-07:00", local(2026, 11, 23, 23), "Open now until 7am tomorrow"),
        ("24/7", CHRISTMAS, "Open now"),
        ("off", CHRISTMAS, "Bank holiday: closed"),
        ("Mo[1] 10:00-12:00; PH off", MONDAY, "Closed now. Opens 7 December 10am"),
        ("Mo-Fr 09:00-12:00, 13:00-17:00; We off; PH off", local(2026, 11, 24, 12, 30), "Closed now. Opens at 1pm"),
        ("Sa-Mo 10:00-16:00; PH off", MONDAY, "Open now until 4pm"),
        ("Apr-Sep Mo-Fr 09:00-17:00", MONDAY, "Closed now. Opens 1 April 9am"),
    ],
)
def test_open_and_closed_in_words(text: str, instant: datetime, words: str) -> None:
    assert said(text, instant) == words


@pytest.mark.parametrize(
    ("text", "instant", "words"),
    [
        ("Mo-Fr 09:00-17:00", CHRISTMAS, "Bank holiday: the hours do not say whether it is open. Call first"),
        ("Mo-Fr 09:00-17:00", EVE, "Closed now. Tomorrow is a bank holiday: the hours do not say whether it opens"),
        # No Saturday is named: Boxing Day on a Saturday is shut whatever the holiday.
        ("Mo-Fr 09:00-17:00", local(2026, 12, 26, 10),
         "Bank holiday: closed. Monday is a bank holiday: the hours do not say whether it opens"),
        ("Mo-Su 08:00-20:00", CHRISTMAS, "Open now until 8pm"),
        ("Th-Fr 00:00-24:00", EVE, "Open now"),
    ],
)  # fmt: skip
def test_a_bank_holiday_of_which_the_hours_say_nothing_is_not_guessed(text: str, instant: datetime, words: str) -> None:
    assert said(text, instant) == words


@pytest.mark.parametrize(
    "text",
    [
        "", "Ask the ward", "Mo-Fr 9am-5pm", "Mo-Fr 25:00-26:00", "x" * 600,
        'Mo-Fr 09:00-17:00; "by appointment"', '"by appointment"', "Mo-Fr 09:00-17:00 || unknown",
        "Mo-Fr 09:00+", "Mo-Fr 09:00-17:00; SH off", "Mo-Fr sunrise-sunset", "Mo-Fr 09:00-09:00",
        # Added or instead? A night that an exception cuts?
        "Mo-Fr 10:00-16:00; We 18:00-20:00", "Mo 09:00-12:00; Mo[1] 14:00-16:00",
        "Mo-Fr 18:30-08:00; Sa,Su,PH 00:00-24:00", "Mo-Su 22:00-07:00; PH off", "Apr-Sep PH off",
        "PH off; PH 10:00-12:00",
    ],
)  # fmt: skip
def test_hours_with_no_reading_or_two_say_nothing(text: str) -> None:
    assert at(text, MONDAY) is None


def test_instants_hold_through_clock_changes() -> None:
    night = "Mo-Su 22:00-07:00"
    spring, autumn = at(night, local(2026, 3, 29, 0, 30)), at(night, local(2026, 10, 25, 0, 30))
    assert spring
    assert spring.closes_at == datetime(2026, 3, 29, 6, tzinfo=UTC)
    assert autumn
    assert autumn.closes_at == datetime(2026, 10, 25, 7, tzinfo=UTC)
    # The same wall clock twice in one night: an instant decides, not the hour on the wall.
    late = at(night, local(2026, 10, 25, 1, 30, fold=1))
    assert late
    assert late.open
    assert late.closes_at == datetime(2026, 10, 25, 7, tzinfo=UTC)
    before = at("Mo-Su 09:00-17:00", datetime(2026, 3, 28, 18, tzinfo=UTC))
    assert before
    assert before.opens_at == datetime(2026, 3, 29, 8, tzinfo=UTC)


def test_each_nation_has_its_own_bank_holidays() -> None:
    second_of_january, st_patrick = local(2026, 1, 2, 10), local(2026, 3, 17, 10)
    opens = {
        nation: [at(OFFICE, instant, BankHolidays(nation)).open for instant in (second_of_january, st_patrick)]  # type: ignore[union-attr]
        for nation in ("england", "wales", "scotland", "northern-ireland")
    }
    assert opens == {
        "england": [True, True],
        "wales": [True, True],
        "scotland": [False, True],
        "northern-ireland": [True, False],
    }
    easter = (date(2026, 4, 3), date(2026, 4, 6))
    assert all(day in ENGLAND for day in easter)
    assert [day in BankHolidays("scotland") for day in easter] == [True, False]


DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
spans = st.lists(st.integers(0, 48), min_size=2, max_size=4, unique=True).map(
    lambda halves: list(zip(*[iter(sorted(halves))] * 2, strict=False))
)


@given(
    week=st.dictionaries(st.sampled_from(DAYS), spans, min_size=1),
    holiday=st.one_of(st.just("off"), spans),
    hour=st.integers(0, 24 * 500),
)
def test_plain_weeks_equal_a_naive_reading(
    week: dict[str, list[tuple[int, int]]], holiday: str | list[tuple[int, int]], hour: int
) -> None:
    text = "; ".join([*(f"{day} {_times(times)}" for day, times in week.items()), f"PH {_times(holiday)}"])
    instant = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour, minutes=7)
    found = at(text, instant)
    assert found is not None

    def is_open(when: datetime) -> bool:
        wall = when.astimezone(LONDON)
        today = holiday if wall.date() in ENGLAND else week.get(DAYS[wall.weekday()], [])
        minutes = wall.hour * 60 + wall.minute
        return not isinstance(today, str) and any(start * 30 <= minutes < end * 30 for start, end in today)

    assert found.open == is_open(instant)
    if found.changes_at:
        assert is_open(found.changes_at) != found.open
        assert is_open(found.changes_at - timedelta(minutes=1)) == found.open


def _times(given: str | list[tuple[int, int]]) -> str:
    if isinstance(given, str):
        return given
    return ",".join(f"{a // 2:02}:{a % 2 * 30:02}-{b // 2:02}:{b % 2 * 30:02}" for a, b in given)


@given(st.text(alphabet='MoTuWeFrSaPH0129:-,;[]/" off|+', max_size=40), st.times())
def test_no_hours_make_it_fail(text: str, hour: time) -> None:
    at(text, datetime.combine(date(2026, 12, 25), hour, tzinfo=LONDON))


def test_a_minute_is_worked_out_once_and_holds_to_its_last_moment() -> None:
    last = local(2026, 11, 23, 8, 59) + timedelta(seconds=59, microseconds=999_999)
    assert said(OFFICE, local(2026, 11, 23, 8, 59)) == said(OFFICE, last) == "Closed now. Opens at 9am"
    assert at(OFFICE, last) is at(OFFICE, local(2026, 11, 23, 8, 59, 30))
    assert said(OFFICE, last + timedelta(microseconds=1)) == "Open now until 5pm"
