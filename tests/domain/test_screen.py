"""Patient data is found, and telephone numbers are not taken for it. The numbers here are of the range for tests."""

from __future__ import annotations

import pytest

from directory.domain.screen import is_nhs_number, screen


@pytest.mark.parametrize("text", ["9990000018", "see 999 000 0018 please", "999-000-0018."])
def test_an_nhs_number_is_found_in_every_spacing(text: str) -> None:
    (found,) = screen(text)
    assert found.kind == "NHS number"
    assert text[found.start : found.end].replace(" ", "").replace("-", "") == "9990000018"


@pytest.mark.parametrize("text", ["9990000019", "0163296014", "01632 960145", "99900000189", "1111111111", "room 12"])
def test_other_numbers_are_not(text: str) -> None:
    assert screen(text) == ()


@pytest.mark.parametrize(
    "text", ["dob 3/4/1950", "D.O.B: 03-04-50", "born on 3rd April 1950", "date of birth 1950-04-03"]
)
def test_dates_of_birth_are_found(text: str) -> None:
    assert [found.kind for found in screen(text)] == ["date of birth"]


@pytest.mark.parametrize("text", ["from 3 April 2026", "opened 2026-04-03", "newborn hearing"])
def test_other_dates_are_not(text: str) -> None:
    assert screen(text) == ()


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Ref 12 34 999 000 0018.", "999 000 0018"),
        ("999  000  0018", "999  000  0018"),
        ("999\u2013000\u20130018", "999\u2013000\u20130018"),
        ("999.000.0018", "999.000.0018"),
        ("999\u00a0000\u00a00018", "999\u00a0000\u00a00018"),
        ("999 000\n0018", "999 000\n0018"),
        ("two: 9990000018", "9990000018"),
    ],
)
def test_numbers_are_found_however_they_are_written(text: str, quoted: str) -> None:
    assert [text[found.start : found.end] for found in screen(text)] == [quoted]


@pytest.mark.parametrize(
    "text",
    [
        "DOB - 3.4.50", "date-of-birth: 3 / 4 / 1950", "born 3rd of April 1950", "Born on April 3, 1950",
        "dob=03/04/50", "D O B 3-Apr-1950", "birthday 3/4/1950", "date of birth is 3 April 1950", "DOB 1950/04/03",
    ],
)  # fmt: skip
def test_dates_of_birth_are_found_however_they_are_written(text: str) -> None:
    assert [found.kind for found in screen(text)] == ["date of birth"]


@pytest.mark.parametrize("text", ["born in 3 maternity units", "Ring 01632 960146 or 01632 960511", "2026-11-22 12:00"])
def test_other_words_are_not(text: str) -> None:
    assert screen(text) == ()


def test_check_digits() -> None:
    valid = [number for number in range(9990000000, 9990000100) if is_nhs_number(str(number))]
    # One in eleven has no check digit at all, and of the others one in ten fits.
    assert len(valid) in (9, 10)
