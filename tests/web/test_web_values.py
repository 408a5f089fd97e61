"""The small functions behind the pages: hours, what can be pressed, differences by word, and what was typed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.domain.hours import hours_in_words
from directory.domain.service import Area
from directory.errors import Invalid
from directory.web import words
from directory.web.difference import difference
from directory.web.parameters import day_of, number_of
from directory.web.press import mail, press, telephone, website


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Mo-Fr 09:00-17:00; PH off", "Monday to Friday, 9am to 5pm. Closed on bank holidays"),
        ("24/7", "24 hours a day, 7 days a week"),
        ("Mo-Su 00:00-24:00", "24 hours a day, 7 days a week"),
        ("Mo-Su 22:00-07:00", "Every day, 10pm to 7am"),
        ("Mo,We 09:00-16:30; Fr 09:00-12:30", "Monday and Wednesday, 9am to 4:30pm. Friday, 9am to 12:30pm"),
        ("Mo-Fr 18:30-08:00; Sa,Su,PH 00:00-24:00",
         "Monday to Friday, 6:30pm to 8am. Saturday, Sunday and bank holidays, 24 hours"),
        ("Mo-Fr 08:00-12:00,13:00-17:00", "Monday to Friday, 8am to midday and 1pm to 5pm"),
        ("Mo[1] 10:00-12:00", "The first Monday of the month, 10am to midday"),
        ("Su off", "Closed on Sundays"),
        ('Mo-Fr 09:00-17:00; "ring first; no walk-ins"', "Monday to Friday, 9am to 5pm. ring first; no walk-ins"),
        ("PH 08:00-20:00", "Bank holidays, 8am to 8pm"),
        ("09:00-17:00", "Every day, 9am to 5pm"),
    ],
)  # fmt: skip
def test_hours_are_said_in_words(text: str, said: str) -> None:
    assert hours_in_words(text) == said


@pytest.mark.parametrize(
    "text", ["", "Ask the ward", "Apr-Sep Mo-Fr 09:00-17:00", "Mo-Fr 25:00-26:00", "Mo-Fr 9-5", "Xx"]
)
def test_hours_that_are_not_understood_stay_as_they_are(text: str) -> None:
    assert hours_in_words(text) == text


@given(st.text(alphabet='MoTuWeFrSaPH0129:-,;[]/" off', max_size=40))
def test_no_hours_make_it_fail(text: str) -> None:
    assert isinstance(hours_in_words(text), str)


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("01632 960145", "tel:01632960145"),
        ("+44 (0)1632 960145", "tel:+441632960145"),
        ("01632 960145 ext 12", "tel:01632960145;ext=12"),
        ("01632 960145 or 01632 960146", "tel:01632960145"),
        ("999", "tel:999"),
        ("ask the switchboard", ""),
    ],
)
def test_a_number_can_be_pressed(text: str, href: str) -> None:
    assert telephone(text).href == href
    assert telephone(text).text == text


def test_only_sound_addresses_can_be_followed() -> None:
    assert mail("a.b@nhs.example").href == "mailto:a.b@nhs.example"
    assert mail("a@b.example?cc=x@y.example").href == ""
    assert website("www.trust.example").href == "https://www.trust.example"
    assert website("javascript:alert(1)").href == ""
    assert website("data:text/html,x").href == ""
    assert press("self", "0808 157 0517").href == "tel:08081570517"
    assert press("electronic", "e-RS").href == ""
    assert press("letter", "1 High Street").href == ""


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_difference_tells_both_texts(before: str, after: str) -> None:
    pieces = difference(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == after


def test_a_difference_is_by_word_and_a_run_stays_a_run() -> None:
    pieces = difference("Send to the ward desk today", "Send to a new place today")
    assert [(piece.kind, piece.text.strip()) for piece in pieces] == [
        ("same", "Send to"),
        ("removed", "the ward desk"),
        ("added", "a new place"),
        ("same", "today"),
    ]
    assert len(difference("a " * 5_000, "b " * 5_000)) == 2


def test_days_are_read_as_people_write_them() -> None:
    assert day_of("2026-12-01", where="d") == day_of("1/12/2026", where="d") == date(2026, 12, 1)
    for wrong in ("2026-13-01", "31/2/2026", "0001-01-01", "tomorrow", "2026-W01-1", "٢٠٢٦-١٢-٠١x"):
        with pytest.raises(Invalid, match="not a date"):
            day_of(wrong, where="d")


def test_numbers_are_those_that_the_store_can_hold() -> None:
    assert number_of("12") == 12
    assert [number_of(text) for text in ("", "-1", "x", "99999999999", "2147483648", "٣")] == [None] * 6


def test_words() -> None:
    assert words.full_date(date(2026, 12, 1)) == "1 December 2026"
    assert words.moment(datetime(2026, 11, 22, 20, 40, tzinfo=UTC)) == "22 November 2026, 8:40pm"
    assert words.moment(datetime(2026, 11, 22, 0, 0, tzinfo=UTC)) == "22 November 2026, 12am"
    assert words.counted(1115, "service") == "1,115 services"
    assert words.ages_in_words(0, 17) == "Aged 17 and under"
    assert words.ages_in_words(18, None) == "Aged 18 and over"
    assert words.areas_in_words((Area("A", basis="registered"), Area("B", basis="registered"), Area("C"))) == (
        "People registered with a GP in A or B",
        "People who live in C",
    )
