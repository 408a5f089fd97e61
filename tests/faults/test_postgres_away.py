"""PostgreSQL stops at once, as in a crash, while programs publish: Signpost says so, and goes on when it is back.

Its own processes are not started again. Whoever got no answer asks again under the same `Idempotency-Key`.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import date
from pathlib import Path
from subprocess import CalledProcessError

import pytest

from directory.actions.people import subscribe_person
from directory.site import utc_now
from directory.store.database import Database
from tests.conftest import MEMORY, STARTER
from tests.faults.aftermath import (
    assert_chains_whole,
    assert_published_once,
    assert_told,
    found_by_doctor,
    work_when_leases_have_lapsed,
)
from tests.faults.conftest import Tried
from tests.faults.publishing import Load, key_of_editor
from tests.postgres import PostgresServer
from tests.running import Relay, Signpost, wait_for

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "2"))
READERS = ["reader0@northmoor.example", "reader1@northmoor.example"]
pytestmark = [pytest.mark.again, pytest.mark.postgres]


@pytest.fixture
def server(postgres_server: PostgresServer) -> Iterator[PostgresServer]:
    """One that can be stopped without harm to the other tests, and that keeps what it has acknowledged."""
    # PostgreSQL runs as another user than the tests, who may not enter their folder.
    folder = Path(tempfile.mkdtemp(prefix="signpost-away-", dir=MEMORY))
    made = PostgresServer(postgres_server.programs, folder, durable=True)
    made.start()
    yield made
    with suppress(CalledProcessError):
        made.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def signpost(server: PostgresServer, tmp_path: Path, relay: Relay) -> Iterator[Signpost]:
    installed = Signpost(tmp_path / "home", database_url=server.create("away"), smtp_url=relay.url)
    installed.environment |= {"SIGNPOST_API_LIMIT": "0", "SIGNPOST_API_LIMIT_WITHOUT_KEY": "0"}
    installed.run("import", str(STARTER), "--format", "markdown")
    with closing(Database(server.url("away"))) as database:
        for reader in READERS:
            subscribe_person(
                database, email=reader, criteria={}, frequency="immediately", at=utc_now(), today=date(2026, 11, 22)
            )
    installed.run("work", "--once")
    yield installed
    installed.stop()


def test_stopped_at_once_nothing_acknowledged_is_lost(
    server: PostgresServer, signpost: Signpost, relay: Relay, tried: Callable[[Tried], None]
) -> None:
    load, chance = Load(signpost, key_of_editor(signpost)), random.Random(20261124)
    healthy = found_by_doctor(signpost)
    signpost.start()
    with load.running():
        for _ in range(ROUNDS):
            load.goes_on()
            time.sleep(chance.uniform(0, 0.5))
            server.stop()
            _assert_says_so(signpost)
            server.start()
            wait_for(signpost.answers, "the same process to be ready again")
        load.goes_on()
    signpost.stop()

    work_when_leases_have_lapsed(signpost)
    with closing(Database(server.url("away"))) as database:
        assert_published_once(database, load.acknowledged)
        repeats = assert_told(database, relay, load.acknowledged, READERS)
    assert_chains_whole(signpost)
    assert found_by_doctor(signpost) <= healthy
    assert load.refused.total() >= ROUNDS
    of_which = f"{len(load.acknowledged)} changes; {load.refused.total()} calls that were asked again"
    tried(Tried("PostgreSQL stopped at once while programs publish", "postgresql", ROUNDS, 0, repeats, of_which))


def _assert_says_so(signpost: Signpost) -> None:
    with signpost.client() as client:
        ready = client.get("/ready")
        assert (ready.status_code, ready.json()["status"]) == (503, "the database does not answer")
        assert client.get("/live").status_code == 200
        for path in ("/", "/find?q=leg+ulcer", "/api/v1/services", "/fhir/HealthcareService", "/hsds/services"):
            answer = client.get(path)
            assert answer.status_code == 503, path
            assert "database does not answer" in answer.text, path
            assert int(answer.headers["Retry-After"]) > 0, path
        # Whoever is signed in is not taken for a stranger, and sent to sign in again.
        known = client.get("/my/updates", headers={"Cookie": "signpost-session=kept"})
        assert (known.status_code, "database does not answer" in known.text) == (503, True)
