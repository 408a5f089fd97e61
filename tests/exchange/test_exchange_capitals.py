from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.exchange.capitals import readable


@pytest.mark.parametrize(
    "name",
    [
        "Barts Health NHS Trust",
        "The Christie NHS Foundation Trust",
        "Guy's and St Thomas' NHS Foundation Trust",
        "Alder Hey Children's NHS Foundation Trust",
        "Liverpool Women's NHS Foundation Trust",
        "The Newcastle upon Tyne Hospitals NHS Foundation Trust",
        "Great Ormond Street Hospital for Children NHS Foundation Trust",
        "The Queen Elizabeth Hospital, King's Lynn, NHS Foundation Trust",
        "Tees, Esk and Wear Valleys NHS Foundation Trust",
        "Royal Brompton & Harefield NHS Foundation Trust",
        "5 Boroughs Partnership NHS Foundation Trust",
        "2gether NHS Foundation Trust",
        "Northmoor Community Care CIC",
        "O'Neill and McDonald Ltd",
        "Macmillan Unit",
        "King’s College Hospital",
        "225 Old Street, Ashton-under-Lyne",
        "Stoke-on-Trent",
        "7th Floor, Block B2, Unit 1A",
        "729 The Ridge, St. Leonards-on-Sea",
        "Unit D, The Oast",
        "Trust HQ, PO Box 9551",
        "A&E Department",
    ],
)
def test_a_name_in_capitals_is_made_readable(name: str) -> None:
    assert readable(name.upper()) == name


@pytest.mark.parametrize("name", ["NHS England and NHS Improvement", "iCaSH Norfolk", "", "24/7", "-"])
def test_what_is_not_wholly_in_capitals_stays_as_it_is(name: str) -> None:
    assert readable(name) == name


@given(st.text(alphabet="ABCDEFGHSTéÉ'’-&/., 0123456789()", max_size=40))
def test_only_the_case_of_letters_changes_and_only_once(name: str) -> None:
    once = readable(name)
    assert once.upper() == name.upper()
    assert readable(once).upper() == once.upper()
