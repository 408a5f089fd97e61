"""The command line as an operator uses it: a data folder, an environment, and what comes out."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from directory.__main__ import main
from tests.commands import texts

Signpost = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, sqlite_url: str) -> Path:
    """A data folder whose database has its tables already."""
    folder = tmp_path / "home"
    folder.mkdir()
    shutil.move(sqlite_url.removeprefix("sqlite:///"), folder / "signpost.db")
    return folder


@pytest.fixture
def signpost(home: Path, monkeypatch: pytest.MonkeyPatch) -> Signpost:
    """Run a command; it must end as it is expected to."""
    for name in [name for name in os.environ if name.startswith("SIGNPOST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SIGNPOST_HOME", str(home))

    def run(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == code, result.output + repr(result.exception)
        return result

    return run


@pytest.fixture
def stocked(signpost: Signpost, tmp_path: Path) -> Signpost:
    """The command line of a directory that holds one small folder of Markdown."""
    for name, text in texts.FOLDER.items():
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    signpost("import", str(tmp_path / "folder"))
    return signpost


def printed(result: Result) -> Any:
    """What a command printed as JSON."""
    return json.loads(result.stdout)
