"""What follows the changes: the index and the files heal themselves, and doing it twice does nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from directory.actions.follow import follow_index, rebuild_index, write_entries, write_records
from directory.actions.import_content import import_folder
from directory.content.folder import Folder, read_folder
from directory.domain.change import Draft, Edit
from directory.domain.policy import OPERATOR
from directory.domain.query import Query
from directory.domain.service import Owner
from directory.domain.succession import Succession
from directory.search.find import find
from directory.search.index import WhooshEngine
from directory.search.vocabulary import Vocabulary
from directory.store import changes, pages
from directory.store.database import Database
from directory.store.tables.changes import changes as changes_table
from tests import build

TOMORROW = build.TODAY + timedelta(1)
NO_WORDS = Vocabulary.from_terms([])


@pytest.fixture
def started(sqlite_url: str) -> Iterator[Database]:
    with closing(Database(sqlite_url)) as opened:
        build.directory(opened)
        yield opened


@pytest.fixture
def engine(started: Database, tmp_path: Path) -> Iterator[WhooshEngine]:
    with closing(WhooshEngine(tmp_path / "index")) as opened:
        assert follow_index(started, opened, today=build.TODAY) == 1
        yield opened


def hits(engine: WhooshEngine, text: str) -> list[str]:
    return [hit.service_id for hit in find(Query(text), engine, NO_WORDS).hits]


def test_the_index_takes_in_new_changes_and_only_them(started: Database, engine: WhooshEngine) -> None:
    assert follow_index(started, engine, today=build.TODAY) == 0
    build.change(started, build.draft(build.opening("foot-protection"), kinds=("opened",)))
    build.change(started, build.draft(Edit("leg-ulcer-clinic", {"name": "Lower limb clinic"})))
    assert follow_index(started, engine, today=build.TODAY) == 2
    assert (hits(engine, "foot protection"), hits(engine, "lower limb")) == (["foot-protection"], ["leg-ulcer-clinic"])
    assert hits(engine, "leg ulcer clinic") == ["leg-ulcer-clinic"]
    assert engine.cursor == (3, build.TODAY)


def test_a_change_for_tomorrow_is_taken_in_again_on_the_day(started: Database, engine: WhooshEngine) -> None:
    edit = Edit("leg-ulcer-clinic", {"owner": Owner("hospital-trust", "vascular")})
    build.change(started, build.draft(edit, effective_from=TOMORROW))
    assert follow_index(started, engine, today=build.TODAY) == 1
    assert hits(engine, "district nursing") == ["leg-ulcer-clinic"]
    assert follow_index(started, engine, today=TOMORROW) == 1
    assert hits(engine, "vascular nurses") == ["leg-ulcer-clinic"]
    assert follow_index(started, engine, today=TOMORROW) == 0


def test_an_owner_renamed_tomorrow_is_found_by_its_new_name_from_then_on(
    started: Database, engine: WhooshEngine
) -> None:
    """Also through a service that came to it after the rename was published."""
    rename = build.draft(
        organisations=(Edit("hospital-trust", {"name": "Moorland Infirmaries"}),), effective_from=TOMORROW
    )
    build.change(started, rename)
    build.change(started, build.draft(Edit("leg-ulcer-clinic", {"owner": Owner("hospital-trust", "vascular")})))
    follow_index(started, engine, today=build.TODAY)
    assert follow_index(started, engine, today=TOMORROW) == 1


def test_a_team_renamed_and_an_organisation_followed_are_found_by_their_new_names(
    started: Database, engine: WhooshEngine
) -> None:
    build.change(
        started,
        Draft(
            title="Renamed", effective_from=build.TODAY, teams=(Edit("district-nursing", {"name": "Neighbourhood"}),)
        ),
    )
    new = build.organisation("moorland", "Moorland Partnership")
    link = Succession("community-trust", "moorland", "replaced", build.TODAY)
    build.change(
        started, build.draft(organisations=(new,), organisation_succession=(link,), kinds=("opened", "replaced"))
    )
    follow_index(started, engine, today=build.TODAY)
    assert hits(engine, "neighbourhood") == hits(engine, "moorland partnership") == ["leg-ulcer-clinic"]


def test_an_index_that_is_gone_damaged_or_ahead_is_made_anew(
    started: Database, engine: WhooshEngine, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "index")
    assert follow_index(started, engine, today=build.TODAY) == 1
    assert hits(engine, "leg ulcer") == ["leg-ulcer-clinic"]
    engine.close()
    for path in (tmp_path / "index").rglob("*"):
        if path.is_file():
            path.write_bytes(b"\0" * 100)
    assert follow_index(started, engine, today=build.TODAY) == 1
    assert engine.verify() == []
    assert rebuild_index(started, engine, today=TOMORROW) == 1
    # The clock was set back, or the database restored from before.
    assert follow_index(started, engine, today=build.TODAY) == 1
    assert engine.cursor == (1, build.TODAY)


def records_in(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in (folder / "changes").rglob("*.md")}


def test_records_are_written_once_each_as_published(started: Database, tmp_path: Path) -> None:
    assert write_records(started, tmp_path, at=build.NOON) == 1
    assert write_records(started, tmp_path, at=build.NOON) == 0
    done = build.change(started, build.draft(Edit("leg-ulcer-clinic", {"hours": "24/7"}), title="Open all hours"))
    assert write_records(started, tmp_path, at=build.NOON) == 1
    written = records_in(tmp_path)
    assert sorted(written) == ["000001-the-directory-begins.md", "000002-open-all-hours.md"]
    assert written["000002-open-all-hours.md"] == done.new.record


def test_a_record_that_was_cut_off_before_it_was_marked_is_written_again(started: Database, tmp_path: Path) -> None:
    write_records(started, tmp_path, at=build.NOON)
    (path,) = (tmp_path / "changes").rglob("*.md")
    whole = path.read_bytes()
    with started.read() as connection:
        assert changes.records(connection, after=0, limit=9)[0].written_at == build.NOON
    with started.write() as connection:
        changes.mark_written(connection, [1], at=build.NOON)
        connection.execute(update(changes_table).values(written_at=None))
    path.write_bytes(whole[:10])
    assert write_records(started, tmp_path, at=build.NOON) == 1
    assert path.read_bytes() == whole


def entry_files(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in (folder / "services").glob("*.md")}


def test_entries_follow_what_holds_today(started: Database, tmp_path: Path) -> None:
    assert write_entries(started, tmp_path, today=build.TODAY) == 1
    assert write_entries(started, tmp_path, today=build.TODAY) == 0
    build.change(started, build.draft(Edit("leg-ulcer-clinic", {"hours": "24/7"}), effective_from=TOMORROW))
    assert write_entries(started, tmp_path, today=build.TODAY) == 1
    assert "24/7" not in entry_files(tmp_path)["leg-ulcer-clinic"]
    assert write_entries(started, tmp_path, today=TOMORROW) == 1
    assert "24/7" in entry_files(tmp_path)["leg-ulcer-clinic"]
    (tmp_path / ".entries.json").write_text("{", encoding="utf-8")
    assert write_entries(started, tmp_path, today=TOMORROW) == 1


def test_a_page_alone_is_written_too(started: Database, tmp_path: Path) -> None:
    write_entries(started, tmp_path, today=build.TODAY)
    page = pages.Page("discharge", 0, "forum", "Discharge", build.TODAY, build.NOON, "---\ntitle: Discharge\n---\n")
    with started.write() as connection:
        pages.put(connection, page)
    write_entries(started, tmp_path, today=build.TODAY)
    assert (tmp_path / "pages" / "discharge.md").read_text(encoding="utf-8") == page.text


def test_entries_import_back_as_no_change(started: Database, tmp_path: Path) -> None:
    build.change(started, build.draft(build.opening("feet", description="# What\n\n---\n"), kinds=("opened",)))
    build.change(
        started, build.draft(Edit("leg-ulcer-clinic", {"name": "Lower limbs", "owner": Owner("ZZN02", "vascular")}))
    )
    new = build.organisation("moorland", "Moorland Partnership")
    link = Succession("community-trust", "moorland", "replaced", build.TODAY)
    build.change(
        started, build.draft(organisations=(new,), organisation_succession=(link,), kinds=("opened", "replaced"))
    )
    write_entries(started, tmp_path, today=build.TODAY)
    folder = Folder(services=read_folder(tmp_path).services)
    done = import_folder(started, folder, by=OPERATOR, at=build.NOON, zone=build.LONDON)
    assert (done.changes, done.unchanged) == ((), 2)
