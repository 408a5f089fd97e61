"""The command that writes the directory out, and takes it in again."""

from __future__ import annotations

from pathlib import Path

from tests.commands import texts
from tests.commands.conftest import Signpost


def test_a_sheet_goes_out_and_comes_in_again(stocked: Signpost, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert "1 services as of" in stocked("export", "--format", "services-csv", str(out)).stdout
    assert out.read_text("utf-8-sig").startswith("id,slug,name,former_names,")
    assert "0 changes published (none)" in stocked("import", str(out)).stdout


def test_a_folder_of_a_past_day(stocked: Signpost, tmp_path: Path) -> None:
    (tmp_path / "move.md").write_text(texts.MOVE)
    stocked("publish", str(tmp_path / "move.md"))
    for name, asked, team in (("now", [], "wounds"), ("then", ["--as-of", "2024-12-31"], "nurses")):
        stocked("export", "--format", "markdown", *asked, str(tmp_path / name))
        assert f"team: {team}" in (tmp_path / name / "services" / "leg-ulcer-clinic.md").read_text()
    assert "0 changes published (none)" in stocked("import", str(tmp_path / "now")).stdout


def test_what_cannot_be_written_is_one_line(stocked: Signpost, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    refused = stocked("export", "--format", "markdown", str(tmp_path / "full"), code=1).stderr
    assert "name a folder that is new or empty" in refused
    missing = str(tmp_path / "nowhere" / "out.csv")
    assert "cannot be written" in stocked("export", "--format", "services-csv", missing, code=1).stderr
