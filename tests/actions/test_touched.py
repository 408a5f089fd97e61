"""What no change and no day is said to have touched reads as it did: the index and the files follow only what is."""

from __future__ import annotations

import shutil
from contextlib import closing, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from directory.actions.documents import documents
from directory.actions.take_back import withdraw
from directory.domain.change import Draft, Edit
from directory.domain.policy import OPERATOR
from directory.domain.service import Owner
from directory.domain.succession import Succession
from directory.errors import SignpostError
from directory.search.document import Document
from directory.store.changes import read_head
from directory.store.database import Database
from directory.store.services import entries
from directory.store.touched import services_touched
from directory.store.versions import all_ids
from tests import build

TRUSTS = ("north", "south", "east", "west")
START = build.TODAY

trusts = st.sampled_from(TRUSTS)
days = st.integers(-3, 20)
steps = st.one_of(
    st.tuples(st.just("followed"), trusts, trusts, days),
    st.tuples(st.just("renamed"), trusts, st.just(""), days),
    st.tuples(st.just("handed over"), st.sampled_from(("feet", "legs")), trusts, days),
    st.tuples(st.just("team renamed"), st.just("nurses"), st.just(""), days),
    st.tuples(st.just("withdrawn"), st.integers(1, 9), st.just(""), st.just(0)),
    st.tuples(st.just("days pass"), st.just(""), st.just(""), st.integers(1, 12)),
)


class Follower:
    """Keeps what every service is, and reads again only those that are said to be touched."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cursor: tuple[int, date] = (0, START)
        self.kept: dict[str, tuple[Document, object]] = {}

    def follow(self, today: date) -> None:
        with self._database.read() as connection:
            ids, number = services_touched(connection, after=self._cursor[0], from_day=self._cursor[1], until_day=today)
            self.kept |= _standing(connection, ids, today)
            self._cursor = number, today
            assert self.kept == _standing(connection, all_ids(connection, "service"), today)


def _standing(connection: Any, ids: list[str], today: date) -> dict[str, tuple[Document, object]]:
    shown = {entry.id: entry for entry in entries(connection, ids, on=today)}
    return {each.id: (each, shown.get(each.id)) for each in documents(connection, ids, on=today)}


def _step(database: Database, kind: str, one: Any, other: str, day: date, at: datetime) -> None:
    if kind == "withdrawn":
        with database.read() as connection:
            number = read_head(connection).number - one + 1
        if number > 1:
            with database.write() as connection:
                withdraw(connection, number, why="Mistaken.", by=OPERATOR, at=at, zone=build.LONDON)
        return
    build.change(database, _draft(kind, one, other, day), at=at)


def _draft(kind: str, one: str, other: str, day: date) -> Draft:
    if kind == "followed":
        link = Succession(one, other, "merged", day)
        return build.draft(effective_from=day, organisation_succession=(link,), kinds=("merged",))
    if kind == "handed over":
        return build.draft(Edit(one, {"owner": Owner(other)}), effective_from=day)
    named = (Edit(one, {"name": f"{one} from {day}"}),)
    if kind == "team renamed":
        return build.draft(effective_from=day, teams=named)
    return build.draft(effective_from=day, organisations=named)


def _begin(database: Database) -> None:
    opened = START - timedelta(400)
    build.change(
        database,
        Draft(
            title="The directory begins",
            effective_from=opened,
            kinds=("opened",),
            organisations=tuple(build.organisation(each, each) for each in TRUSTS),
            teams=(Edit("nurses", {"name": "Nurses", "organisation": "north"}, expected_version=0, slug="nurses"),),
            services=tuple(
                Edit(slug, {"name": slug, "owner": owner}, expected_version=0, slug=slug)
                for slug, owner in (("feet", Owner("north", "nurses")), ("legs", Owner("east")))
            ),
            weight="minor",
        ),
        at=build.NOON - timedelta(400),
    )


@given(st.lists(steps, min_size=2, max_size=10))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_not_touched_reads_as_it_did(
    sqlite_url: str, tmp_path: Path, taken: list[tuple[str, Any, str, int]]
) -> None:
    shutil.copy(sqlite_url.removeprefix("sqlite:///"), tmp_path / "example.db")
    with closing(Database(f"sqlite:///{tmp_path / 'example.db'}")) as database:
        _begin(database)
        follower, passed = Follower(database), 0
        follower.follow(START)
        for kind, one, other, days_on in taken:
            if kind == "days pass":
                passed += days_on
            else:
                today = START + timedelta(passed)
                with suppress(SignpostError):
                    _step(database, kind, one, other, today + timedelta(days_on), build.NOON + timedelta(passed))
            follower.follow(START + timedelta(passed))
        follower.follow(START + timedelta(passed + 30))
