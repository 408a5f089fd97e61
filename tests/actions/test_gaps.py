"""Questions without an answer are counted, unless they are personal, and never at a reader's expense."""

from __future__ import annotations

import time
from contextlib import closing

import pytest
from sqlalchemy import select

from directory.actions.gaps import close_gap, close_with_report, close_with_synonym, record_gap
from directory.domain.policy import Actor
from directory.domain.query import Answer, Matched, Query, Result
from directory.errors import GapNotFound, Invalid, NotAllowed, ServiceNotFound
from directory.store import gaps, reports, services, vocabulary
from directory.store.database import Database
from directory.store.tables.trust import audit
from tests import build

EDITOR = Actor("operator", editor=True)


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


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12345",
        "999 000 0018 legs",
        "dob 3/4/1950 legs",
        "ann@b.example",
        "x" * 300,
        "Mrs Patel wound",
        "oxygen for mr j smith",
        "ring 07700 900123 wound",
    ],
)
def test_what_could_be_personal_or_says_nothing_is_not(sqlite_url: str, text: str) -> None:
    with closing(Database(sqlite_url)) as database:
        assert not record_gap(database, unanswered(text), at=build.NOON)
        with database.read() as connection:
            assert gaps.open_ones(connection, limit=9) == []


@pytest.fixture
def stocked(database: Database) -> Database:
    build.directory(database)
    return database


def found(database: Database, text: str, field: str, met: str) -> Answer:
    """An answer without confidence whose nearest service is the leg ulcer clinic."""
    with database.read() as connection:
        entry = services.entry(connection, "leg-ulcer-clinic", on=build.TODAY)
    return Answer(Query(text), build.TODAY, None, (Result(entry, Matched(field, met)),), 1)


def test_a_number_that_the_directory_knows_is_kept_and_the_ms_nurse_too(stocked: Database) -> None:
    known = found(stocked, "who has 01632 960145", "phone", "01632 960145")
    assert record_gap(stocked, known, at=build.NOON)
    assert record_gap(stocked, found(stocked, "ms nurse", "name", "Multiple sclerosis nurse"), at=build.NOON)
    assert not record_gap(stocked, found(stocked, "ms patel", "text", "wound nurse"), at=build.NOON)
    assert not record_gap(stocked, found(stocked, "mrs patel 01632 960145", "phone", "01632 960145"), at=build.NOON)


def gap(database: Database, query: str = "foot warmers") -> gaps.Gap:
    with database.read() as connection:
        kept = gaps.load(connection, query)
    assert kept is not None
    return kept


def test_what_was_nearest_is_kept_with_it(stocked: Database) -> None:
    record_gap(stocked, unanswered("foot warmers"), at=build.NOON)
    assert gap(stocked).nearest == ()
    record_gap(stocked, found(stocked, "foot warmers", "text", "feet"), at=build.NOON)
    assert gap(stocked).nearest == ("leg-ulcer-clinic",)


def test_a_closed_gap_that_is_asked_again_comes_back(stocked: Database) -> None:
    record_gap(stocked, unanswered("foot warmers"), at=build.NOON)
    close_gap(stocked, "foot warmers", by=EDITOR, at=build.NOON)
    with stocked.read() as connection:
        assert gaps.open_ones(connection, limit=9) == []
        assert [each.query for each in gaps.closed_ones(connection, limit=9)] == ["foot warmers"]
        assert gaps.totals(connection) == (0, 1)
    with pytest.raises(GapNotFound):
        close_gap(stocked, "foot warmers", by=EDITOR, at=build.NOON)
    record_gap(stocked, unanswered("Foot warmers"), at=build.NOON)
    back = gap(stocked)
    assert (back.times, back.closed_at, back.outcome, back.outcome_at) == (2, None, "dismissed", build.NOON)


def test_a_synonym_and_the_closing_are_one(stocked: Database) -> None:
    record_gap(stocked, unanswered("foot warmers"), at=build.NOON)
    line = ("foot warmers", ("podiatry",), "synonym")
    with pytest.raises(Invalid):
        close_with_synonym(
            stocked, "foot warmers", ("foot warmers", (), "synonym"), expected=0, by=EDITOR, at=build.NOON
        )
    assert gap(stocked).closed_at is None
    close_with_synonym(stocked, "foot warmers", line, expected=0, by=EDITOR, at=build.NOON)
    assert gap(stocked).outcome == "synonym"
    with pytest.raises(GapNotFound):
        close_with_synonym(stocked, "other", ("other", ("x",), "synonym"), expected=0, by=EDITOR, at=build.NOON)
    with stocked.read() as connection:
        assert vocabulary.terms(connection) == [line]
        deeds = connection.execute(select(audit.c.action, audit.c.object, audit.c.details).order_by(audit.c.id)).all()
    assert [tuple(row)[:2] for row in deeds[-2:]] == [("put-term", "term foot warmers"), ("close-gap", "gap synonym")]


def test_a_report_goes_to_an_owner_or_to_the_editors(stocked: Database) -> None:
    for query in ("foot warmers", "hand warmers"):
        record_gap(stocked, unanswered(query), at=build.NOON)
    made = close_with_report(
        stocked, "foot warmers", "Do you warm feet?", service="leg-ulcer-clinic", by=EDITOR, at=build.NOON
    )
    close_with_report(stocked, "hand warmers", "Nobody does.", service=None, opens=True, by=EDITOR, at=build.NOON)
    with stocked.read() as connection:
        found_ = reports.of_gaps(connection, limit=9)
    assert [(each.gap, each.service_id, each.kind, each.state) for each in found_] == [
        ("hand warmers", None, "gap", "open"),
        ("foot warmers", "leg-ulcer-clinic", "gap", "open"),
    ]
    assert made.ref == found_[1].ref
    assert (gap(stocked).outcome, gap(stocked, "hand warmers").outcome) == ("report", "service")


def test_a_report_is_screened_and_of_something_that_is_there(stocked: Database) -> None:
    record_gap(stocked, unanswered("foot warmers"), at=build.NOON)
    for text in (" ", "Ask about 999 000 0018"):
        with pytest.raises(Invalid):
            close_with_report(stocked, "foot warmers", text, service=None, by=EDITOR, at=build.NOON)
    with pytest.raises(ServiceNotFound):
        close_with_report(stocked, "foot warmers", "x", service="nothing", by=EDITOR, at=build.NOON)
    with pytest.raises(NotAllowed):
        close_with_report(stocked, "foot warmers", "x", service=None, by=Actor("person 2", 2), at=build.NOON)
    with stocked.read() as connection:
        assert reports.of_gaps(connection, limit=9) == []
    assert gap(stocked).closed_at is None


def test_a_reader_does_not_wait_for_a_writer(sqlite_url: str) -> None:
    with closing(Database(sqlite_url)) as importing, closing(Database(sqlite_url)) as reading:
        began = time.monotonic()
        with importing.write():
            assert not record_gap(reading, unanswered("legs"), at=build.NOON)
        # A guard against hanging for the half minute that other writers wait.
        assert time.monotonic() - began < 10
        assert record_gap(reading, unanswered("legs"), at=build.NOON)
