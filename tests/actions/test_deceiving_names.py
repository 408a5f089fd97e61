"""Names that look like another's, or hold what nobody sees, come in by no door; what has one can be set back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from directory.__main__ import main
from directory.actions import screening
from directory.actions.follow import write_records
from directory.actions.import_content import import_folder
from directory.actions.import_services import Import, import_file, preview_import
from directory.actions.rebuild import rebuild
from directory.actions.take_back import withdraw
from directory.content.folder import read_folder
from directory.domain.change import Edit
from directory.domain.policy import OPERATOR
from directory.errors import ImportRefused, Invalid
from directory.exchange.reading import READERS
from directory.store import services
from directory.store.database import Database
from tests import build

CLINIC = "leg-ulcer-clinic"
HIDDEN, MIXED = "Leg\u202e clinic", "L\u0435g clinic"


@pytest.fixture
def started(sqlite_url: str) -> Iterator[Database]:
    with closing(Database(sqlite_url)) as database:
        build.directory(database)
        yield database


def called(database: Database) -> str:
    with database.read() as connection:
        return services.entry(connection, CLINIC, on=build.TODAY).facts.name


@pytest.mark.parametrize("name", [HIDDEN, MIXED])
def test_whatever_publishes_refuses_it(started: Database, name: str) -> None:
    for edit in ({"name": name}, {"former_names": ("Legs", name)}):
        with pytest.raises(Invalid, match="it holds"):
            build.change(started, build.draft(Edit(CLINIC, edit)))
    team = Edit("new", {"name": name, "organisation": "community-trust"}, expected_version=0, slug="new")
    owner = build.organisation("other", name)
    nouns: tuple[dict[str, Any], ...] = ({"teams": (team,)}, {"organisations": (owner,)})
    for given in nouns:
        with pytest.raises(Invalid, match=r"^name: it holds"):
            build.change(started, build.draft(kinds=("opened",), **given))


def sheet(**cells: str) -> bytes:
    row = {"id": "1", "name": "Good", "owner_organisation": "Trust", "owner_team": "Team", "former_names": ""} | cells
    good = "2,Other,Trust,Team,"
    return "\n".join([",".join(row), good, ",".join(row.values())]).encode()


def feed(**said: object) -> bytes:
    whole = {"id": "1", "name": "Good", "status": "active", "organization": {"id": "o", "name": "Trust"}} | said
    return json.dumps([{**whole, "id": "0"} | {"name": "First", "organization": {"name": "Trust"}}, whole]).encode()


FILES: list[tuple[str, bytes, int, str]] = [
    ("services-csv", sheet(name=HIDDEN), 3, "name"),
    ("services-csv", sheet(former_names=f"Legs; {MIXED}"), 3, "former_names"),
    ("services-csv", sheet(owner_organisation=MIXED), 3, "owner_organisation"),
    ("services-csv", sheet(owner_team=HIDDEN), 3, "owner_team"),
    ("hsds", feed(name=MIXED), 2, "name"),
    ("hsds", feed(organization={"name": MIXED}), 2, "owner_organisation"),
    ("ods-trusts", f"ZZA,{MIXED},Y60,QXX,,,,,,NM1 1AA,20010401,,,\n".encode(), 1, "name"),
]


@pytest.mark.parametrize(("format", "data", "row", "column"), FILES)
def test_a_file_is_refused_and_its_row_named(
    started: Database, format: str, data: bytes, row: int, column: str
) -> None:
    job = Import(READERS[format](data), "a file", OPERATOR, build.NOON, build.LONDON, build.TODAY)
    for deed in (preview_import, import_file):
        with pytest.raises(ImportRefused) as refusal:
            deed(started, job)
        assert [(each.row, each.column) for each in refusal.value.problems] == [(row, column)]
        assert refusal.value.problems[0].reason.startswith("it holds ")


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"])
def test_a_day_that_is_a_slip_of_the_hand_is_named_too(started: Database, day: str) -> None:
    rows = f"id,name,owner_organisation,effective_from\n1,A,Trust,2026-01-01\n2,B,Trust,{day}\n"
    codes = f"old_code,new_code,date\nZZB,ZZC,2021-04-01\nZZC,ZZA,{day}\n"
    for format, data, column in (("services-csv", rows, "effective_from"), ("ods-successors", codes, "date")):
        job = Import(READERS[format](data.encode()), "a file", OPERATOR, build.NOON, build.LONDON, build.TODAY)
        with pytest.raises(ImportRefused) as refusal:
            preview_import(started, job)
        assert [(each.row, each.column) for each in refusal.value.problems] == [(3, column)]
        assert refusal.value.problems[0].reason == "give a day from 1900 to 2199"


def test_a_folder_of_markdown_is_refused_and_its_file_named(started: Database, tmp_path: Path) -> None:
    said = "---\nname: {name}\nowner: {{organisation: community-trust}}\neffective_from: 2026-11-01\n---\n"
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "legs.md").write_text(said.format(name=MIXED))
    (tmp_path / "services" / "arms.md").write_text(said.format(name="Arms"))
    with pytest.raises(Invalid, match=r"^services/legs.md name: it holds Cyrillic and Latin"):
        import_folder(started, read_folder(tmp_path), by=OPERATOR, at=build.NOON, zone=build.LONDON)


def test_the_command_line_refuses_it(started: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNPOST_HOME", str(tmp_path))
    monkeypatch.setenv("SIGNPOST_DATABASE_URL", started.url)
    said = (
        f"---\ntitle: New name\neffective_from: 2026-12-01\nservices:\n- id: {CLINIC}\n  set: {{name: {MIXED}}}\n---\n"
    )
    (tmp_path / "change.md").write_text(said)
    for options in ([], ["--dry-run"]):
        done = CliRunner().invoke(main, ["publish", str(tmp_path / "change.md"), *options])
        assert done.exit_code != 0
        assert "it holds Cyrillic and Latin letters in one word" in done.output + done.stderr
    assert called(started) == "Leg ulcer clinic"


def before_the_rule(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clinic is called so since yesterday, when nothing asked."""
    with monkeypatch.context() as patched:
        patched.setattr(screening, "strange", lambda name: None)
        build.change(database, build.draft(Edit(CLINIC, {"name": MIXED})), at=build.NOON - timedelta(days=1))


