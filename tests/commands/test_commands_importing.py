"""The command line imports in batches, lists them, and takes one back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import texts
from tests.commands.conftest import Signpost, printed


def test_a_batch_is_listed_and_undone_once(stocked: Signpost, tmp_path: Path) -> None:
    file = tmp_path / "services.csv"
    file.write_text(texts.SERVICES)
    done = stocked("import", str(file)).stdout.splitlines()
    assert done[-1] == "services.csv: import 2; to take it back: signpost import --undo 2"
    newest, folder = stocked("import", "--batches").stdout.splitlines()
    assert newest.startswith("2  ")
    assert "services.csv (services-csv): changes 4 to 5, by the command line" in newest
    assert "folder (markdown): changes 1 to 3" in folder
    preview = stocked("import", "--undo", "2", "--dry-run").stdout
    assert preview == "Would undo import 2 (services.csv): 2 changes withdrawn\n"
    assert printed(stocked("show", "foot-protection", "--json"))["status"] == "active"
    undone = stocked("import", "--undo", "2", "--why", "The wrong file.").stdout
    assert undone == "Import 2 (services.csv) is undone: changes 6 to 7\n"
    assert printed(stocked("show", "foot-protection", "--json"))["status"] == "closed"
    assert stocked("import", "--undo", "2").stdout == "Import 2 was undone before; nothing was written.\n"
    (batch, _) = printed(stocked("import", "--batches", "--json"))
    assert (batch["services"]["opened"], batch["undone"]["why"]) == (2, "The wrong file.")
    assert "2 changes published" in stocked("import", str(file)).stdout
    assert printed(stocked("show", "foot-protection", "--json"))["status"] == "active"


def test_a_question_is_not_answered_by_what_was_undone(stocked: Signpost, tmp_path: Path) -> None:
    file = tmp_path / "services.csv"
    file.write_text(texts.SERVICES)
    stocked("import", str(file))
    stocked("work", "--once")
    assert printed(stocked("find", "foot protection", "--json"))["answer"]["slug"] == "foot-protection"
    stocked("import", "--undo", "2")
    stocked("work", "--once")
    found = printed(stocked("find", "foot protection", "--json"))
    assert found["answer"] is None or found["answer"]["slug"] != "foot-protection"


def test_what_stands_in_the_way_is_named(stocked: Signpost, tmp_path: Path) -> None:
    move = tmp_path / "move.md"
    move.write_text(texts.MOVE)
    stocked("publish", str(move))
    result = stocked("import", "--undo", "1", code=1)
    assert "service leg-ulcer-clinic: The leg ulcer clinic has another owner (change 4)" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("signpost: Import 1 cannot be undone: 1 of the things")
    assert printed(stocked("import", "--undo", "1", "--json", code=1))["since"][0]["change_number"] == 4


def test_a_folder_is_a_batch_too_and_comes_in_again(stocked: Signpost, tmp_path: Path) -> None:
    stocked("import", "--undo", "1")
    assert printed(stocked("show", "leg-ulcer-clinic", "--json"))["status"] == "closed"
    assert "0 changes published" not in stocked("import", str(tmp_path / "folder")).stdout
    assert printed(stocked("show", "leg-ulcer-clinic", "--json"))["status"] == "active"


def test_one_thing_at_a_time(stocked: Signpost, tmp_path: Path) -> None:
    for arguments in ([], ["--batches", "--undo", "1"], [str(tmp_path), "--undo", "1"]):
        assert "Give files to import, or --batches, or --undo BATCH." in stocked("import", *arguments, code=2).stderr
    assert "There is no import 9." in stocked("import", "--undo", "9", code=1).stderr


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"])
def test_a_day_that_is_a_slip_of_the_hand_is_refused(stocked: Signpost, tmp_path: Path, day: str) -> None:
    file = tmp_path / "services.csv"
    file.write_text(texts.SERVICES)
    for arguments in (["import", str(file), "--effective"], ["show", "leg-ulcer-clinic", "--as-of"]):
        refused = stocked(*arguments, day, code=2).stderr
        assert f"{day}: give a day from 1900 to 2199" in refused
    known = stocked("export", str(tmp_path / "out"), "--format", "markdown", "--known-at", f"{day}T00:00+14:00", code=2)
    assert "give a day from 1900 to 2199" in known.stderr
