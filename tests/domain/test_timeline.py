"""Whatever is published in whatever order, what holds on a day is the edits so far, in the order of effect."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.domain.organisation import OrganisationFacts
from directory.domain.service import Facts, Owner
from directory.domain.timeline import Step, Timeline
from directory.shapes import from_json, to_json

FIRST = date(2026, 1, 1)
edits = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["A", "B", "C"]),
        "hours": st.sampled_from(["x", "y"]),
        "owner": st.sampled_from([Owner("o1"), Owner("o2", "t")]),
        "summary": st.sampled_from(["p", "q"]),
    },
)


@given(st.lists(st.tuples(st.integers(0, 6), edits), max_size=12), st.integers(0, 7))
def test_a_timeline_equals_a_naive_replay(published: list[tuple[int, dict[str, object]]], ask: int) -> None:
    opening = {"name": "A", "owner": Owner("o1")}
    steps = [Step(FIRST, 1, opening)]
    steps += [Step(FIRST + timedelta(days), number, edit) for number, (days, edit) in enumerate(published, start=2)]
    life = Timeline("s", Facts)
    for step in steps:
        life.edit(step)
    day = FIRST + timedelta(ask)
    assert life.on(day) == _replay(steps, day)


@given(st.lists(st.tuples(st.integers(0, 6), edits), max_size=12))
def test_versions_are_numbered_without_holes(published: list[tuple[int, dict[str, object]]]) -> None:
    life = Timeline("s", Facts)
    numbers = [made.number for made in life.edit(Step(FIRST, 1, {"name": "A", "owner": Owner("o1")}))]
    for number, (days, edit) in enumerate(published, start=2):
        numbers += [made.number for made in life.edit(Step(FIRST + timedelta(days), number, edit))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_correction_from_before_the_beginning_says_that_it_began_earlier() -> None:
    life = Timeline("s", Facts)
    life.edit(Step(FIRST, 1, {"name": "A", "owner": Owner("o1"), "hours": "x"}))
    life.edit(Step(FIRST - timedelta(30), 2, {"hours": "y"}))
    earlier, later = life.on(FIRST - timedelta(1)), life.on(FIRST)
    assert earlier is not None
    assert later is not None
    assert (earlier.name, earlier.hours, later.hours) == ("A", "y", "x")


@given(st.lists(st.tuples(st.integers(0, 6), edits), min_size=1, max_size=8), st.data())
def test_a_change_that_is_taken_out_leaves_what_the_others_make(
    published: list[tuple[int, dict[str, object]]], data: st.DataObject
) -> None:
    opening = {"name": "A", "owner": Owner("o1")}
    steps = [Step(FIRST, 1, opening)]
    steps += [Step(FIRST + timedelta(days), number, edit) for number, (days, edit) in enumerate(published, start=2)]
    life = Timeline("s", Facts)
    for step in steps:
        life.edit(step)
    gone = data.draw(st.sampled_from(steps[1:]))
    instead = data.draw(
        st.none() | st.builds(lambda days, edit: Step(FIRST + timedelta(days), 99, edit), st.integers(0, 7), edits)
    )
    life.without(gone.change_number, on=gone.effective_from, step=instead)
    left = [step for step in steps if step is not gone] + ([instead] if instead else [])
    further = data.draw(
        st.builds(lambda days, edit: Step(FIRST + timedelta(days), 100, edit), st.integers(0, 7), edits)
    )
    life.edit(further)
    left.append(further)
    for ask in range(9):
        assert life.on(FIRST + timedelta(ask)) == _replay(left, FIRST + timedelta(ask))


@pytest.mark.parametrize(
    ("days", "expected"), [(None, ["closed", "closed"]), (5, ["planned", "active"]), (-5, ["active"] * 2)]
)
def test_what_only_that_change_opened_was_never_open(days: int | None, expected: list[str]) -> None:
    opening = {"name": "A", "owner": Owner("o1")}
    life = Timeline("s", Facts)
    life.edit(Step(FIRST, 1, opening))
    again = Step(FIRST + timedelta(days), 2, opening) if days else None
    life.without(1, on=FIRST, step=again)
    assert [life.on(FIRST + timedelta(each)).status for each in (0, 5)] == expected  # type: ignore[union-attr]


def test_an_organisation_that_is_to_open_later_is_not_open_yet_and_can_be_read() -> None:
    life = Timeline("o", OrganisationFacts)
    life.edit(Step(FIRST, 1, {"name": "A"}))
    life.without(1, on=FIRST, step=Step(FIRST + timedelta(5), 2, {"name": "A"}))
    said = [life.on(FIRST + timedelta(each)) for each in (0, 5)]
    assert [each.status for each in said if each] == ["closed", "active"]
    assert [from_json(OrganisationFacts, to_json(each)) for each in said] == said


def _replay(steps: list[Step], day: date) -> Facts | None:
    facts: Facts | None = None
    for step in sorted(steps, key=lambda step: (step.effective_from, step.change_number)):
        if step.effective_from <= day:
            facts = facts.with_(step.set) if facts else Facts(**step.set)  # type: ignore[arg-type]
    return facts
