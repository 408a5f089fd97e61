"""The months by which figures are counted, and which groups of people may be shown beside their total."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from directory.domain.awareness import SMALL, hidden_among
from directory.domain.span import Span

LONDON = ZoneInfo("Europe/London")
days = st.dates(date(2001, 1, 1), date(2099, 12, 31))
instants = st.integers(946_684_800, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(days, st.integers(1, 36))
def test_months_follow_one_another_up_to_the_present_one(today: date, count: int) -> None:
    months = Span.ending(today, count, LONDON).months
    assert len(months) == count
    assert months[-1] == today.replace(day=1)
    for before, after in pairwise(months):
        assert (after.year * 12 + after.month) - (before.year * 12 + before.month) == 1


@given(instants, days, st.integers(1, 24))
def test_an_instant_lies_in_the_month_that_the_clock_on_the_wall_shows(at: datetime, today: date, count: int) -> None:
    span = Span.ending(today, count, LONDON)
    shown = at.astimezone(LONDON).date().replace(day=1)
    if shown < span.months[0]:
        assert span.month_of(at) is None
        assert at < span.since
    else:
        assert span.month_of(at) == min(shown, span.months[-1])


@given(st.dictionaries(st.text(max_size=3), st.integers(1, 40), max_size=8))
def test_what_is_hidden_cannot_be_worked_out_from_the_total(sizes: dict[str, int]) -> None:
    hidden = hidden_among(sizes)
    assert all(key in hidden for key, people in sizes.items() if people < SMALL)
    beyond = sum(sizes[key] for key in hidden)
    assert not hidden or beyond >= SMALL or hidden == sizes.keys()
    # And no more than that needs.
    assert len([key for key in hidden if sizes[key] >= SMALL]) <= 1
