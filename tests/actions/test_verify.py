"""Verifying finds every way in which a record on disk, or the chain, is not as it was published."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from directory.actions.follow import write_records
from directory.actions.verify import rewrite_missing, verify_content
from directory.domain.change import Edit
from directory.store.database import Database
from directory.store.tables.changes import change_subjects, change_terms, changes
from directory.store.tables.nouns import service_versions, version_terms
from tests import build

HOURS = ("Mo 09:00-10:00", "Tu 09:00-10:00", "We 09:00-10:00")


@pytest.fixture
def started(sqlite_url: str, tmp_path: Path) -> Iterator[Database]:
    with closing(Database(sqlite_url)) as opened:
        build.directory(opened)
        for hours in HOURS:
            build.change(opened, build.draft(Edit("leg-ulcer-clinic", {"hours": hours}), title=hours))
        write_records(opened, tmp_path, at=build.NOON)
        yield opened


def files(folder: Path) -> list[Path]:
    return sorted((folder / "changes").rglob("*.md"))


def edited(folder: Path) -> None:
    path = files(folder)[1]
    path.write_text(path.read_text(encoding="utf-8").replace("Mo 09", "Mo 08"), encoding="utf-8")


def cut_off(folder: Path) -> None:
    path = files(folder)[1]
    path.write_bytes(path.read_bytes()[:-20])


def emptied(folder: Path) -> None:
    files(folder)[3].write_bytes(b"")


def missing(folder: Path) -> None:
    files(folder)[1].unlink()


def last_missing(folder: Path) -> None:
    files(folder)[-1].unlink()


def swapped(folder: Path) -> None:
    one, other = files(folder)[1:3]
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def renamed(folder: Path) -> None:
    path = files(folder)[2]
    path.rename(path.with_name("000009-later.md"))


def added(folder: Path) -> None:
    (files(folder)[0].parent / "000005-forged.md").write_text("---\nnumber: 5\n---\n", encoding="utf-8")


def line_ends(folder: Path) -> None:
    path = files(folder)[1]
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def not_text(folder: Path) -> None:
    files(folder)[1].write_bytes(b"\xff\xfe")


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (edited, ["000002-mo-09-00-10-00.md was edited"]),
        (cut_off, ["000002-mo-09-00-10-00.md was edited"]),
        (emptied, ["000004-we-09-00-10-00.md was edited"]),
        (line_ends, ["000002-mo-09-00-10-00.md was edited"]),
        (not_text, ["000002-mo-09-00-10-00.md cannot be read"]),
        (missing, ["000002-mo-09-00-10-00.md is missing"]),
        (last_missing, ["000004-we-09-00-10-00.md is missing"]),
        (swapped, ["000002-mo-09-00-10-00.md was edited", "000003-tu-09-00-10-00.md was edited"]),
        (renamed, ["000003-tu-09-00-10-00.md is missing", "000009-later.md is no record"]),
        (added, ["000005-forged.md is no record"]),
    ],
)
def test_damage_on_disk_is_found(
    started: Database, tmp_path: Path, damage: Callable[[Path], None], found: list[str]
) -> None:
    assert verify_content(started, tmp_path).problems == ()
    damage(tmp_path)
    problems = verify_content(started, tmp_path).problems
    assert len(problems) == len(found)
    for problem, wanted in zip(problems, found, strict=True):
        assert wanted in problem


def test_a_sound_store_says_how_many_and_which_is_last(started: Database, tmp_path: Path) -> None:
    found = verify_content(started, tmp_path)
    with started.read() as connection:
        head = connection.execute(changes.select().order_by(changes.c.number.desc())).first()
    assert head is not None
    assert (found.records, found.head) == (4, head.sha256)


def test_what_is_not_yet_written_is_no_damage(started: Database, tmp_path: Path) -> None:
    build.change(started, build.draft(Edit("leg-ulcer-clinic", {"hours": "24/7"})))
    assert verify_content(started, tmp_path).problems == ()


def test_a_record_edited_in_the_database_is_found(started: Database, tmp_path: Path) -> None:
    with started.write() as connection:
        connection.execute(update(changes).where(changes.c.number == 2).values(record="---\nnumber: 2\n---\n"))
    assert verify_content(started, tmp_path).problems == ("change 2 in the database is not as it was published",)


@pytest.mark.parametrize(("number", "found"), [(2, "changes 2 to 2 are missing"), (4, "its log ends with 3")])
def test_a_change_taken_out_of_the_database_is_found(
    started: Database, tmp_path: Path, number: int, found: str
) -> None:
    with started.write() as connection:
        for table in (change_terms, change_subjects):
            connection.execute(delete(table).where(table.c.change_number == number))
        versions = service_versions.c.change_number == number
        connection.execute(delete(version_terms).where(version_terms.c.number == number))
        connection.execute(delete(service_versions).where(versions))
        connection.execute(delete(changes).where(changes.c.number == number))
    problems = verify_content(started, tmp_path).problems
    assert any(found in problem for problem in problems)
    assert any("is no record of this directory" in problem for problem in problems)


def test_what_is_missing_is_written_again_and_evidence_is_left_alone(started: Database, tmp_path: Path) -> None:
    emptied(tmp_path)
    missing(tmp_path)
    assert rewrite_missing(started, tmp_path) == 1
    assert rewrite_missing(started, tmp_path) == 0
    (problem,) = verify_content(started, tmp_path).problems
    assert "000004" in problem