def test_what_has_such_a_name_can_be_edited_and_set_back(started: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    before_the_rule(started, monkeypatch)
    build.change(started, build.draft(Edit(CLINIC, {"hours": "24/7"})))
    renamed = build.change(started, build.draft(Edit(CLINIC, {"name": "Leg clinic", "former_names": (MIXED,)})))
    with started.write() as connection:
        at = build.NOON + timedelta(hours=1)
        withdraw(connection, renamed.change.number, why="No.", by=OPERATOR, at=at, zone=build.LONDON)
    assert called(started) == MIXED
    # But no other.
    with pytest.raises(Invalid, match="it holds"):
        build.change(started, build.draft(Edit(CLINIC, {"name": HIDDEN})), at=build.NOON + timedelta(hours=2))


@pytest.fixture
def empty(_sqlite_template: Path, tmp_path: Path) -> str:
    (tmp_path / "empty.db").write_bytes(_sqlite_template.read_bytes())
    return f"sqlite:///{tmp_path / 'empty.db'}"


def test_records_of_such_names_are_rebuilt(
    started: Database, empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_the_rule(started, monkeypatch)
    folder = tmp_path / "content"
    write_records(started, folder, at=build.NOON)
    with closing(Database(empty)) as database:
        rebuild(database, folder, at=build.NOON, zone=build.LONDON)
        assert called(database) == MIXED


def test_sound_names_of_other_alphabets_are_taken(started: Database) -> None:
    for number, name in enumerate(("Łódź café", "Ελληνική κλινική", "Клиника", "漢字 clinic", "Clinic №1 – “A & B”")):
        build.change(started, build.draft(Edit(CLINIC, {"name": name})), at=build.NOON + timedelta(minutes=number))
        assert called(started) == name
