"""Questions that could say who somebody is are told from those that only name services."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.domain.personal import could_be_personal, has_number, names_somebody

FIELD = {"nurse", "specialist", "clinic", "appointments", "referral", "green"}


@pytest.mark.parametrize(
    "text",
    [
        "Mrs Patel wound care",
        "mrs patel leg ulcer",
        "oxygen for mr j smith",
        "Mr. J. R. Smith",
        "Prof O'Neill",
        "dr kowalska referral",
        "Ms Green catheter",
        "Miss Brown, hospice",
        "rev jones visits",
        "ann.patel@home.example district nurse",
        "ring 07700 900123 about wound",
        "call +44 (0)1632 960-145",
        "hospital number 1234567",
        "999 000 0018 legs",
        "dob 3/4/1950 legs",
        "born 3 april 1950 legs",
    ],
)
def test_what_could_say_who_somebody_is(text: str) -> None:
    assert could_be_personal(text, known=FIELD.__contains__)


@pytest.mark.parametrize(
    "text",
    [
        "MS nurse",
        "ms nurse",
        "ms specialist nurse eastmarsh",
        "dr referral",
        "mr and mrs",
        "is there a dr for this",
        "miss appointments",
        "leg ulcer",
        "aged 75 falls in nm12 3ab",
        "0800",
        "24/7 crisis line",
        "covid 19 2026",
        "drink problem",
        "mistake with referral",
    ],
)
def test_words_of_the_field_are_none(text: str) -> None:
    assert not could_be_personal(text, known=FIELD.__contains__)


def test_as_written_a_name_is_told_from_a_known_word() -> None:
    assert names_somebody("Ms Green", known=FIELD.__contains__)
    assert not names_somebody("ms green", known=FIELD.__contains__)
    assert names_somebody("ms green")


@given(st.text(), st.from_regex(r"0[0-9]{10}", fullmatch=True), st.text())
def test_a_telephone_number_is_found_wherever_it_stands(before: str, number: str, after: str) -> None:
    assert has_number(f"{before} {number} {after}")


@given(st.text(max_size=2_000))
def test_any_text_gets_an_answer(text: str) -> None:
    assert could_be_personal(text) in (True, False)
