"""The part of a split that a question means, and the one question where it does not say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.domain.parting import Known, age_said, asking, fitting, narrowed, undecided
from directory.domain.succession import Part, Succession, by_predecessor, handlers

DAY = date(2026, 1, 1)
ADULTS, CHILDREN = Part("Adults", age_min=18), Part("Children", age_max=17)
EAST, WEST = Part(areas=("Eastmarsh", "North Gate")), Part(areas=("Westhallow", "Southfen"))
FEET, REST = Part(needs=("Diabetic foot ulcers",)), Part("All else")
words = st.lists(st.sampled_from(["Eastmarsh", "child", "aged", "7", "years", "foot", "or"]), max_size=6).map(" ".join)
parts = st.lists(
    st.builds(
        Part,
        st.just(""),
        st.lists(st.sampled_from(["foot", "leg"]), max_size=2).map(tuple),
        st.lists(st.sampled_from(["Eastmarsh", "Southfen"]), max_size=2).map(tuple),
        st.none() | st.integers(0, 60),
        st.none() | st.integers(60, 120),
    ),
    max_size=4,
)


@pytest.mark.parametrize(
    ("asked", "group", "sides", "meant"),
    [
        ("dietetics", None, (ADULTS, CHILDREN), (0, 1)),
        ("dietetics paediatric", "child", (ADULTS, CHILDREN), (1,)),
        ("dietetics 17 yrs", None, (ADULTS, CHILDREN), (1,)),
        ("dietetics 18-year-old", None, (ADULTS, CHILDREN), (0,)),
        ("dietetics aged 30 weeks old", None, (ADULTS, CHILDREN), (1,)),
        ("dietetics child aged 18", "child", (ADULTS, CHILDREN), (0,)),
        ("nursing 5 to 19 years", None, (ADULTS, CHILDREN), (0, 1)),
        ("dietetics aged 900", None, (ADULTS, CHILDREN), (0, 1)),
        ("blood tests southfen", None, (EAST, WEST), (1,)),
        ("blood tests north gate", None, (EAST, WEST), (0,)),
        ("blood tests north", None, (EAST, WEST), (0, 1)),
        ("blood tests Elsewhere", None, (EAST, WEST), (0, 1)),
        ("southfen or eastmarsh", None, (EAST, WEST), (0, 1)),
        ("a diabetic foot ulcer", None, (FEET, REST), (0,)),
        ("an ulcer", None, (FEET, REST), (0, 1)),
    ],
)
def test_a_question_means_the_part_that_fits(
    asked: str, group: str | None, sides: tuple[Part, ...], meant: tuple[int, ...]
) -> None:
    assert fitting(sides, Known.of(asked, age_group=group)) == meant


@given(parts, words, st.sampled_from([None, "child", "adult"]))
def test_some_part_always_fits(sides: list[Part], text: str, group: str | None) -> None:
    meant = fitting(sides, Known.of(text, age_group=group))
    assert bool(meant) == bool(sides)
    assert set(meant) <= set(range(len(sides)))


@given(parts, words)
def test_a_question_back_offers_answers_that_differ_and_never_one(sides: list[Part], text: str) -> None:
    asked = asking(text, [(str(at), part) for at, part in enumerate(sides)])
    if asked:
        assert len(asked.choices) == len(set(asked.choices)) > 1


def test_only_splits_in_force_are_narrowed() -> None:
    links = by_predecessor(
        [
            Succession("old", "adults", "split", DAY, ADULTS),
            Succession("old", "children", "split", DAY, CHILDREN),
            Succession("children", "young", "renamed", DAY),
        ]
    )
    child = Known.of(age_group="child")
    assert handlers("old", DAY, narrowed(links, child, DAY)).ids == ("young",)
    assert narrowed(links, child, DAY - timedelta(1)) == links
    assert [link.successor for link in undecided(handlers("old", DAY, links).path)] == ["adults", "children"]
    assert undecided(handlers("old", DAY, narrowed(links, child, DAY)).path) == ()


@pytest.mark.parametrize(
    ("sides", "question", "first"),
    [
        ((ADULTS, CHILDREN), "For adults or children?", ("Adults", "diet adult")),
        ((Part(age_min=65), Part(age_max=64)), "How old is the person?", ("Under 65", "diet aged 0")),
        ((EAST, WEST), "Which area: Eastmarsh, North Gate, Westhallow or Southfen?", ("Eastmarsh", "diet Eastmarsh")),
        ((FEET, Part(needs=("leg ulcer",))), "Which need: Diabetic foot ulcers or leg ulcer?",
         ("Diabetic foot ulcers", "diet Diabetic foot ulcers")),
        ((Part("Inpatients"), Part("Everyone else")), "Which of these is it?", ("Inpatients", "Service 0")),
    ],
)  # fmt: skip
def test_the_question_is_derived_from_the_parts(sides: tuple[Part, ...], question: str, first: tuple[str, str]) -> None:
    asked = asking("diet", [(f"Service {at}", part) for at, part in enumerate(sides)])
    assert asked is not None
    assert (asked.text, asked.choices[0]) == (question, first)


@pytest.mark.parametrize("sides", [(), (ADULTS,), (FEET, REST), (Part(), Part())])
def test_nothing_is_asked_where_nothing_tells_the_parts_apart(sides: tuple[Part, ...]) -> None:
    assert asking("diet", [("", part) for part in sides]) is None


@pytest.mark.parametrize(
    ("typed", "said", "ages"),
    [
        ("diet for a 5 year old", "5 year old", (5, 5)),
        ("aged 40 diet", "aged 40", (40, 40)),
        ("falls 84yo man", "84yo", (84, 84)),
        ("rash, 14 months", "14 months", (1, 1)),
        ("child aged 18 months", "aged 18 months", (1, 1)),
        ("3 weeks old", "3 weeks old", (0, 0)),
        ("diet", None, None),
        ("nursing 5-19 years", None, None),
        ("a cough for 3 weeks", None, None),
        ("2 week wait", None, None),
        ("6-month stroke review", None, None),
    ],
)
def test_an_age_is_told_from_how_long_something_lasts(
    typed: str, said: str | None, ages: tuple[int, int] | None
) -> None:
    found = age_said(typed)
    assert (found.typed.strip() if found else None, found.ages if found else None) == (said, ages)


def test_urgency_is_asked_where_nothing_else_tells_the_services_apart() -> None:
    sides = [("Hot clinic", Part()), ("Cold clinic", Part())]
    asked = asking("asthma", sides, [frozenset({"urgent"}), frozenset({"routine"})])
    assert asked is not None
    assert asked.text == "How urgent is it?"
    assert asked.choices == (("Urgent", "asthma urgent"), ("Routine", "asthma routine"))
    assert asking("asthma", sides, [frozenset({"urgent", "routine"}), frozenset({"routine"})]) is None
    assert asking("asthma", sides, [frozenset(), frozenset({"routine"})]) is None
