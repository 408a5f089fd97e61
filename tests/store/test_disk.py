"""A disk without room, or that takes nothing, is found before somebody's work is refused."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from directory.store.disk import LEAST, free_bytes, refused_by


def free(monkeypatch: pytest.MonkeyPatch, **free_in: int) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: usage._replace(free=free_in.get(Path(path).name, usage.free))
    )


def test_the_fullest_disk_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, database = tmp_path / "home", tmp_path / "database"
    home.mkdir()
    database.mkdir()
    free(monkeypatch, home=10 * LEAST, database=LEAST)
    # A folder that nothing was written into yet is none to be looked at.
    folders = (home, database, tmp_path / "index")
    assert free_bytes(folders) == LEAST
    assert refused_by(folders) is None
    free(monkeypatch, home=10 * LEAST, database=LEAST - 1)
    assert "is full" in str(refused_by(folders))


def test_a_folder_that_takes_nothing_is_told_from_a_full_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, _mode: path != tmp_path)
    free(monkeypatch, **{tmp_path.name: 0})
    assert "can only be read" in str(refused_by([tmp_path]))
