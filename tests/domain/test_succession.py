"""Following what took the place of what always ends, and every kind keeps its rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.domain.succession import (
    Part,
    Succession,
    by_predecessor,
    cardinality_problems,
    handlers,
    looping,
)

DAY = date(2026, 1, 1)
names = st.sampled_from("abcdefg")
links = st.lists(
    st.builds(
        Succession,
        names,
        st.none() | names,
        st.just("replaced"),
        st.integers(0, 4).map(lambda days: DAY + timedelta(days)),
    ),
    max_size=14,
    unique=True,
)


def link(old: str, new: str | None, kind: str = "replaced", part: Part | None = None) -> Succession:
    return Succession(old, new, kind, DAY, part)  # type: ignore[arg-type]


def follow(start: str, *successions: Succession) -> tuple[tuple[str, ...], bool]:
    found = handlers(start, DAY, by_predecessor(successions))
    return found.ids, found.loop


@given(links, names, st.integers(-1, 5))
def test_following_ends_and_returns_nothing_twice(made: list[Succession], start: str, days: int) -> None:
    on = DAY + timedelta(days)
    found = handlers(start, on, by_predecessor(made))
    in_force = {each for each in made if each.effective_from <= on and each.successor != each.predecessor}
    assert len(set(found.ids)) == len(found.ids)
    assert len(set(found.path)) == len(found.path)
    assert set(found.path) <= in_force
    assert not {each.predecessor for each in in_force} & set(found.ids)
    reached = {start, *(each.successor for each in found.path)}
    assert set(found.ids) == {key for key in reached if key} - {each.predecessor for each in in_force}


@given(links, names)
def test_a_loop_is_told_only_where_nothing_ends_the_chain(made: list[Succession], start: str) -> None:
    found = handlers(start, date.max, by_predecessor(made))
    closed = any(each.successor is None for each in found.path)
    assert found.loop == (not found.ids and not closed)


@pytest.mark.parametrize(
    ("chain", "ids", "loop"),
    [
        ((), ("a",), False),
        ((link("a", "b"), link("b", "c"), link("c", "d")), ("d",), False),
        (
            (link("a", "b", "split"), link("a", "c", "split"), link("b", "d", "merged"), link("c", "d", "merged")),
            ("d",),
            False,
        ),
        ((link("a", "b"), link("b", None, "closed")), (), False),
        ((link("a", "b"), link("b", "a")), (), True),
        ((link("a", "a"),), ("a",), False),
        ((link("a", "b"), link("b", "a"), link("b", "c")), ("c",), False),
    ],
)
def test_chains(chain: Sequence[Succession], ids: tuple[str, ...], loop: bool) -> None:
    assert follow("a", *chain) == (ids, loop)


def test_two_ways_to_one_closure_are_no_loop() -> None:
    """Split in two, joined again, then closed with nothing after it."""
    halves = [link("a", half, "split") for half in "bc"] + [link(half, "d", "merged") for half in "bc"]
    assert follow("a", *halves, link("d", None, "closed")) == ((), False)


def test_before_its_day_a_link_is_not_followed() -> None:
    assert handlers("a", DAY - timedelta(1), by_predecessor([link("a", "b")])).ids == ("a",)


@given(links)
def test_looping_equals_a_walk_from_every_id(made: list[Succession]) -> None:
    by_id = by_predecessor(made)
    assert looping(by_id) == {key for key in by_id if _returns(key, by_id)}


def _returns(start: str, made: Mapping[str, Sequence[Succession]]) -> bool:
    reached: set[str] = set()
    for _ in range(10):
        nodes = reached | {start}
        reached |= {each.successor for node in nodes for each in made.get(node, ()) if each.successor}
    return start in reached


ADULTS, CHILDREN = Part("Adults", age_min=18), Part("Children", age_max=17)


@pytest.mark.parametrize(
    "made",
    [
        (link("a", "b", "renamed"),),
        (link("a", "b", "moved"),),
        (link("a", "c", "merged"), link("b", "c", "merged")),
        (link("a", "b", "split", ADULTS), link("a", "c", "split", CHILDREN)),
        (link("a", "b", "split"),),
        (link("a", None, "closed"),),
    ],
)
def test_what_each_kind_allows(made: Sequence[Succession]) -> None:
    assert cardinality_problems(made) == []


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ((link("a", "a", "moved"),), "succeed itself"),
        *(((link("a", "b", kind), link("a", "c", kind)), "exactly one") for kind in ("renamed", "replaced", "moved")),
        *(((link("a", None, kind),), "say by which") for kind in ("renamed", "replaced", "moved", "merged", "split")),
        ((link("a", "b", "merged"),), "two or more"),
        ((link("a", "b", "merged"), link("a", "c", "merged")), "exactly one"),
        ((link("a", "b", "split", ADULTS), link("a", "c", "split")), "which part"),
        ((link("a", "b", "closed"),), "no successor"),
        ((link("a", "b", "moved"), link("a", None, "closed")), "closed and moved at once"),
    ],
)
def test_what_each_kind_forbids(made: Sequence[Succession], reason: str) -> None:
    (problem,) = cardinality_problems(made)
    assert reason in problem
