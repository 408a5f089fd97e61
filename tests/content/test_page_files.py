"""Pages as files: what is refused, how notes are told apart, and one more that leaves the others alone."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.content.pages import (
    about,
    changed,
    notes,
    page_of,
    read_page,
    sections,
    title_of,
    with_note,
    with_updated,
)
from directory.errors import Invalid
from tests.conftest import STARTER

FORUM = """---
title: Discharge forum
kind: forum
updated: 2026-11-11
---
Anyone can come.

## How to join

Email us.

## 2026-11-11: Key safes

They came late.

## 2026-10-28: Catheters

None had a plan.
"""


def problems(text: str) -> list[str]:
    with pytest.raises(Invalid) as refused:
        read_page(text, slug="x")
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize("path", sorted((STARTER / "pages").glob("*.md")), ids=lambda path: path.stem)
def test_the_starter_pages_read(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    page = read_page(text, slug=path.stem)
    assert page.text == text
    assert page_of(text, slug=page.slug, kind=page.kind, title=page.title, updated=page.updated) == page
    if page.kind == "forum":
        days = [note.day for note in notes(page.body) if note.day]
        assert days == sorted(days, reverse=True)
        assert len(days) == len(notes(page.body)) >= 4


def test_every_mistake_is_named_at_once() -> None:
    said = problems(
        "---\ntitle: ''\nkind: blog\nneeds: legs\nsteps: [{title: A}, {title: B, service: c, when: now}]\n"
        "updated: 86400\nsummery: x\n---\n## 2026-13-45: A note\n"
    )
    assert [line.partition(":")[0] for line in said] == [
        "there is no summery on a page; it has title, kind, summary, meets, needs, areas, steps, updated",
        "title",
        "kind",
        "needs",
        "step 1",
        "step 2",
        "## 2026-13-45",
        "updated",
    ]


def test_front_matter_that_is_no_yaml_is_named_by_its_line() -> None:
    assert "line 3" in problems("---\ntitle: [unclosed\n---\n")[0]


def test_a_page_is_bounded_and_a_forum_by_its_notes() -> None:
    long = "word " * 9_000
    head = "---\ntitle: T\nkind: {}\nupdated: 2026-01-01\n---\n"
    assert "50,000" in problems(head.format("guidance") + long + "\n\n## More\n\n" + long)[0]
    forum = head.format("forum") + f"## 2026-01-01: A\n\n{long}\n\n## 2026-01-02: B\n\n{long}"
    assert len(notes(read_page(forum, slug="x").body)) == 2
    assert "50,000" in problems(head.format("forum") + f"## 2026-01-01: A\n\n{long} {long}")[0]


def test_notes_are_told_from_the_rest_and_have_anchors() -> None:
    body = read_page(FORUM, slug="x").body
    assert about(body) == "Anyone can come.\n\n## How to join\n\nEmail us."
    found = [(note.anchor, title_of(note), note.text) for note in notes(body)]
    assert found == [
        ("note-2026-11-11", "Key safes", "They came late."),
        ("note-2026-10-28", "Catheters", "None had a plan."),
    ]


def test_a_heading_in_code_is_none() -> None:
    body = "Say so:\n\n```\n## 2026-11-11: Not a note\n```\n\n## 2026-11-12: A note\n\nText."
    assert [note.heading for note in notes(body)] == ["2026-11-12: A note"]


def test_a_note_goes_above_those_of_its_day_and_keeps_their_anchors() -> None:
    added = with_note(FORUM, day=date(2026, 11, 11), title="A second", note="Later that day.")
    assert [(note.anchor, title_of(note)) for note in notes(read_page(added, slug="x").body)] == [
        ("note-2026-11-11-2", "A second"),
        ("note-2026-11-11", "Key safes"),
        ("note-2026-10-28", "Catheters"),
    ]
    assert read_page(added, slug="x").updated == date(2026, 11, 11)
    later = with_note(FORUM, day=date(2026, 11, 25), title="Third", note="x")
    assert read_page(later, slug="x").updated == date(2026, 11, 25)
    assert later.replace("updated: 2026-11-25", "updated: 2026-11-11").startswith(FORUM[:60])


@pytest.mark.parametrize("note", ["```\nnever closed", "Fine.\n\n## 2026-01-01: Another\n\nx", "## A heading\n\nx"])
def test_a_note_that_would_break_another_is_refused(note: str) -> None:
    with pytest.raises(Invalid, match="###"):
        with_note(FORUM, day=date(2026, 11, 12), title="New", note=note)


def test_the_day_of_review_is_set_in_the_front_matter_only() -> None:
    text = FORUM + "\nupdated: never\n"
    changed_ = with_updated(text, date(2027, 1, 2))
    assert changed_ == text.replace("updated: 2026-11-11", "updated: 2027-01-02")


def test_what_changed_by_section() -> None:
    was = read_page(FORUM, slug="x").body
    now = was.replace("They came late.", "They came early.").replace("## How to join\n\nEmail us.\n\n", "")
    new, gone = changed(was, f"{now}\n\n## 2026-09-01: Old\n\nx")
    assert [part.heading for part in new] == ["2026-11-11: Key safes", "2026-09-01: Old"]
    assert gone == ["How to join"]


words = st.text(alphabet="abc éß,.", min_size=1).map(str.strip).filter(bool)
days = st.integers(0, 60).map(lambda count: date(2026, 1, 1) + timedelta(days=count))


@given(st.lists(st.tuples(days, words, words), max_size=8))
def test_any_sequence_of_notes_is_kept_whole_and_newest_first(given_: list[tuple[date, str, str]]) -> None:
    text = FORUM
    for day, title, note in given_:
        before = {(each.anchor, each.text) for each in notes(read_page(text, slug="x").body)}
        text = with_note(text, day=day, title=title, note=note)
        after = {(each.anchor, each.text) for each in notes(read_page(text, slug="x").body)}
        assert before < after
        assert len(after) == len(before) + 1
    found = notes(read_page(text, slug="x").body)
    assert [each.day for each in found] == sorted((each.day for each in found if each.day), reverse=True)
    assert about(read_page(text, slug="x").body) == about(read_page(FORUM, slug="x").body)


lines = st.sampled_from(["## A", "## 2026-01-01: B", "## C ##", "##", "# D", "```", "~~~", "text", "", "  ## E"])


@given(st.lists(lines, max_size=12).map("\n".join))
def test_no_line_of_a_body_is_lost(body: str) -> None:
    def marks(text: str) -> list[str]:
        return [word for word in text.replace("#", " ").split() if word]

    assert [word for each in sections(body) for word in marks(f"{each.heading} {each.text}")] == marks(body)
