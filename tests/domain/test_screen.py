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


def test_check_digits() -> None:
    valid = [number for number in range(9990000000, 9990000100) if is_nhs_number(str(number))]
    # One in eleven has no check digit at all, and of the others one in ten fits.
    assert len(valid) in (9, 10)
