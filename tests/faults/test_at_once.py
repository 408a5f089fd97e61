"""Four processes meet an empty database at the same moment: one migrates it, and none fails."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from directory.store.database import Database
from directory.store.migrate import at_head
from tests import started
from tests.faults.aftermath import assert_chains_whole, found_by_doctor
from tests.faults.conftest import Tried
from tests.postgres import PostgresServer
from tests.running import Signpost

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))
# Whatever an operator starts first: each of them migrates.
COMMANDS = (("migrate",), ("work", "--once"), ("doctor",), ("migrate",))


@pytest.mark.again
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_four_migrate_at_once(
    request: pytest.FixtureRequest, tmp_path: Path, tried: Callable[[Tried], None], kind: str
) -> None:
    for number in range(ROUNDS):
        url = f"sqlite:///{tmp_path / f'{number}.db'}"
        if kind == "postgresql":
            server: PostgresServer = request.getfixturevalue("postgres_server")
            url = server.create(f"at_once_{number}")
        signpost = Signpost(tmp_path / f"home-{number}", database_url=url)
        outs = [tmp_path / f"{number}-{place}" for place in range(len(COMMANDS))]
        processes = [
            started.start(command, signpost.environment, out=out, err=out)
            for command, out in zip(COMMANDS, outs, strict=True)
        ]
        for process, out in zip(processes, outs, strict=True):
            process.join(60)
            assert process.exitcode == 0, out.read_text()
        with closing(Database(url)) as database:
            assert at_head(database)
        assert_chains_whole(signpost)
        assert found_by_doctor(signpost) == {"Nothing wrong was found."}
    tried(Tried("four processes migrate at once", kind, ROUNDS, 0, 0))
