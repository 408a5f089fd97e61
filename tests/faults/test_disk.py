"""The disk is full, or takes nothing: what can be read is read, what cannot be written says so, nothing is lost.

No process is started again: when there is room, publishing, telling, the index and the records go on by themselves.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from directory.actions.people import subscribe_person
from directory.site import utc_now
from directory.store.database import Database
from tests.faults.aftermath import (
    assert_chains_whole,
    assert_published_once,
    assert_told,
    found_by_doctor,
    work_when_leases_have_lapsed,
)
from tests.faults.conftest import Tried
from tests.faults.disk import Disk, mounted
from tests.faults.publishing import Load, key_of_editor, publish
from tests.running import Relay, Signpost, wait_for
from tests.sheets import sheet

READERS = ["reader0@northmoor.example", "reader1@northmoor.example"]
FULL, READ_ONLY = "is full", "can only be read"
pytestmark = pytest.mark.again


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with mounted(tmp_path / "disk") as made:
        if made is None:
            pytest.skip("only root, where it may mount a file system, can fill a disk")
        yield made


@pytest.fixture
def signpost(disk: Disk, _furnished: Path, relay: Relay) -> Iterator[Signpost]:
    """Database, index, records and all on that disk."""
    shutil.copytree(_furnished / "home", disk.folder / "home")
    path = shutil.copy(_furnished / "signpost.db", disk.folder / "signpost.db")
    installed = Signpost(disk.folder / "home", database_url=f"sqlite:///{path}", smtp_url=relay.url)
    installed.log = disk.folder.parent / "log"
    installed.environment |= {"SIGNPOST_API_LIMIT": "0", "SIGNPOST_API_LIMIT_WITHOUT_KEY": "0"}
    with closing(Database(f"sqlite:///{path}")) as database:
        for reader in READERS:
            subscribe_person(
                database, email=reader, criteria={}, frequency="immediately", at=utc_now(), today=date(2026, 11, 22)
            )
    yield installed
    installed.kill()


def test_a_full_disk_loses_nothing_and_is_over_when_there_is_room(
    disk: Disk, signpost: Signpost, relay: Relay, tried: Callable[[Tried], None]
) -> None:
    load, healthy = Load(signpost, key_of_editor(signpost)), found_by_doctor(signpost)
    signpost.start()
    with load.running():
        load.goes_on()
        disk.fill()
        wait_for(lambda: any(FULL in said for said in load.refused), "publishing to be refused")
        _assert_reads_and_says(signpost, FULL)
        disk.make_room()
        load.goes_on()
    _assert_recovered(signpost, relay, load, healthy)
    tried(Tried("disk full while programs publish", "sqlite", 1, 0, 0, f"{load.refused.total()} calls refused"))


def test_a_folder_that_can_only_be_read_waits_until_it_takes_again(
    disk: Disk, signpost: Signpost, relay: Relay, tried: Callable[[Tried], None]
) -> None:
    load, healthy = Load(signpost, key_of_editor(signpost)), found_by_doctor(signpost)
    signpost.start()
    with load.running():
        load.goes_on()
        with disk.read_only(signpost.home):
            _assert_reads_and_says(signpost, READ_ONLY)
            # The database is elsewhere: who publishes and who is told need no index and no records.
            load.goes_on()
        load.goes_on()
    _assert_recovered(signpost, relay, load, healthy)
    tried(Tried("index and records read-only while programs publish", "sqlite", 1, 0, 0))


def test_a_database_that_can_only_be_read_is_named_at_once(disk: Disk, signpost: Signpost, tmp_path: Path) -> None:
    file = tmp_path / "sheet.csv"
    file.write_bytes(sheet(10))
    with disk.read_only(disk.folder):
        refused = signpost.run("import", str(file), check=False)
    assert refused.returncode != 0
    assert (READ_ONLY in refused.stderr, len(refused.stderr.splitlines())) == (True, 1), refused.stderr
    signpost.run("import", str(file))


def _assert_reads_and_says(signpost: Signpost, words: str) -> None:
    with signpost.client() as client:
        for path in ("/", "/find?q=leg+ulcer", "/services/podiatry", "/api/v1/services/podiatry", "/live"):
            assert client.get(path).status_code == 200, path
        ready = client.get("/ready")
        assert (ready.status_code, ready.json()["status"]) == (200, "ready")
        assert words in ready.json()["wrong"]
        # A question without an answer is only counted, and nobody is kept waiting or refused for that.
        assert client.get("/find?q=quantum+chromodynamics").status_code == 200
    wait_for(lambda: " ERROR " in signpost.log.read_text(), "the log to say so")


def _assert_recovered(signpost: Signpost, relay: Relay, load: Load, healthy: set[str]) -> None:
    with signpost.client() as client:
        assert client.get("/ready").json() == {"status": "ready"}
    signpost.stop()
    work_when_leases_have_lapsed(signpost)
    with closing(Database(signpost.environment["SIGNPOST_DATABASE_URL"])) as database:
        assert_published_once(database, load.acknowledged)
        assert_told(database, relay, load.acknowledged, READERS)
    assert_chains_whole(signpost)
    assert found_by_doctor(signpost) <= healthy
    log = signpost.log.read_text()
    assert "Traceback" not in log, log[log.index("Traceback") :][:3000]


@pytest.mark.parametrize("left", [0, 1 << 19], ids=["none", "too little"])
def test_an_import_that_finds_no_room_writes_nothing(disk: Disk, signpost: Signpost, tmp_path: Path, left: int) -> None:
    file = tmp_path / "sheet.csv"
    file.write_bytes(sheet(400))
    signpost.run("export", "--format", "services-csv", str(tmp_path / "before.csv"))
    disk.fill(but=left)
    refused = signpost.run("import", str(file), check=False)
    assert refused.returncode != 0
    assert (FULL in refused.stderr, len(refused.stderr.splitlines())) == (True, 1), refused.stderr
    disk.make_room()
    signpost.run("export", "--format", "services-csv", str(tmp_path / "after.csv"))
    assert (tmp_path / "after.csv").read_bytes() == (tmp_path / "before.csv").read_bytes()
    signpost.run("import", str(file))


def test_a_digest_that_finds_no_room_goes_out_once_when_there_is(
    disk: Disk, signpost: Signpost, relay: Relay, tmp_path: Path
) -> None:
    key, database = key_of_editor(signpost), Database(signpost.environment["SIGNPOST_DATABASE_URL"])
    with closing(database):
        subscribe_person(
            database,
            email="daily@northmoor.example",
            criteria={},
            frequency="daily",
            at=utc_now(),
            today=date(2026, 11, 22),
        )
    signpost.start("--no-work")
    with signpost.client(key) as client:
        for number in range(3):
            assert publish(client, f"Change {number}").status_code == 201
    signpost.stop()
    disk.fill()
    at = "2099-01-05T12:00:00Z"
    refused = signpost.run("digest", "run", "--at", at, check=False)
    assert refused.returncode != 0
    assert (FULL in refused.stderr, len(refused.stderr.splitlines())) == (True, 1), refused.stderr
    assert relay.to("daily@northmoor.example") == []
    disk.make_room()
    signpost.run("work", "--once")
    signpost.run("digest", "run", "--at", at)
    signpost.run("work", "--once")
    assert len(relay.to("daily@northmoor.example")) == 1
