"""The examples of docs/interfaces/spreadsheet.md are run, in their order, and print what stands there."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from directory.exchange.services_csv import COLUMNS
from tests.commands.conftest import Signpost

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "interfaces" / "spreadsheet.md").read_text("utf-8")
SHEETS = dict(re.findall(r"`([a-z]+\.csv)`[^`]*?```csv\n(.*?)```", DOCUMENT, re.DOTALL))
RUNS = [
    each.partition("\n")
    for block in re.findall(r"```console\n\$ signpost (.*?)```", DOCUMENT, re.DOTALL)
    for each in block.split("$ signpost ")
]


def test_each_example_prints_what_stands_there(
    signpost: Signpost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, rows in SHEETS.items():
        Path(name).write_text(rows, encoding="utf-8")
    assert (len(SHEETS), len(RUNS)) == (2, 6)
    for command, _, said in RUNS:
        today = datetime.now(UTC).astimezone(ZoneInfo("Europe/London")).date()
        done = signpost(*shlex.split(command), code=1 if "nothing was written" in said else 0)
        assert (done.stdout + done.stderr) == said.replace("TODAY", today.isoformat())


def test_every_column_is_named() -> None:
    assert [column for column in COLUMNS if f"`{column}`" not in DOCUMENT] == []
