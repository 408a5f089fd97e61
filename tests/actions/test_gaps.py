"""Questions without an answer are counted, unless they are personal, and never at a reader's expense."""

from __future__ import annotations

import time
from contextlib import closing

import pytest

from directory.actions.gaps import record_gap
from directory.domain.query import Answer, Query
from directory.store import gaps
from directory.store.database import Database
from tests import build


def unanswered(text: str) -> Answer:
    return Answer(Query(text), build.TODAY, None, (), 0)


def test_a_question_is_counted_by_its_words(database: Database) -> None:
    for text in ("Foot  warmers", "foot warmers", "Hand warmers"):
        assert record_gap(database, unanswered(text), at=build.NOON)
    with database.read() as connection:
        assert [(gap.query, gap.times) for gap in gaps.open_ones(connection, limit=9)] == [
            ("foot warmers", 2),
            ("hand warmers", 1),
        ]


@pytest.mark.parametrize("text", ["", "12345", "999 000 0018 legs", "dob 3/4/1950 legs", "ann@b.example", "x" * 300])
def test_what_could_be_personal_or_says_nothing_is_not(sqlite_url: str, text: str) -> None:
    with closing(Database(sqlite_url)) as database:
        assert not record_gap(database, unanswered(text), at=build.NOON)
        with database.read() as connection:
            assert gaps.open_ones(connection, limit=9) == []


def test_a_reader_does_not_wait_for_a_writer(sqlite_url: str) -> None:
    with closing(Database(sqlite_url)) as importing, closing(Database(sqlite_url)) as reading:
        began = time.monotonic()
        with importing.write():
            assert not record_gap(reading, unanswered("legs"), at=build.NOON)
        # A guard against hanging for the half minute that other writers wait.
        assert time.monotonic() - began < 10
        assert record_gap(reading, unanswered("legs"), at=build.NOON)
