from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.errors import Invalid
from directory.exchange.findings import Findings
from directory.exchange.tabular import compact_date, decode, even, number, records, rows_of


@pytest.mark.parametrize(
    "data",
    ["Café – “ward”".encode(), "Café – “ward”".encode("utf-8-sig"), "Café – “ward”".encode("cp1252")],
    ids=["utf-8", "utf-8 with a byte order mark", "windows-1252"],
)
def test_text_is_read_in_the_encodings_that_people_send(data: bytes) -> None:
    assert decode(data) == "Café – “ward”"


@pytest.mark.parametrize("data", ["name".encode("utf-16"), b"a\x00b", b"\x81\x8d"])
def test_what_is_not_text_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match="CSV UTF-8"):
        decode(data)


def test_a_row_is_numbered_by_the_line_on_which_it_begins() -> None:
    rows = rows_of('a,b\r\n"two\r\nlines",1\r\n\r\n,\r\nlast,2', Findings())
    assert [(row.number, row.cells) for row in rows] == [
        (1, ("a", "b")),
        (2, ("two\nlines", "1")),
        (6, ("last", "2")),
    ]


def test_quotation_marks_that_do_not_pair_are_a_problem_of_the_row_where_they_begin() -> None:
    findings = Findings()
    rows = rows_of('a,b\n"x"y,1\nfine,2\n"open,3\nswallowed,4\n', findings)
    assert [row.number for row in rows] == [1, 3]
    assert [problem.row for problem in findings.problems] == [2, 4]
    assert "quotation marks" in findings.problems[0].reason


def test_cells_lose_white_space_at_their_ends_and_control_characters_but_not_line_breaks() -> None:
    assert rows_of('"\u00a0a\x07 ","b\nc"', Findings())[0].cells == ("a", "b\nc")


def test_a_row_of_another_width_than_the_header_is_a_problem_that_says_what_to_do() -> None:
    findings = Findings()
    rows = rows_of("a,b\n1,2,3\n1\n1,NULL\n", findings)
    assert list(records(rows[1:], rows[0].cells, findings)) == [(4, {"a": "1", "b": ""})]
    assert [problem.row for problem in findings.problems] == [2, 3]
    assert "3 cells where the header has 2; put quotation marks" in findings.problems[0].reason


def test_without_a_header_rows_are_held_to_the_width_of_most() -> None:
    findings = Findings()
    assert [row.number for row in even(rows_of("a,b\nc,d\ne\n", findings), 2, findings)] == [1, 2]
    assert [problem.row for problem in findings.problems] == [3]


@pytest.mark.parametrize(
    ("text", "value"),
    [("-0.41", -0.41), ("-5.6E-2", -0.056), ("51", 51.0), ("nan", None), ("inf", None), ("1,5", None), ("1e999", None)],
)
def test_a_number_is_decimal_and_finite(text: str, value: float | None) -> None:
    assert number(text) == value


@given(st.dates())
def test_a_date_is_read_with_or_without_hyphens(day: date) -> None:
    assert compact_date(day.isoformat()) == compact_date(day.isoformat().replace("-", "")) == day


@pytest.mark.parametrize("text", ["20230230", "2023-1-1", "1 May 2023", "2023W011", "", "٢٠٢٣٠١٠١"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert compact_date(text) is None
