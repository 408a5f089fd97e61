"""Knowledge pages in the browser: drawn live, with their history, edited without loss, and followed."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import event

from directory.actions.pages import PageEdit, add_note, save_page
from directory.domain.policy import OPERATOR
from directory.store import pages, subscriptions
from directory.web.views.knowledge import page_view
from tests import build
from tests.web.conftest import FoundSite, TestClient, h1, signed_in, words_of

FORUM = """---
title: Discharge forum
kind: forum
meets: Wednesdays
updated: 2026-10-01
---
Anyone can come.

## 2026-11-20: Newest

Use the [Leg ulcer clinic](service:leg-ulcer-clinic).

## 2026-10-01: Oldest

Use the [Leg ulcer clinic](service:leg-ulcer-clinic) and [nobody](service:not-there). <script>alert(1)</script>
"""


def save(site: FoundSite, slug: str, text: str, *, expected: int = 0, **more: object) -> pages.Page:
    edit = PageEdit(slug=slug, text=text, expected=expected, **more)  # type: ignore[arg-type]
    return save_page(site.database, edit, by=OPERATOR, at=build.NOON, today=build.TODAY)


@pytest.fixture
def editor(site: FoundSite) -> TestClient:
    save(site, "discharge", FORUM)
    return signed_in(site, "ed@northmoor.example", editor=True)


@pytest.fixture
def reader(site: FoundSite) -> TestClient:
    save(site, "discharge", FORUM)
    return signed_in(site, "amina@northmoor.example")


def stored(site: FoundSite, slug: str) -> pages.Page:
    with site.database.read() as connection:
        return pages.load(connection, slug)


def test_notes_are_newest_first_with_anchors_and_what_changed_since_each(site: FoundSite, editor: TestClient) -> None:
    html = editor.get("/pages/discharge").text
    assert re.findall(r'id="(note-[\d-]+)"', html) == ["note-2026-11-20", "note-2026-10-01"]
    said = words_of(html)
    newest, oldest = said.split("1 October 2026 Oldest")
    assert "now Tissue Viability Team" not in newest
    assert "Leg ulcer clinic ( now Tissue Viability Team , since 2 November 2026)" in oldest
    assert "nobody (not in the directory)" in oldest
    assert "<script>alert" not in html


def test_a_step_says_what_changed_since_the_page_was_reviewed(site: FoundSite, editor: TestClient) -> None:
    text = stored(site, "leg-wound").text.replace("updated: 2026-11-04", "updated: 2026-10-30")
    save(site, "leg-wound", text, expected=1, weight="minor")
    said = words_of(editor.get("/pages/leg-wound").text)
    assert "Run by them since 2 November 2026." in said
    assert "Changed since this page was reviewed, on 2 November 2026: Leg ulcer clinic moves" in said
    assert "Email: legs@northmoor.example" in said
    assert "From 1 December 2026 : Leg ulcer clinic opens to Southfen" in said


def test_a_page_takes_as_many_statements_with_one_step_as_with_thirty(site: FoundSite) -> None:
    def counted(steps: int) -> int:
        named = ["leg-ulcer-clinic", "dietetics", "adult-dietetics"]
        listed = "".join(f"  - {{title: S{at}, service: {named[at % 3]}}}\n" for at in range(steps))
        text = f"---\ntitle: T\nkind: pathway\nsteps:\n{listed}updated: 2026-10-01\n---\n"
        save(site, f"with-{steps}", text)
        seen: list[str] = []
        with site.database.read() as connection:
            event.listen(connection, "before_cursor_execute", lambda *given: seen.append(given[2]))
            page_view(connection, f"with-{steps}", today=build.TODAY, zone=build.LONDON)
        return len(seen)

    assert counted(3) == counted(30)


def test_history_shows_each_version_by_word_and_any_two(site: FoundSite, editor: TestClient) -> None:
    save(site, "discharge", FORUM.replace("Anyone", "Everyone"), expected=1, why="All are welcome.")
    html = editor.get("/pages/discharge/history").text
    assert h1(html) == "History of Discharge forum"
    said = words_of(html)
    assert "All are welcome." in said
    assert "removed: Anyone end of removed" in said
    assert "added: Everyone end of added" in said
    assert "Oldest" not in said
    compared = words_of(editor.get("/pages/discharge/history?from=2&to=1").text)
    assert "Version 1 compared with version 2" in compared
    assert editor.get("/pages/discharge/history?from=9").status_code == 422
    assert editor.get("/pages/nothing/history").status_code == 404


def test_a_version_is_shown_as_it_was(site: FoundSite, editor: TestClient) -> None:
    save(site, "discharge", FORUM.replace("Anyone", "Everyone"), expected=1)
    said = words_of(editor.get("/pages/discharge/versions/1").text)
    assert "Anyone can come." in said
    assert "It stood until" in said
    assert "now Tissue Viability Team" not in said
    for number in ("9", "x", "0", "99999999999999999999"):
        assert editor.get(f"/pages/discharge/versions/{number}").status_code == 404


def test_an_editor_sees_a_preview_and_then_keeps_it(site: FoundSite, editor: TestClient) -> None:
    form = editor.get("/pages/discharge/edit").text
    assert "Anyone can come." in form
    typed = {"text": FORUM.replace("Anyone", "Everyone"), "version": "1", "why": "Welcome."}
    shown = editor.post("/pages/discharge/edit", data=typed | {"preview": "1"})
    assert "Nothing is saved yet." in shown.text
    assert "Everyone can come." in words_of(shown.text)
    assert stored(site, "discharge").number == 1
    kept = editor.post("/pages/discharge/edit", data=typed)
    assert (kept.status_code, kept.headers["location"]) == (303, "/pages/discharge")
    page = stored(site, "discharge")
    assert (page.number, page.why, page.updated) == (2, "Welcome.", build.TODAY)


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(site: FoundSite, editor: TestClient) -> None:
    typed = "---\ntitle: [Legs\nkind: forum\n---\nIs 999 000 0018 known? </textarea><script>x</script>"
    answer = editor.post("/pages/discharge/edit", data={"text": typed, "version": "1"})
    assert answer.status_code == 422
    said = words_of(answer.text)
    assert "not readable YAML (line 3)" in said
    assert "“999 000 0018” looks like an NHS number" in said
    assert "title: [Legs" in said
    assert "<script>x" not in answer.text
    assert stored(site, "discharge").number == 1


def test_of_two_editors_the_second_keeps_both_texts(site: FoundSite, editor: TestClient) -> None:
    save(site, "discharge", FORUM.replace("Anyone", "Nobody"), expected=1)
    mine = FORUM.replace("Anyone", "Everyone")
    answer = editor.post("/pages/discharge/edit", data={"text": mine, "version": "1", "why": "Mine."})
    assert answer.status_code == 409
    said = words_of(answer.text)
    assert "Somebody else changed this page while you wrote" in said
    assert "removed: Nobody end of removed" in said
    assert "Everyone can come." in said
    assert "Nobody can come." in said
    assert 'name="version" value="2"' in answer.text
    assert 'value="Mine."' in answer.text
    assert editor.post("/pages/discharge/edit", data={"text": mine, "version": "2"}).status_code == 303
    assert stored(site, "discharge").number == 3


def test_a_new_page_begins_with_a_form_that_can_be_kept(site: FoundSite, editor: TestClient) -> None:
    form = editor.get("/pages/new").text
    assert "slug-of-a-service" in form
    text = "---\ntitle: Falls\nkind: guidance\nupdated: 2026-11-22\n---\nLook.\n"
    assert editor.post("/pages/new", data={"slug": "falls", "text": text}).headers["location"] == "/pages/falls"
    again = editor.post("/pages/new", data={"slug": "falls", "text": text})
    assert again.status_code == 422
    assert "there is a page falls already" in words_of(again.text)
    assert "Look." in again.text


def test_a_note_is_added_and_its_mistakes_are_named(site: FoundSite, editor: TestClient) -> None:
    assert "22/11/2026" in editor.get("/pages/discharge/note").text
    wrong = {"day": "1/1/2030", "title": "", "note": "Text."}
    assert "cannot lie ahead" in words_of(editor.post("/pages/discharge/note", data=wrong).text)
    bad = editor.post("/pages/discharge/note", data={"day": "31/2/2026", "title": "T", "note": "Kept text."})
    assert bad.status_code == 422
    assert "Kept text." in bad.text
    good = {"day": "22/11/2026", "title": "Key safes", "note": "They came *late*."}
    assert editor.post("/pages/discharge/note", data=good).status_code == 303
    html = editor.get("/pages/discharge").text
    assert "<em>late</em>" in html
    assert html.index("Key safes") < html.index("Newest")
    assert editor.get("/pages/leg-wound/note").status_code == 404


@pytest.mark.parametrize("path", ["/pages/new", "/pages/discharge/edit", "/pages/discharge/note"])
def test_a_reader_edits_nothing(site: FoundSite, reader: TestClient, client: TestClient, path: str) -> None:
    assert reader.get(path).status_code == 403
    assert reader.post(path, data={"text": FORUM, "version": "1"}).status_code == 403
    assert client.get(path).headers["location"].startswith("/sign-in")
    assert stored(site, "discharge").number == 1


def test_pressing_a_button_follows_a_page_and_another_stops(site: FoundSite, reader: TestClient) -> None:
    assert "Tell me when this page changes" in reader.get("/pages/discharge").text
    followed = reader.post("/pages/discharge/follow", data={"every": "weekly"})
    assert followed.headers["location"] == "/pages/discharge#follow"
    assert "You hear of this page in a weekly email." in words_of(reader.get("/pages/discharge").text)
    with site.database.read() as connection:
        [found] = subscriptions.of_person(connection, 1)
    assert (found.criteria, found.frequency) == ({"page": ("discharge",)}, "weekly")
    reader.post("/pages/discharge/unfollow")
    assert "Tell me when this page changes" in reader.get("/pages/discharge").text
    assert reader.post("/pages/discharge/follow", data={"every": "hourly"}).status_code == 422
    assert reader.post("/pages/nothing/follow", data={"every": "daily"}).status_code == 404


def test_who_is_not_signed_in_is_asked_to(site: FoundSite, reader: TestClient, client: TestClient) -> None:
    assert client.post("/pages/discharge/follow", data={"every": "daily"}).status_code == 401
    with site.database.read() as connection:
        assert subscriptions.of_person(connection, 1) == []


def test_editing_is_offered_to_editors_only(editor: TestClient, client: TestClient) -> None:
    for path, offered in (("/pages", "/pages/new"), ("/pages/discharge", "/pages/discharge/note")):
        assert f'href="{offered}"' in editor.get(path).text
        assert f'href="{offered}"' not in client.get(path).text


def test_a_note_keeps_its_anchor_when_another_comes(site: FoundSite, editor: TestClient) -> None:
    add_note(
        site.database,
        "discharge",
        day=date(2026, 11, 20),
        title="Same day",
        note="x",
        by=OPERATOR,
        at=build.NOON + timedelta(hours=1),
    )
    html = editor.get("/pages/discharge").text
    assert re.findall(r'id="(note-[\d-]+)" aria', html) == ["note-2026-11-20-2", "note-2026-11-20", "note-2026-10-01"]
