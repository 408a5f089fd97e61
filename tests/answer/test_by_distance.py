"""Nearest first: of all that was found, page after page, below the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from directory.answer import answer_by_distance
from directory.domain.change import Edit, fold
from directory.domain.place import Point
from directory.domain.query import Answer, Hit, Matched, Query
from directory.domain.service import Location
from directory.search.find import Found
from directory.search.plan import Plan
from directory.store.database import Database
from tests import build

HERE = Point(54.0, 1.5)
# By what search thinks of them, the farthest first; the first of all is nowhere on the map.
MANY = 26
Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def database(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("near") / "signpost.db"
    path.write_bytes(_sqlite_template.read_bytes())
    with closing(Database(f"sqlite:///{path}")) as database:
        build.directory(database)
        placed = [
            build.opening(f"clinic-{n:02}", locations=(Location("Hall", "", "", 54.0 + (MANY - n) / 100, 1.5),))
            for n in range(1, MANY)
        ]
        opened = build.draft(build.opening("clinic-00"), *placed, kinds=("opened",), effective_from=build.OPENED)
        build.change(database, opened)
        build.change(database, build.draft(Edit("clinic-25", {"status": "closed"}), kinds=("closed",)))
        yield database


@pytest.fixture
def ask(database: Database) -> Ask:
    hits = [Hit(f"clinic-{n:02}", 1.0 - n / 100, Matched("name", "clinic")) for n in range(MANY)]

    def search(query: Query) -> Found:
        # Who names one service finds it first.
        best_first = sorted(hits, key=lambda hit: hit.service_id != fold(query.text).replace(" ", "-"))
        page = tuple(best_first[query.offset : query.offset + query.limit])
        return Found(page, MANY, query.text == "sure", None, Plan(text=query.text))

    def put(text: str, offset: int = 0) -> Answer:
        with database.read() as connection:
            query = Query(text, limit=10, offset=offset)
            return answer_by_distance(connection, query, search, HERE, today=build.TODAY)

    return put


def slugs(found: Answer) -> list[int]:
    return [int(result.entry.slug[-2:]) for result in found.results]


def test_the_nearest_of_all_comes_first_and_no_page_repeats_or_leaves_out(ask: Ask) -> None:
    pages = [ask("clinic", offset) for offset in (0, 10, 20, 30)]
    # What is nowhere comes after what is somewhere, and what has closed last, however near.
    assert [slugs(page) for page in pages] == [
        list(range(24, 14, -1)),
        list(range(14, 4, -1)),
        [4, 3, 2, 1, 0, 25],
        [],
    ]
    assert {page.total for page in pages} == {MANY}


def test_the_answer_stays_the_answer_however_far_it_is(ask: Ask) -> None:
    first, second = ask("sure"), ask("sure", 10)
    assert first.best is not None
    assert first.best.entry.slug == "clinic-00"
    assert slugs(first) == [0, *range(24, 15, -1)]
    assert second.best is None
    assert slugs(second) == list(range(15, 5, -1))


def test_what_was_asked_for_by_name_and_has_closed_is_said_first(ask: Ask) -> None:
    found = ask("Clinic 25")
    assert found.gone is not None
    assert slugs(found) == [25, *range(24, 15, -1)]
    assert slugs(ask("Clinic 25", 20)) == [5, 4, 3, 2, 1, 0]
