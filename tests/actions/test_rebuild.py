"""The database made anew from the files: the same as it was, nobody told again; a file that was touched is named."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from directory.actions.audit_trail import seal_trail, verify_trail
from directory.actions.follow import write_entries, write_records
from directory.actions.import_content import import_folder
from directory.actions.rebuild import rebuild
from directory.actions.verify import verify_content
from directory.content.folder import read_folder
from directory.domain.change import Edit
from directory.domain.policy import OPERATOR
from directory.errors import RecordDamaged
from directory.notify.match import match_announced
from directory.store import pages
from directory.store.database import Database
from directory.store.tables.changes import changes
from tests import build
from tests.actions.test_records_rebuild import held

STARTER = Path(__file__).resolve().parents[2] / "content"
RECORDS = 7


@dataclass(frozen=True, slots=True)
class Written:
    """A directory and its files, and an empty database of the same tables beside them."""

    database: Database
    folder: Path
    empty: Path


@pytest.fixture(scope="module")
def written(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    home = tmp_path_factory.mktemp("written")
    shutil.copy(_sqlite_template, home / "signpost.db")
    with closing(Database(f"sqlite:///{home / 'signpost.db'}")) as database:
        build.directory(database)
        for hour in range(RECORDS - 1):
            edit = Edit("leg-ulcer-clinic", {"hours": f"Mo 0{hour}:00-12:00"})
            build.change(database, build.draft(edit, title=f"Hours {hour}"))
        write_records(database, home, at=build.NOON)
        yield Written(database, home, _sqlite_template)


def _rebuilt(empty: Path, folder: Path, into: Path) -> Database:
    shutil.copy(empty, into)
    database = Database(f"sqlite:///{into}")
    rebuild(database, folder, at=build.NOON, zone=build.LONDON)
    return database


def test_the_starter_content_comes_back_as_it_was(sqlite_url: str, written: Written, tmp_path: Path) -> None:
    with closing(Database(sqlite_url)) as original:
        import_folder(original, read_folder(STARTER), by=OPERATOR, at=build.NOON, zone=build.LONDON)
        write_records(original, tmp_path, at=build.NOON)
        write_entries(original, tmp_path, today=build.TODAY)
        with closing(_rebuilt(written.empty, tmp_path, tmp_path / "rebuilt.db")) as copy:
            wanted, found = held(original), held(copy)
            assert {name for name in wanted if wanted[name] != found[name]} == set()
            assert verify_content(copy, tmp_path).problems == ()
            with original.read() as one, copy.read() as other:
                assert [page.text for page in pages.every(one)] == [page.text for page in pages.every(other)]
            seal_trail(copy, at=build.NOON)
            assert verify_trail(copy).problems == ()


def test_nobody_is_told_again(written: Written, tmp_path: Path) -> None:
    with closing(_rebuilt(written.empty, written.folder, tmp_path / "rebuilt.db")) as copy:
        assert match_announced(copy, at=build.NOON, zone=build.LONDON) == 0
        with copy.read() as connection:
            waits = select(func.count()).where(changes.c.announced_at.is_(None))
            assert connection.scalar(waits) == 0


def test_only_into_an_empty_database(written: Written) -> None:
    with pytest.raises(RecordDamaged, match="not empty"):
        rebuild(written.database, written.folder, at=build.NOON, zone=build.LONDON)


def test_a_folder_without_records(sqlite_url: str, tmp_path: Path) -> None:
    with closing(Database(sqlite_url)) as database, pytest.raises(RecordDamaged, match="no records"):
        rebuild(database, tmp_path, at=build.NOON, zone=build.LONDON)


def _edit(paths: list[Path], place: int, chance: random.Random) -> None:
    """One character becomes another."""
    raw = bytearray(paths[place].read_bytes())
    at = chance.randrange(len(raw))
    raw[at] = ord("x") if raw[at] != ord("x") else ord("y")
    paths[place].write_bytes(bytes(raw))


def _delete(paths: list[Path], place: int, _chance: random.Random) -> None:
    paths[place].unlink()


def _reorder(paths: list[Path], place: int, _chance: random.Random) -> None:
    other = paths[place - 1]
    one, two = paths[place].read_bytes(), other.read_bytes()
    paths[place].write_bytes(two)
    other.write_bytes(one)


def _truncate(paths: list[Path], place: int, chance: random.Random) -> None:
    raw = paths[place].read_bytes()
    paths[place].write_bytes(raw[: chance.randrange(len(raw))])


HARM = {"edit": _edit, "delete": _delete, "reorder": _reorder, "truncate": _truncate}


@given(harm=st.sampled_from(sorted(HARM)), place=st.integers(0, RECORDS - 1), seed=st.integers(0, 9_999))
def test_every_harm_to_a_file_is_found_at_its_place(
    written: Written, tmp_path_factory: pytest.TempPathFactory, harm: str, place: int, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("harmed")
    shutil.copytree(written.folder / "changes", folder / "changes")
    paths = sorted((folder / "changes").rglob("*.md"))
    HARM[harm](paths, place, random.Random(seed))
    found = verify_content(written.database, folder).problems
    assert found
    assert any(paths[place].name in problem for problem in found)


@given(harm=st.sampled_from(sorted(HARM)), place=st.integers(0, RECORDS - 2), seed=st.integers(0, 9_999))
def test_what_was_harmed_makes_no_database(
    written: Written, tmp_path_factory: pytest.TempPathFactory, harm: str, place: int, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("harmed")
    shutil.copytree(written.folder / "changes", folder / "changes")
    shutil.copy(written.empty, folder / "new.db")
    HARM[harm](sorted((folder / "changes").rglob("*.md")), place, random.Random(seed))
    with closing(Database(f"sqlite:///{folder / 'new.db'}")) as database:
        # The files alone know nothing of what came after the last of them: that is what a checkpoint is for.
        with pytest.raises(RecordDamaged, match=r"record|\.md"):
            rebuild(database, folder, at=build.NOON, zone=build.LONDON)
        with database.read() as connection:
            assert connection.scalar(select(func.count()).select_from(changes)) == 0
