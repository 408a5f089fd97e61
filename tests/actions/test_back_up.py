"""A backup holds everything, made while others write; it comes back into either database the same, or not at all."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event
from zipfile import ZipFile

import pytest
from sqlalchemy import insert, select, text

from directory.actions.back_up import back_up, check_restored, restore
from directory.actions.verify import rewrite_missing
from directory.domain.change import Edit
from directory.errors import BackupRefused
from directory.notify.match import match_announced
from directory.store import dumping, people, subscriptions
from directory.store.database import Database
from directory.store.tables.telling import deliveries
from directory.store.tables.trust import idempotent_answers
from tests import build

SECRET = "a secret of the site"


@pytest.fixture
def lived(database: Database) -> Database:
    """A directory in which something waits to be sent, with every kind of value."""
    build.directory(database)
    with database.write() as connection:
        nurse = people.add(connection, email="nurse@northmoor.example", name="Nürse", editor=True, at=build.NOON)
        subscriptions.subscribe(
            connection, criteria={}, frequency="daily", label="all", at=build.NOON - timedelta(days=1), person_id=nurse
        )
        row = {"actor": "x", "key": "k", "body_sha256": "0" * 64, "status": 201, "body": b"\x00\xff{}"}
        connection.execute(insert(idempotent_answers).values(**row, created_at=build.NOON))
    build.change(database, build.draft(Edit("leg-ulcer-clinic", {"summary": "Ne\u0301w\n“lines”"})))
    match_announced(database, at=build.NOON, zone=build.LONDON)
    return database


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Callable[[str], Database]]:
    made: list[Database] = []

    def open_(url: str = "") -> Database:
        made.append(Database(url or f"sqlite:///{tmp_path / f'empty{len(made)}.db'}"))
        return made[-1]

    yield open_
    for each in made:
        each.close()


def held(database: Database) -> dict[str, list[str]]:
    with database.read() as connection:
        return {shape.name: sorted(dumping.rows_out(connection, shape)) for shape in dumping.shapes()}


def test_what_goes_out_comes_back(lived: Database, empty: Callable[[str], Database], tmp_path: Path) -> None:
    out = tmp_path / "backup.zip"
    made = back_up(lived, SECRET, out, at=build.NOON)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert made.rows["deliveries"] == 1
    place = empty("")
    found, secret = restore(place, out, verify=True)
    assert (found, secret) == (made, SECRET)
    assert held(place) == held(lived)
    with place.read() as connection:
        assert connection.execute(select(deliveries.c.state)).scalar_one() == "pending"
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    rewrite_missing(place, tmp_path / "content")
    assert check_restored(place, tmp_path / "content", found) == ()
    # And life goes on.
    build.change(place, build.draft(Edit("leg-ulcer-clinic", {"summary": "After."})), at=build.NOON + timedelta(days=1))


@pytest.mark.postgres
def test_from_sqlite_to_postgresql_and_its_counters_go_on(
    sqlite_url: str, postgres_url: str, empty: Callable[[str], Database], tmp_path: Path
) -> None:
    small = empty(sqlite_url)
    build.directory(small)
    with small.write() as connection:
        first = people.add(connection, email="a@northmoor.example", name="", editor=False, at=build.NOON)
    back_up(small, SECRET, tmp_path / "b.zip", at=build.NOON)
    large = empty(postgres_url)
    restore(large, tmp_path / "b.zip", verify=True)
    assert held(large) == held(small)
    with large.write() as connection:
        assert people.add(connection, email="b@northmoor.example", name="", editor=False, at=build.NOON) == first + 1
    build.change(large, build.draft(Edit("leg-ulcer-clinic", {"summary": "After."})))


def test_a_backup_is_one_moment_while_others_publish(
    database: Database, tmp_path: Path, empty: Callable[[str], Database]
) -> None:
    build.directory(database)
    begun, done = Event(), Event()

    def publish() -> int:
        count = 0
        while not done.is_set() or count < 3:
            edit = Edit("leg-ulcer-clinic", {"summary": f"Number {count}."})
            build.change(database, build.draft(edit), at=build.NOON + timedelta(seconds=count))
            count += 1
            begun.set()
        return count

    with ThreadPoolExecutor(1) as pool:
        publishing = pool.submit(publish)
        begun.wait(20)
        made = [back_up(database, SECRET, tmp_path / f"{number}.zip", at=build.NOON) for number in range(3)]
        done.set()
        assert publishing.result() >= 3
    for number, backup in enumerate(made):
        place = empty("")
        found, _ = restore(place, tmp_path / f"{number}.zip", verify=True)
        assert (found.number, found.sha256) == (backup.number, backup.sha256)
        rewrite_missing(place, tmp_path / f"content{number}")
        assert check_restored(place, tmp_path / f"content{number}", found) == ()


def test_it_is_never_put_over_something(lived: Database, tmp_path: Path) -> None:
    out = tmp_path / "backup.zip"
    back_up(lived, SECRET, out, at=build.NOON)
    before = held(lived)
    with pytest.raises(BackupRefused, match="exists already"):
        back_up(lived, SECRET, out, at=build.NOON)
    with pytest.raises(BackupRefused, match="not empty"):
        restore(lived, out)
    assert held(lived) == before
    with pytest.raises(BackupRefused, match="cannot be written"):
        back_up(lived, SECRET, tmp_path / "no" / "such" / "folder.zip", at=build.NOON)
    assert list(tmp_path.glob(".*")) == []


def changed(path: Path, out: Path, member: str, change: Callable[[bytes], bytes]) -> Path:
    with ZipFile(path) as old, ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == member else old.read(name))
    return out


def test_a_damaged_or_foreign_file_writes_nothing(
    sqlite_url: str, empty: Callable[[str], Database], tmp_path: Path
) -> None:
    lived = empty(sqlite_url)
    build.directory(lived)
    good = tmp_path / "good.zip"
    back_up(lived, SECRET, good, at=build.NOON)

    def newer(manifest: bytes) -> bytes:
        return json.dumps(json.loads(manifest) | {"revision": "9999", "version": "99.0"}).encode()

    def foreign(manifest: bytes) -> bytes:
        return json.dumps(json.loads(manifest) | {"format": "other"}).encode()

    cut = tmp_path / "cut.zip"
    cut.write_bytes(good.read_bytes()[:-200])
    wrong = [
        (cut, "cannot be read"),
        (
            changed(good, tmp_path / "1", "tables/changes.jsonl", lambda text: text.replace(b"begins", b"ends")),
            "damaged",
        ),
        (changed(good, tmp_path / "2", "tables/services.jsonl", lambda _text: b""), "cannot be read|damaged|FOREIGN"),
        (changed(good, tmp_path / "3", "tables/teams.jsonl", lambda text: text + b"[1]\n"), "cannot be read"),
        (changed(good, tmp_path / "7", "tables/checks.jsonl", lambda _: b'[1,"nobody","x",null,"x"]\n'), "cannot be"),
        (changed(good, tmp_path / "4", "manifest.json", newer), "99.0, which is newer"),
        (changed(good, tmp_path / "5", "manifest.json", foreign), "no backup that this version"),
        (changed(good, tmp_path / "6", "manifest.json", lambda _text: b"{}"), "no backup"),
    ]
    place = empty("")
    for path, said in wrong:
        with pytest.raises(BackupRefused, match=said):
            restore(place, path)
    restore(place, good, verify=True)
    assert held(place) == held(lived)
