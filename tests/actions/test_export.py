"""What goes out comes in again the same: into the same directory as nothing, into an empty one as all of it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from directory.actions.export import Export, export_folder, export_sheet
from directory.actions.import_content import import_folder
from directory.actions.import_services import Import, Imported, import_file
from directory.content.folder import read_folder
from directory.domain.change import Edit
from directory.domain.policy import OPERATOR
from directory.domain.service import Contact, Facts, Location
from directory.errors import Invalid
from directory.exchange.reading import read
from directory.shapes import settled, to_plain
from directory.store.database import Database
from directory.store.services import entry
from directory.store.standing import standing
from tests.build import LONDON, NOON, TODAY, change, directory, draft, opening
from tests.conftest import STARTER
from tests.examples import examples
from tests.exchange.hostile import facts

LATER = NOON + timedelta(hours=1)


def sheet(database: Database, folder: Path, name: str = "out.csv", **asked: Any) -> Path:
    out = folder / name
    export_sheet(database, Export(out, **{"on": TODAY, "zone": LONDON, **asked}))
    return out


def markdown(database: Database, folder: Path, name: str = "out", **asked: Any) -> Path:
    out = folder / name
    export_folder(database, Export(out, **{"on": TODAY, "zone": LONDON, **asked}))
    return out


def take_sheet(database: Database, file: Path) -> Imported:
    return import_file(database, Import(read(file), file.name, OPERATOR, LATER, LONDON, TODAY))


def take_folder(database: Database, folder: Path) -> Imported:
    return import_folder(database, read_folder(folder), by=OPERATOR, at=LATER, zone=LONDON)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def services(database: Database) -> dict[str, Facts]:
    with database.read() as connection:
        return {row.slug: row.facts for rows in standing(connection, "service", on=TODAY) for row in rows}


@contextmanager
def another(template: Path) -> Iterator[tuple[Database, Path]]:
    """An empty directory, and a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(template, Path(folder) / "signpost.db")
        opened = Database(f"sqlite:///{folder}/signpost.db")
        try:
            yield opened, Path(folder)
        finally:
            opened.close()


@pytest.fixture
def template(_sqlite_template: Path) -> Path:
    return _sqlite_template


def assert_identity(database: Database, folder: Path, template: Path) -> None:
    """Both formats, into the same directory and into an empty one."""
    first = sheet(database, folder)
    assert take_sheet(database, first).changes == ()
    first_files = markdown(database, folder)
    assert take_folder(database, first_files).changes == ()
    with another(template) as (empty, elsewhere):
        take_sheet(empty, first)
        assert sheet(empty, elsewhere).read_bytes() == first.read_bytes()
    with another(template) as (empty, elsewhere):
        take_folder(empty, first_files)
        assert files(markdown(empty, elsewhere)) == files(first_files)
        assert {slug: to_plain(each) | {"owner": 0} for slug, each in services(empty).items()} == {
            slug: to_plain(each) | {"owner": 0} for slug, each in services(database).items()
        }


@settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=facts, second=facts)
def test_whatever_an_entry_says_export_then_import_is_the_identity(template: Path, first: Facts, second: Facts) -> None:
    with another(template) as (database, folder):
        directory(database)
        for slug, said in (("one", first), ("two", _with_its_own_ids(second, first))):
            given_facts: Any = settled(Facts, {name: getattr(said, name) for name in to_plain(said) if name != "owner"})
            change(database, draft(opening(slug, **given_facts), effective_from=date(2025, 1, 1)))
        assert_identity(database, folder, template)


def _with_its_own_ids(said: Facts, other: Facts) -> Facts:
    return replace(said, identifiers=tuple(each for each in said.identifiers if each not in other.identifiers))


def test_the_starter_content_goes_out_and_comes_in_again(template: Path) -> None:
    with another(template) as (database, folder):
        take_folder(database, STARTER)
        assert_identity(database, folder, template)


def rich(database: Database) -> None:
    directory(database)
    edit = {
        "contacts": (
            Contact("phone", "01632 960145", "The nurse in charge", "professionals"),
            Contact("address", "1 High Street"),
            Contact("phone", "01632 960146"),
        ),
        "locations": (Location("Main hall", "1 High Street", "NM1 1AA"), Location("Hut", "2 Low Street")),
    }
    change(database, draft(Edit("leg-ulcer-clinic", edit)))


def test_what_a_sheet_cannot_say_stays_when_an_edited_one_comes_back(database: Database, tmp_path: Path) -> None:
    rich(database)
    out = sheet(database, tmp_path)
    edited = out.read_text("utf-8-sig").replace("960146", "960199").replace("NM1 1AA", "NM1 1AB")
    out.write_text(edited, "utf-8")
    assert len(take_sheet(database, out).changes) == 1
    now = services(database)["leg-ulcer-clinic"]
    assert set(now.contacts) == {
        Contact("phone", "01632 960145", "The nurse in charge", "professionals"),
        Contact("phone", "01632 960199"),
        Contact("address", "1 High Street"),
    }
    assert now.locations == (Location("", "1 High Street", "NM1 1AB"), Location("Hut", "2 Low Street"))


def test_what_a_sheet_does_not_carry_is_counted(database: Database, tmp_path: Path) -> None:
    rich(database)
    done = export_sheet(database, Export(tmp_path / "out.csv", TODAY, LONDON))
    assert (done.services, done.not_carried) == (1, {"contacts": 1, "locations": 1})


def test_a_past_day_and_what_was_known_then(database: Database, tmp_path: Path) -> None:
    directory(database)
    change(database, draft(Edit("leg-ulcer-clinic", {"name": "Leg club"}), effective_from=date(2026, 6, 1)))
    on, before = date(2026, 5, 31), datetime(2026, 1, 1, tzinfo=UTC)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"on": on}, "Leg ulcer clinic"),
        ({}, "Leg club"),
        ({"known_at": before}, "Leg ulcer clinic"),
    ]
    for number, (asked, name) in enumerate(cases):
        (service,) = read(sheet(database, tmp_path, f"{number}.csv", **asked)).services
        assert service.set["name"] == name
        (file,) = read_folder(markdown(database, tmp_path, str(number), **asked)).services
        assert file.set["name"] == name
    assert len(read(sheet(database, tmp_path, "early.csv", on=date(2024, 10, 1))).services) == 1
    assert sheet(database, tmp_path, "none.csv", on=date(2024, 9, 30)).read_text().count("\n") == 1
    with database.read() as connection:
        assert entry(connection, "leg-ulcer-clinic", on=on).facts.name == "Leg ulcer clinic"


def test_a_folder_that_holds_something_is_left_alone(database: Database, tmp_path: Path) -> None:
    directory(database)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(Invalid, match="new or empty"):
        markdown(database, tmp_path)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_a_sheet_that_cannot_be_finished_leaves_the_old_one(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory(database)
    (tmp_path / "out.csv").write_text("old")
    monkeypatch.setattr("directory.actions.export.sheet.write", lambda *_given, **_named: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        sheet(database, tmp_path)
    assert [path.name for path in tmp_path.glob("*out.csv*")] == ["out.csv"]
    assert (tmp_path / "out.csv").read_text() == "old"
