"""Pages as editors keep them: versions, refusals that write nothing, and notes that get past each other."""

from __future__ import annotations

from datetime import date, timedelta
from threading import Thread

import pytest
from sqlalchemy import select

from directory.actions.follow_page import follow_page, stop_following
from directory.actions.pages import PageEdit, add_note, save_page
from directory.content.pages import notes, read_page
from directory.domain.policy import ANYONE, Actor
from directory.errors import EditConflict, Invalid, NotAllowed, PageNotFound
from directory.store import pages, people, subscriptions
from directory.store.database import Database
from directory.store.tables.trust import audit
from tests import build

EDITOR = Actor("person 1", editor=True)
TEXT = "---\ntitle: Legs\nkind: guidance\nupdated: 2026-10-01\n---\n\nLook at both.\n"
FORUM = TEXT.replace("guidance", "forum")


def save(database: Database, text: str = TEXT, *, expected: int = 0, by: Actor = EDITOR, **more: object) -> pages.Page:
    given = {"slug": "legs", "text": text, "expected": expected, **more}
    return save_page(database, PageEdit(**given), by=by, at=build.NOON, today=build.TODAY)  # type: ignore[arg-type]


def stored(database: Database) -> list[pages.Page]:
    with database.read() as connection:
        return pages.versions(connection, "legs")


def refused(database: Database, **given: object) -> list[str]:
    with pytest.raises(Invalid) as error:
        save(database, **given)  # type: ignore[arg-type]
    with database.read() as connection, pytest.raises(PageNotFound):
        pages.load(connection, str(given.get("slug", "legs")))
    return [str(problem) for problem in error.value.problems]


def test_a_version_is_written_and_audited(database: Database) -> None:
    first = save(database)
    assert (first.number, first.text, first.updated) == (1, TEXT, date(2026, 10, 1))
    second = save(database, TEXT.replace("both", "the other"), expected=1, why=" The other too. ")
    assert (second.number, second.why, second.weight) == (2, "The other too.", "major")
    with database.read() as connection:
        deeds = connection.execute(select(audit.c.action, audit.c.object, audit.c.details)).all()
    assert deeds[-1] == ("edit-page", "page legs", '{"version":2,"weight":"major"}')
    assert [page.number for page in stored(database)] == [2, 1]


def test_a_major_edit_is_a_review_and_a_small_one_is_not(database: Database) -> None:
    save(database)
    small = save(database, TEXT.replace("both", "boths"), expected=1, weight="minor")
    assert (small.updated, small.weight) == (date(2026, 10, 1), "minor")
    major = save(database, TEXT.replace("both", "both legs"), expected=2)
    assert major.updated == build.TODAY
    assert f"updated: {build.TODAY}" in major.text
    stale = save(database, major.text.replace(str(build.TODAY), "2026-11-01") + "More.\n", expected=3)
    assert stale.updated == build.TODAY
    own = save(database, stale.text.replace(str(build.TODAY), "2026-11-30") + "Planned.\n", expected=4)
    assert own.updated == date(2026, 11, 30)


def test_the_same_text_again_writes_nothing(database: Database) -> None:
    save(database)
    assert save(database, TEXT.replace("\n", "\r\n"), expected=1).number == 1


def test_of_two_editors_the_second_is_told(database: Database) -> None:
    save(database)
    save(database, TEXT + "One.\n", expected=1)
    with pytest.raises(EditConflict):
        save(database, TEXT + "Two.\n", expected=1)
    with pytest.raises(Invalid, match="a page legs already"):
        save(database, TEXT, expected=0)
    assert len(stored(database)) == 2


def test_what_is_wrong_is_named_and_nothing_is_written(database: Database) -> None:
    assert refused(database, slug="No good") == [
        "slug: give an address of small letters, digits and hyphens, at most 64"
    ]
    assert refused(database, slug="new")
    assert refused(database, slug="x" * 65)
    assert refused(database, text="---\ntitle: Legs\n---\n") == [
        "text: kind: give one of pathway, forum, guidance",
        "text: updated: give the day of the last review, as in 2026-12-01",
    ]
    assert "“999 000 0018” looks like an NHS number" in refused(database, text=TEXT + "Call 999 000 0018.")[0]
    assert "date of birth" in refused(database, why="born 3/4/1950")[0]


def test_only_editors_may(database: Database) -> None:
    with pytest.raises(NotAllowed):
        save(database, by=Actor("person 2", 2))
    with pytest.raises(NotAllowed):
        add_note(database, "legs", day=build.TODAY, title="T", note="N", by=ANYONE, at=build.NOON)


def note(database: Database, title: str = "Key safes", text: str = "They came late.") -> pages.Page:
    return add_note(database, "legs", day=build.TODAY, title=title, note=text, by=EDITOR, at=build.NOON)


def test_a_note_is_a_version_of_its_forum(database: Database) -> None:
    save(database, FORUM)
    kept = note(database)
    assert (kept.number, kept.updated) == (2, build.TODAY)
    assert [each.heading for each in notes(read_page(kept.text, slug="legs").body)] == ["2026-11-22: Key safes"]


def test_a_note_is_refused_by_name(database: Database) -> None:
    with pytest.raises(PageNotFound):
        note(database)
    save(database)
    with pytest.raises(Invalid, match="only forums have notes"):
        note(database)
    with pytest.raises(Invalid) as error:
        note(database, " ", "dob 3/4/1950")
    assert [problem.where for problem in error.value.problems] == ["note", "title"]
    assert len(stored(database)) == 1


def test_notes_written_at_once_are_all_kept(database: Database) -> None:
    save(database, FORUM)
    threads = [Thread(target=note, args=(database, f"Note {count}")) for count in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = notes(read_page(stored(database)[0].text, slug="legs").body)
    assert sorted(each.heading for each in found) == [f"2026-11-22: Note {count}" for count in range(5)]
    assert stored(database)[0].number == 6


def test_following_a_page(database: Database) -> None:
    save(database, FORUM)
    with database.write() as connection:
        person = people.add(connection, email="amina@northmoor.example", name="", editor=False, at=build.NOON)
    by = Actor(f"person {person}", person)
    follow_page(database, "legs", frequency="daily", by=by, at=build.NOON)
    follow_page(database, "legs", frequency="weekly", by=by, at=build.NOON)
    with database.read() as connection:
        [found] = subscriptions.of_person(connection, person)
    assert (found.criteria, found.frequency, found.label) == ({"page": ("legs",)}, "weekly", "page Legs")
    assert stop_following(database, "legs", by=by, at=build.NOON + timedelta(days=1))
    assert not stop_following(database, "legs", by=by, at=build.NOON + timedelta(days=1))
    with pytest.raises(PageNotFound):
        follow_page(database, "nothing", frequency="daily", by=by, at=build.NOON)
    with pytest.raises(NotAllowed):
        follow_page(database, "legs", frequency="daily", by=ANYONE, at=build.NOON)
