"""The vocabulary as editors keep it: at once in force, every step audited, nothing lost between two of them."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import select

from directory.actions.vocabulary import put_line, remove_line, restore_line
from directory.domain.policy import Actor
from directory.errors import EditConflict, Invalid, NotAllowed, SignpostError, TermNotFound
from directory.store import vocabulary
from directory.store.database import Database
from directory.store.tables.learning import vocabulary_versions
from directory.store.tables.trust import audit
from tests import build

EDITOR = Actor("person 1", editor=True)
LINE = ("DN", ("district nursing",), "abbreviation")


def put(database: Database, *line: object, expected: int | None = None, by: Actor = EDITOR) -> None:
    given = line or LINE
    put_line(database, given, expected=expected, by=by, at=build.NOON)  # type: ignore[arg-type]


def lines(database: Database) -> list[vocabulary.Line]:
    with database.read() as connection:
        return vocabulary.terms(connection)


def stamp(database: Database) -> object:
    with database.read() as connection:
        return vocabulary.stamp(connection)


def problems(database: Database, *line: object) -> list[str]:
    with pytest.raises(Invalid) as refused:
        put(database, *line)
    assert lines(database) == []
    return [str(problem) for problem in refused.value.problems]


def test_a_line_is_kept_as_it_is_meant(database: Database) -> None:
    put(database, "  key   safe ", ("handyperson", " handyperson", "", "home  safety"), "synonym")
    assert lines(database) == [("key safe", ("handyperson", "home safety"), "synonym")]


def test_every_mistake_is_named(database: Database) -> None:
    assert [line.partition(":")[0] for line in problems(database, "…", ("", " "), "slang")] == ["term", "means", "kind"]
    assert "cannot mean itself" in problems(database, "Legs", ("legs",), "synonym")[0]
    assert "at most 200" in problems(database, "x" * 201, ("y",), "synonym")[0]
    assert "NHS number" in problems(database, "999 000 0018", ("legs",), "synonym")[0]


def test_only_editors_may(database: Database) -> None:
    with pytest.raises(NotAllowed):
        put(database, by=Actor("person 2", 2))
    put(database)
    with pytest.raises(NotAllowed):
        remove_line(database, "DN", by=Actor("person 2", 2), at=build.NOON)
    with pytest.raises(NotAllowed):
        restore_line(database, "DN", by=Actor("anyone"), at=build.NOON)


def test_a_term_in_other_letters_is_the_same_line(database: Database) -> None:
    put(database)
    with pytest.raises(Invalid, match="already: it means district nursing"):
        put(database, "dn", ("x",), "synonym", expected=0)
    put(database, "dn", ("community nursing",), "synonym", expected=1)
    assert lines(database) == [("DN", ("community nursing",), "synonym")]


def test_of_two_editors_the_second_is_told(database: Database) -> None:
    put(database, expected=0)
    put(database, "DN", ("community nursing",), "abbreviation", expected=1)
    with pytest.raises(EditConflict):
        put(database, "DN", ("night nursing",), "abbreviation", expected=1)
    with pytest.raises(EditConflict):
        remove_line(database, "DN", expected=1, by=EDITOR, at=build.NOON)
    assert lines(database) == [("DN", ("community nursing",), "abbreviation")]


def test_two_at_the_same_instant_cannot_both_open_a_line(database: Database) -> None:
    refused: list[SignpostError] = []

    def try_one(means: str) -> None:
        try:
            put(database, "DN", (means,), "synonym", expected=0)
        except SignpostError as error:
            refused.append(error)

    threads = [Thread(target=try_one, args=(f"meaning {count}",)) for count in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines(database)) == 1
    assert len(refused) == 3


def test_what_was_removed_can_be_put_back_and_its_past_is_kept(database: Database) -> None:
    put(database)
    put(database, "DN", ("community nursing",), "abbreviation")
    remove_line(database, "DN", by=EDITOR, at=build.NOON + timedelta(hours=1))
    assert lines(database) == []
    with database.read() as connection:
        assert [each.means for each in vocabulary.removed(connection)] == [("community nursing",)]
    with pytest.raises(TermNotFound):
        remove_line(database, "DN", by=EDITOR, at=build.NOON)
    restore_line(database, "DN", by=EDITOR, at=build.NOON + timedelta(hours=2))
    assert lines(database) == [("DN", ("community nursing",), "abbreviation")]
    with pytest.raises(TermNotFound):
        restore_line(database, "DN", by=EDITOR, at=build.NOON)
    with database.read() as connection:
        assert vocabulary.removed(connection) == []
        versions = connection.execute(select(vocabulary_versions).order_by(vocabulary_versions.c.number)).all()
        assert [(row.number, row.removed) for row in versions] == [(1, False), (2, False), (3, True), (4, False)]
        deeds = connection.execute(select(audit).order_by(audit.c.id)).all()
    assert [(row.action, row.object) for row in deeds] == [
        ("put-term", "term DN"),
        ("put-term", "term DN"),
        ("remove-term", "term DN"),
        ("put-term", "term DN"),
    ]


def test_every_step_moves_the_stamp_that_readers_watch(database: Database) -> None:
    seen = [stamp(database)]
    put(database)
    seen.append(stamp(database))
    remove_line(database, "DN", by=EDITOR, at=build.NOON)
    seen.append(stamp(database))
    restore_line(database, "DN", by=EDITOR, at=build.NOON)
    seen.append(stamp(database))
    # Another machine's clock may be behind.
    put_line(database, ("DN", ("x",), "synonym"), expected=None, by=EDITOR, at=build.NOON - timedelta(hours=1))
    seen.append(stamp(database))
    assert len(set(map(str, seen))) == len(seen)


def test_the_same_line_again_is_no_new_version(database: Database) -> None:
    put(database)
    put(database)
    with database.read() as connection:
        assert len(connection.execute(select(vocabulary_versions)).all()) == 1
