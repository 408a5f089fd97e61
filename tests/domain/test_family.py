"""The family of a service, laid out: everybody once, before above after, and loops survived."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from directory.domain.family import MOST_MEMBERS, Descent, Family, descents, family
from directory.domain.succession import Succession, looping

DAY = date(2026, 1, 1)
names = st.sampled_from("abcdefgh")
links = st.lists(
    st.builds(
        Succession,
        names,
        st.none() | names,
        st.sampled_from(["replaced", "merged", "split"]),
        st.integers(0, 4).map(lambda days: DAY + timedelta(days)),
    ),
    max_size=16,
)


def link(old: str, new: str, days: int = 0) -> Succession:
    return Succession(old, new, "replaced", DAY + timedelta(days))


def told(found: tuple[Descent, ...]) -> Iterator[Descent]:
    for each in found:
        yield each
        yield from told(each.after)


def drawn(shown: Family) -> list[Succession]:
    return [each for line in shown.lines for _, each in line.arrives]


@given(links, names)
def test_everybody_who_is_joined_is_there_once_with_every_link(made: list[Succession], start: str) -> None:
    shown = family(start, made)
    joined = {start}
    for _ in range(8):
        joined |= {each.successor or "" for each in made if each.predecessor in joined and each.successor}
        joined |= {each.predecessor for each in made if each.successor in joined}
    assert sorted(shown.members) == sorted(joined)
    real = {each for each in made if each.successor and each.successor != each.predecessor}
    assert set(drawn(shown)) == {each for each in real if each.predecessor in joined}
    assert len(drawn(shown)) == len(set(drawn(shown)))


@given(links, names)
def test_what_came_before_stands_above_unless_it_is_in_a_loop(made: list[Succession], start: str) -> None:
    shown = family(start, made)
    by: dict[str, list[Succession]] = {}
    for each in drawn(shown):
        by.setdefault(each.predecessor, []).append(each)
    if not looping(by):
        row = {member: at for at, member in enumerate(shown.members)}
        assert all(row[each.predecessor] < row[each.successor or ""] for each in drawn(shown))


@given(links, names)
def test_the_list_tells_everybody_once_and_every_link(made: list[Succession], start: str) -> None:
    shown = family(start, made)
    items = list(told(descents(shown)))
    assert sorted(each.member for each in items if not each.again) == sorted(shown.members)
    assert {each.link for each in items if each.link} == set(drawn(shown))


def test_a_family_is_cut_at_the_nearest() -> None:
    chain = [link(f"s{at:02}", f"s{at + 1:02}", at) for at in range(80)]
    shown = family("s40", chain)
    assert (len(shown.members), shown.cut) == (MOST_MEMBERS, True)
    assert "s40" in shown.members
    assert shown.members == tuple(sorted(shown.members))
    assert shown.lanes == 1


def test_a_loop_alone_is_told_from_its_first_row() -> None:
    shown = family("a", [link("a", "b"), link("b", "a", 1)])
    assert shown.members == ("a", "b")
    assert [(each.member, each.again) for each in told(descents(shown))] == [("a", False), ("b", False), ("a", True)]


def test_a_split_is_one_line_and_a_merger_another() -> None:
    split = [Succession("old", new, "split", DAY) for new in ("one", "two")]
    merged = [Succession(old, "all", "merged", DAY + timedelta(9)) for old in ("one", "two")]
    shown = family("one", [*split, *merged])
    assert shown.members == ("old", "one", "two", "all")
    assert [(line.leaves, [row for row, _ in line.arrives]) for line in shown.lines] == [
        ((0,), [1, 2]),
        ((1, 2), [3, 3]),
    ]
    assert shown.lanes == 2


def test_nothing_is_drawn_of_a_service_alone_or_that_only_closed() -> None:
    assert family("a", [Succession("a", None, "closed", DAY)]) == Family(("a",), (), False)
