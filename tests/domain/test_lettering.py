"""Names that deceive the eye are told from those that people have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.domain.lettering import strange


@pytest.mark.parametrize(
    "name",
    [
        "Leg ulcer clinic",
        "Gwasanaeth Nyrsio Ardal Môn",
        "Łódź Street surgery",
        "β-blocker review",
        "Müller’s 24/7 – A&E",
        "",
    ],
)
def test_names_that_people_have(name: str) -> None:
    assert strange(name) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Leg ulcer\u200b clinic", "U+200B"),
        ("cinilc\u202e reclu", "U+202E"),
        ("Leg\u00ad ulcer", "U+00AD"),
        ("Leg\x00ulcer", "U+0000"),
        ("Leg\nulcer", "U+000A"),
        ("\ufeffLeg", "U+FEFF"),
        ("L\u0435g ulcer", "Cyrillic and Latin letters in one word"),
        ("Leg ulc\u03b5r", "Greek and Latin letters in one word"),
    ],
)
def test_names_that_deceive(name: str, said: str) -> None:
    assert said in str(strange(name))


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "Zs")), max_size=30))
def test_no_plain_name_is_refused(name: str) -> None:
    assert strange(name) is None


@given(st.text(max_size=30), st.sampled_from("\u200b\u202e\u2066\u00ad\ufeff\x07"), st.text(max_size=30))
def test_what_nobody_sees_is_found_wherever_it_stands(before: str, unseen: str, after: str) -> None:
    assert strange(before + unseen + after)
