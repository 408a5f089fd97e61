"""What held on a day, as far as it was known at an instant: whatever was published, in whatever order."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from directory.domain.change import Draft, Edit
from directory.domain.service import Eligibility, Facts, Owner
from directory.domain.succession import Succession
from directory.errors import Invalid
from directory.store import services
from directory.store.database import Database
from tests import build
from tests.examples import examples

FIRST = date(2026, 1, 1)
START = datetime(2026, 3, 1, 9, tzinfo=UTC)
edits = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["Legs", "Lower limbs", "Wounds"]),
        "hours": st.sampled_from(["24/7", "Mo 09:00-10:00"]),
        "owner": st.sampled_from([Owner("community-trust", team) for team in ("district-nursing", "tissue-viability")]),
        "eligibility": st.sampled_from([Eligibility(), Eligibility("Adults", 18)]),
        "needs": st.sampled_from([(), ("wounds",)]),
    },
).filter(bool)
# When it was published, the day from which it holds, and what it sets.
Log = list[tuple[datetime, date, dict[str, Any]]]
published = st.lists(st.tuples(st.integers(-90, 90), edits), min_size=1, max_size=6)


@contextmanager
def started(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        build.directory(database, at=START - timedelta(days=1))
        yield database
    finally:
        database.close()


def publish(database: Database, steps: list[tuple[int, dict[str, object]]]) -> Log:
    """Publish each edit a day after the one before; those that change nothing are refused, and are not in the log."""
    log: Log = []
    refusals = []
    for number, (days, edit) in enumerate(steps):
        at, day = START + timedelta(days=number), START.date() + timedelta(days)
        draft = Draft(title=f"Edit {number}", effective_from=day, services=(Edit("leg-ulcer-clinic", edit),), why="X")
        try:
            build.change(database, draft, at=at)
            log.append((at, day, edit))
        except Invalid as refusal:
            refusals.append(str(refusal))
    assert all("nothing differs" in refusal for refusal in refusals)
    return log


def replay(log: Log, on: date, known_at: datetime) -> Facts:
    """The opening, then every edit that was known by then, in the order of the days on which they hold."""
    facts = Facts(**build.leg_ulcer_clinic().set)  # type: ignore[arg-type]
    known = [(day, at, edit) for at, day, edit in log if at <= known_at and day <= on]
    for _, _, edit in sorted(known, key=lambda step: step[:2]):
        facts = facts.with_(edit)
    return facts


def check(database: Database, steps: list[tuple[int, dict[str, object]]]) -> None:
    log = publish(database, steps)
    days = sorted({START.date(), *(day for _, day, _ in log), *(day - timedelta(1) for _, day, _ in log[-1:])})
    with database.read() as connection:
        for known_at in [START, *(at for at, _, _ in log)]:
            for on in days:
                entry = services.entry(connection, "leg-ulcer-clinic", on=on, known_at=known_at)
                assert entry.facts == replay(log, on, known_at), (on, known_at)
                assert entry.version.effective_from <= on
                assert entry.version.recorded_at <= known_at


@settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(published)
def test_both_axes_equal_a_replay(
    sqlite_url: str, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, dict[str, object]]]
) -> None:
    path = tmp_path_factory.mktemp("axes") / "signpost.db"
    shutil.copy(sqlite_url.removeprefix("sqlite:///"), path)
    with started(f"sqlite:///{path}") as database:
        check(database, steps)


def test_both_axes_on_each_database(database_url: str) -> None:
    steps: list[tuple[int, dict[str, object]]] = [
        (30, {"owner": Owner("community-trust", "tissue-viability"), "name": "Lower limbs"}),
        (-30, {"hours": "24/7", "name": "Wounds"}),
        (10, {"eligibility": Eligibility("Adults", 18)}),
        (30, {"hours": "Mo 09:00-10:00", "name": "Legs"}),
        (-60, {"needs": ()}),
    ]
    with started(database_url) as database:
        check(database, steps)


def test_a_link_is_not_known_before_it_was_published(sqlite_url: str) -> None:
    with started(sqlite_url) as database:
        build.change(database, build.draft(build.opening("second"), kinds=("opened",), effective_from=FIRST), at=START)
        link = Succession("leg-ulcer-clinic", "second", "replaced", FIRST)
        build.change(
            database, build.draft(succession=(link,), effective_from=date(2026, 6, 1)), at=START + timedelta(1)
        )
        with database.read() as connection:
            day = date(2026, 2, 1)
            before, after = (
                services.entry(connection, "leg-ulcer-clinic", on=day, known_at=START + timedelta(days))
                for days in (0, 1)
            )
    assert (before.succeeded_by, before.upcoming) == ((), ())
    assert ([link.successor for link in after.succeeded_by], len(after.upcoming)) == (["second"], 1)
