"""What the measurements of pages and publishing rest on: ratios, a file that comes in whole, rows that are alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, text

from bench.serving.load import Load
from bench.serving.publishing import _recorded, _replay
from bench.serving.reading import Goal, Measured, as_plain, as_text
from bench.serving.sheet import write_sheet
from bench.telling.databases import fresh
from bench.telling.town import NOON, ZONE, follow, found, moves, people_of
from directory.exchange.services_csv import read
from directory.notify.match import match_announced
from directory.store.database import Database
from directory.store.tables.changes import changes
from directory.store.tables.telling import deliveries

SIZE = 40


@pytest.mark.parametrize(
    ("goal", "ratio", "met"),
    [
        (Goal("ours", "bare", at_least=0.6), 0.5, False),
        (Goal("ours", "bare", at_least=0.5), 0.5, True),
        (Goal("ours", "bare", p95_at_most=2), 3.0, False),
        (Goal("ours", "bare", p95_at_most=3), 3.0, True),
    ],
)
def test_a_goal_is_a_share_of_requests_or_of_time(goal: Goal, ratio: float, met: bool) -> None:
    loads = {"ours": Load(500, 4, 9), "bare": Load(1_000, 2, 3)}
    assert goal.ratio(loads) == ratio
    assert goal.is_met(ratio) is met
    measured = Measured(loads, [(goal, ratio)])
    assert ("| yes |" if met else "|  no |") in as_text(measured)
    assert as_plain(measured)["ratios"] == [
        {"name": "ours", "beside": "bare", "ratio": ratio, "goal": goal.words, "met": met}
    ]


def test_a_sheet_comes_in_whole(tmp_path: Path) -> None:
    sheet = tmp_path / "services.csv"
    assert write_sheet(sheet, SIZE) == SIZE
    reading = read(sheet.read_bytes())
    assert len(reading.services) == SIZE
    assert reading.problems == ()


def test_the_bare_statements_write_the_same_rows() -> None:
    with fresh("sqlite") as ours, fresh("sqlite") as bare:
        for database in (ours, bare):
            found(database)
            follow(database, people_of(database, 3))
            match_announced(database, at=NOON, zone=ZONE)
        with _recorded(ours) as transactions:
            moves(ours, number=1)
            match_announced(ours, at=NOON, zone=ZONE)
        for statements in transactions:
            _replay(bare, statements)
        assert _rows(ours) == _rows(bare)
        assert len(_rows(ours)[1]) == 3


def _rows(database: Database) -> list[list[tuple[object, ...]]]:
    tables = (changes, deliveries)
    with database.read() as connection:
        found = [[tuple(row) for row in connection.execute(select(table))] for table in tables]
        counters = [tuple(row) for row in connection.execute(text("SELECT * FROM counters"))]
    return [*found, counters]
