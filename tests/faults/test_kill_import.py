"""`kill -9` of `signpost import` at any moment: all of a file is in the directory, or nothing of it.

What was written beside the database goes with it: no service, change, organisation, check or import is there, and the
same file imports afterwards as if nothing had been.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from directory.store.database import Database
from directory.store.tables.changes import changes, imports
from directory.store.tables.learning import checks
from directory.store.tables.nouns import organisations, services
from directory.store.tables.trust import audit
from tests import started
from tests.faults.aftermath import found_by_doctor
from tests.faults.conftest import Tried
from tests.hsds.full import Chance
from tests.postgres import PostgresServer
from tests.running import Signpost
from tests.sheets import sheet

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "2"))
ROWS = 60


def feed(rows: int) -> bytes:
    """The same as an Open Referral feed."""
    chance = Chance(random.Random(1))
    entries = [
        {
            "id": f"3fa85f64-5717-4562-b3fc-{number:012}",
            "name": f"Clinic {number}",
            "description": chance.word(),
            "status": "active",
            "organization": {"id": f"9fa85f64-5717-4562-b3fc-{number % 7:012}", "name": f"Trust {number % 7}"},
            "phones": [{"id": f"4fa85f64-5717-4562-b3fc-{number:012}", "number": "01632 960145"}],
            "assured_date": "2026-11-02",
        }
        for number in range(rows)
    ]
    return json.dumps(entries).encode()


def counted(url: str) -> dict[str, int]:
    """How much there is of everything that an import writes."""
    with closing(Database(url)) as database, database.read() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (services, organisations, changes, checks, imports, audit)
        }


Installed = Callable[[str], tuple[Signpost, str]]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def installed(request: pytest.FixtureRequest, tmp_path: Path) -> Installed:
    """Makes an empty, migrated directory of a name, each time another."""

    def make(name: str) -> tuple[Signpost, str]:
        if request.param == "sqlite":
            template: Path = request.getfixturevalue("_sqlite_template")
            shutil.copy(template, tmp_path / f"{name}.db")
            url = f"sqlite:///{tmp_path / name}.db"
        else:
            server: PostgresServer = request.getfixturevalue("postgres_server")
            url = server.create(f"{tmp_path.name}_{name}"[-60:], "template_signpost")
        return Signpost(tmp_path / name, database_url=url), url

    return make


@pytest.mark.parametrize(
    ("name", "data"), [("sheet.csv", sheet(ROWS)), pytest.param("feed.json", feed(ROWS), marks=pytest.mark.again)]
)
def test_killed_anywhere_it_is_all_or_none(
    installed: Installed, tmp_path: Path, tried: Callable[[Tried], None], name: str, data: bytes
) -> None:
    (tmp_path / name).write_bytes(data)
    command = ("import", str(tmp_path / name))
    chance = random.Random(20261123)

    signpost, url = installed("whole")
    # What starts the first process of all is not to count.
    signpost.run("version")
    nothing, found_in_nothing, began = counted(url), found_by_doctor(signpost), time.monotonic()
    signpost.run(*command)
    whole, longest = counted(url), time.monotonic() - began
    found_in_whole = found_by_doctor(signpost)
    assert (whole["services"], whole["checks"], whole["imports"]) == (ROWS, ROWS, 1)
    outcomes: Counter[bool] = Counter()
    for number in range(ROUNDS):
        signpost, url = installed(f"round_{number}")
        process = started.start(command, signpost.environment, out=tmp_path / "out", err=tmp_path / "err")
        process.join(chance.uniform(0, longest))
        process.kill()
        process.join()
        found = counted(url)
        assert found in (nothing, whole)
        assert found_by_doctor(signpost) == (found_in_whole if found == whole else found_in_nothing)
        signpost.run("audit", "verify")
        outcomes[found == whole] += 1
    # The last one goes on from what the kill left.
    signpost.run(*command)
    assert {**counted(url), "imports": 1, "audit": whole["audit"]} == whole
    of_which = f"{outcomes[True]} when it was written already"
    tried(Tried(f"kill -9 of import of a {name.partition('.')[2]}", url.partition(":")[0], ROUNDS, 0, 0, of_which))
