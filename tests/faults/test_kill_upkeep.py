"""`kill -9` of what an operator runs by hand, at any moment: `backup`, `reindex`, `migrate`.

After each: both chains verify, the command or the worker then does the work, and `doctor` finds what it found before,
no more and no less. `scripts/faults` runs more rounds.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from directory.store.database import Database
from directory.store.migrate import at_head, revision_of
from tests.faults.aftermath import assert_chains_whole, found_by_doctor
from tests.faults.conftest import Tried
from tests.faults.killing import Killer
from tests.postgres import PostgresServer
from tests.running import Signpost

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))


@pytest.mark.again
def test_a_backup_is_there_whole_or_not_at_all(
    signpost: Signpost, killer: Killer, tmp_path: Path, tried: Callable[[Tried], None]
) -> None:
    before = found_by_doctor(signpost)
    longest = killer.takes(signpost, "backup", str(tmp_path / "whole.zip"))
    at_work = 0
    for number in range(ROUNDS):
        out = tmp_path / f"{number}.zip"
        at_work += killer.kill(signpost, "backup", str(out), within=longest)
        # What it would have held, addresses and the secret, is nowhere.
        assert list(tmp_path.glob(".*")) == []
        if not out.exists():
            signpost.run("backup", str(out))
        _assert_restores(out, tmp_path / f"restored-{number}")
        assert_chains_whole(signpost)
        assert found_by_doctor(signpost) == before
    tried(Tried("kill -9 of backup", _kind(signpost), at_work, 0, 0, f"{ROUNDS - at_work} when it was done"))


@pytest.mark.again
def test_a_killed_reindex_leaves_an_index_that_answers(
    signpost: Signpost, killer: Killer, tried: Callable[[Tried], None]
) -> None:
    before, answer = found_by_doctor(signpost), _answer(signpost)
    longest = killer.takes(signpost, "reindex")
    at_work = 0
    for _ in range(ROUNDS):
        at_work += killer.kill(signpost, "reindex", within=longest)
        # No second reindex: the worker mends what there is.
        signpost.run("work", "--once")
        assert _answer(signpost) == answer
        assert_chains_whole(signpost)
        assert found_by_doctor(signpost) == before
    signpost.run("reindex")
    assert _answer(signpost) == answer
    tried(Tried("kill -9 of reindex", _kind(signpost), at_work, 0, 0, f"{ROUNDS - at_work} when it was done"))


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_killed_migrate_has_done_all_or_nothing(
    request: pytest.FixtureRequest, killer: Killer, tmp_path: Path, tried: Callable[[Tried], None], kind: str
) -> None:
    def empty(name: str) -> Signpost:
        if kind == "sqlite":
            return Signpost(tmp_path / name, database_url=f"sqlite:///{tmp_path / name}.db")
        server: PostgresServer = request.getfixturevalue("postgres_server")
        return Signpost(tmp_path / name, database_url=server.create(f"{tmp_path.name}_{name}"))

    signpost = empty("whole")
    longest = killer.takes(signpost, "migrate")
    healthy = found_by_doctor(signpost)
    at_work = 0
    for number in range(ROUNDS):
        signpost = empty(f"round_{number}")
        at_work += killer.kill(signpost, "migrate", within=longest)
        with closing(Database(_url(signpost))) as database:
            with database.read() as connection:
                untouched = not revision_of(connection)
            assert untouched or at_head(database)
        signpost.run("migrate")
        assert_chains_whole(signpost)
        assert found_by_doctor(signpost) == healthy
    tried(Tried("kill -9 of migrate", kind, at_work, 0, 0, f"{ROUNDS - at_work} when it was done"))


def _answer(signpost: Signpost) -> str:
    return signpost.run("find", "leg ulcer", "--json").stdout


def _assert_restores(backup: Path, home: Path) -> None:
    Signpost(home, database_url=f"sqlite:///{home}.db").run("restore", str(backup), "--verify")


def _url(signpost: Signpost) -> str:
    return signpost.environment["SIGNPOST_DATABASE_URL"]


def _kind(signpost: Signpost) -> str:
    return _url(signpost).partition(":")[0]
