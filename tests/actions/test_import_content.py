"""Importing a folder of Markdown: once it is history, twice it is nothing, and a dry run leaves no trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from directory.actions.import_content import import_folder
from directory.actions.import_services import Imported
from directory.content.folder import read_folder
from directory.domain.policy import OPERATOR, Actor
from directory.errors import Invalid, NotAllowed
from directory.store import changes, organisations, pages, services, vocabulary
from directory.store.database import Database
from directory.store.tables import metadata
from tests import build

STARTER = Path(__file__).resolve().parents[2] / "content"
FILES = {
    "organisations/trust.md": "---\nname: Trust\nods_code: ZZN01\neffective_from: 1990-01-01\n---\n",
    "teams/nurses.md": "---\nname: Nurses\norganisation: trust\neffective_from: 2000-01-01\n---\n",
    "services/legs.md": "---\nname: Legs\nowner: {organisation: trust, team: nurses}\n"
    "effective_from: 2024-10-01\n---\nX\n",
    "changes/legs.md": """---
title: Legs at night
published: 2025-01-15T09:30:00+00:00
effective_from: 2025-02-01
services: [{id: legs, set: {hours: 24/7}}]
---
## Why
Nights.
""",
    "pages/discharge.md": "---\ntitle: Discharge\nkind: forum\nupdated: 2026-01-01\n---\nNotes.\n",
    "vocabulary.yaml": "- {term: DN, means: [district nurse], kind: abbreviation}\n",
}


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    with closing(Database(sqlite_url)) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "content" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "content"


def bring(database: Database, folder: Path, *, dry_run: bool = False, by: Actor = OPERATOR) -> Imported:
    return import_folder(database, read_folder(folder), by=by, at=build.NOON, zone=build.LONDON, dry_run=dry_run)


def rows(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in metadata.sorted_tables
        }


def edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def test_history_is_told_as_it_happened(database: Database, folder: Path) -> None:
    done = bring(database, folder)
    assert [published.change.title for published in done.changes] == [
        "Trust added", "Nurses added", "Legs is in the directory", "Legs at night"
    ]  # fmt: skip
    assert done.changes[-1].change.recorded_at == datetime(2025, 1, 15, 9, 30, tzinfo=UTC)
    with database.read() as connection:
        then = services.entry(connection, "legs", on=date(2025, 1, 20), known_at=datetime(2025, 1, 10, tzinfo=UTC))
        now = services.entry(connection, "legs", on=build.TODAY)
        assert organisations.organisation(connection, "zzn01", on=build.TODAY).slug == "trust"
        assert [page.slug for page in pages.every(connection)] == ["discharge"]
        assert vocabulary.terms(connection) == [("DN", ("district nurse",), "abbreviation")]
    assert (then.facts.hours, then.upcoming, now.facts.hours) == ("", (), "24/7")


def test_twice_changes_nothing(database: Database, folder: Path) -> None:
    bring(database, folder)
    before = rows(database)
    done = bring(database, folder)
    assert (done.changes, done.unchanged) == ((), 4)
    # Only the import itself is remembered.
    after = rows(database)
    assert {name for name in after if after[name] != before[name]} == {"imports", "audit"}


def test_a_dry_run_writes_nothing(database: Database, folder: Path) -> None:
    before = rows(database)
    preview = bring(database, folder, dry_run=True)
    assert rows(database) == before
    done = bring(database, folder)
    assert [each.change.title for each in preview.changes] == [each.change.title for each in done.changes]


def test_what_is_edited_becomes_a_change_of_the_day_that_its_file_names(database: Database, folder: Path) -> None:
    bring(database, folder)
    edit(folder, "services/legs.md", "\nX\n", "\nY\n")
    edit(folder, "organisations/trust.md", "name: Trust", "name: New Trust")
    edit(folder, "teams/nurses.md", "name: Nurses", "name: Nurses and carers")
    done = bring(database, folder)
    assert [(each.change.kinds, each.change.effective_from) for each in done.changes] == [
        (("renamed",), date(1990, 1, 1)), (("renamed",), date(2000, 1, 1)), (("correction",), date(2024, 10, 1))
    ]  # fmt: skip
    with database.read() as connection:
        entry = services.entry(connection, "legs", on=build.TODAY)
    # What the change said since still holds.
    assert (entry.facts.description, entry.facts.hours) == ("Y", "24/7")
    assert bring(database, folder).changes == ()


def test_a_page_that_is_edited_gets_a_version(database: Database, folder: Path) -> None:
    bring(database, folder)
    edit(folder, "pages/discharge.md", "Notes.", "More notes.")
    assert bring(database, folder).changes == ()
    with database.read() as connection:
        assert pages.load(connection, "discharge").number == 2


def test_one_mistake_takes_everything_back(database: Database, folder: Path) -> None:
    before = rows(database)
    edit(folder, "changes/legs.md", "id: legs", "id: arms")
    with pytest.raises(Invalid, match="no service 'arms'"):
        bring(database, folder)
    assert rows(database) == before


@pytest.mark.parametrize("name", ["services/legs.md", "changes/legs.md", "pages/discharge.md"])
def test_patient_data_is_refused_by_its_file_and_not_quoted(database: Database, folder: Path, name: str) -> None:
    before = rows(database)
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write("\nBorn on 1/2/1950.\n")
    with pytest.raises(Invalid, match="a date of birth; take it out") as refusal:
        bring(database, folder)
    assert "1950" not in str(refusal.value)
    assert rows(database) == before


def test_only_an_editor_imports(database: Database, folder: Path) -> None:
    with pytest.raises(NotAllowed):
        bring(database, folder, by=Actor("person 1", 1))


def test_the_starter_content_comes_in_whole_and_twice_is_nothing(database: Database) -> None:
    done = bring(database, STARTER)
    assert len(done.changes) >= 130
    assert bring(database, STARTER).changes == ()
    with database.read() as connection:
        recorded = [row.recorded_at for row in changes.records(connection, after=0, limit=999)]
    assert recorded == sorted(recorded)
