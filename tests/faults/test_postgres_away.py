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
from tests.postgres import Follower, PostgresServer
from tests.running import Relay, Signpost, free_port, wait_for

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "2"))
PROMOTIONS = min(ROUNDS, 5)
READERS = ["reader0@northmoor.example", "reader1@northmoor.example"]
pytestmark = [pytest.mark.again, pytest.mark.postgres]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL may enter: it runs as another user than the tests."""
    made = Path(tempfile.mkdtemp(prefix="signpost-away-", dir=MEMORY))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def server(postgres_server: PostgresServer, folder: Path) -> Iterator[PostgresServer]:
    """One that can be stopped without harm to the other tests, and that keeps what it has acknowledged."""
    made = PostgresServer(postgres_server.programs, folder / "0", durable=True)
    made.start()
    yield made
    with suppress(CalledProcessError):
        made.stop()


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
    repeats = _assert_nothing_lost(signpost, relay, load, healthy)
    assert load.refused.total() >= ROUNDS
    tried(Tried("PostgreSQL stopped at once while programs publish", "postgresql", ROUNDS, 0, repeats, _said(load)))


def test_a_standby_that_takes_over_has_all_that_was_acknowledged(
    server: PostgresServer, signpost: Signpost, folder: Path, relay: Relay, tried: Callable[[Tried], None]
) -> None:
    load, chance = Load(signpost, key_of_editor(signpost)), random.Random(20261125)
    healthy = found_by_doctor(signpost)
    primary, other, standbys = server, free_port(), list[Follower]()
    hosts = f"host=127.0.0.1:{server.port}&host=127.0.0.1:{other}"
    signpost.environment["SIGNPOST_DATABASE_URL"] = (
        f"postgresql://signpost@/away?{hosts}&target_session_attrs=read-write"
    )
    signpost.start()
    try:
        with load.running():
            for number in range(PROMOTIONS):
                # A copy of the one that works takes the place, and the port, of the one that is gone.
                standby = Follower(primary, folder / str(number + 1), port=other)
                standbys.append(standby)
                standby.start()
                primary.wait_for_others()
                load.goes_on()
                with standby.deaf():
                    # What is committed now is on one machine only, and no program may be told that it is done.
                    time.sleep(chance.uniform(1, 2))
                    primary.stop()
                _assert_says_so(signpost)
                standby.promote()
                wait_for(signpost.answers, "the same process to be ready with the standby")
                primary, other = standby, primary.port
            load.goes_on()
        signpost.stop()
        repeats = _assert_nothing_lost(signpost, relay, load, healthy)
    finally:
        for each in standbys:
            with suppress(CalledProcessError):
                each.stop()
    tried(Tried("PostgreSQL's standby promoted", "postgresql", PROMOTIONS, 0, repeats, _said(load)))


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


def _assert_nothing_lost(signpost: Signpost, relay: Relay, load: Load, healthy: set[str]) -> int:
    """All that was acknowledged is there and was told; returns how many messages went out twice."""
    work_when_leases_have_lapsed(signpost)
    with closing(Database(signpost.environment["SIGNPOST_DATABASE_URL"])) as database:
        assert_published_once(database, load.acknowledged)
        repeats = assert_told(database, relay, load.acknowledged, READERS)
    assert_chains_whole(signpost)
    assert found_by_doctor(signpost) <= healthy
    return repeats


def _said(load: Load) -> str:
    return f"{len(load.acknowledged)} changes; {load.refused.total()} calls that were asked again"
