"""A file is there whole or not at all; of one whose writer was killed nothing stays, wherever it is written."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from directory.actions.whole_file import whole_file

KILLED = """
import os, signal, sys
from pathlib import Path
from directory.actions.whole_file import whole_file
if sys.argv[2] == "hidden":
    del os.O_TMPFILE
with whole_file(Path(sys.argv[1])) as file:
    file.write(b"nurse@northmoor.example")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(params=["nameless", "hidden"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With files that have no name, and as on a file system that knows none."""
    way: str = request.param
    if way == "hidden":
        monkeypatch.delattr(os, "O_TMPFILE")
    return way


def test_it_is_there_when_it_is_whole_and_for_its_owner_only(way: str, tmp_path: Path) -> None:
    out = tmp_path / "b.zip"
    with whole_file(out) as file:
        file.write(b"all of it")
        assert not out.exists()
        assert len(list(tmp_path.iterdir())) == (way == "hidden")
    assert [path.name for path in tmp_path.iterdir()] == ["b.zip"]
    assert (out.read_bytes(), stat.S_IMODE(out.stat().st_mode)) == (b"all of it", 0o600)


def test_of_one_that_failed_nothing_stays(way: str, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=way), whole_file(tmp_path / "b.zip") as file:
        file.write(b"half of it")
        raise RuntimeError(way)
    assert list(tmp_path.iterdir()) == []


def test_of_one_that_was_killed_nothing_stays(way: str, tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "monday.zip"), way], check=False, timeout=60)
    assert killed.returncode == -9
    assert len(list(tmp_path.iterdir())) == (way == "hidden")
    # Under another name, as every night has one.
    with whole_file(tmp_path / "tuesday.zip"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["tuesday.zip"]


@pytest.mark.usefixtures("way")
def test_what_is_being_written_and_what_is_others_stays(tmp_path: Path) -> None:
    (tmp_path / ".theirs.part").touch()
    with whole_file(tmp_path / "slow.zip") as slow:
        slow.write(b"slow")
        with whole_file(tmp_path / "quick.zip") as quick:
            quick.write(b"quick")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        ".theirs.part": b"",
        "slow.zip": b"slow",
        "quick.zip": b"quick",
    }


@pytest.mark.usefixtures("way")
def test_another_that_came_first_is_not_replaced(tmp_path: Path) -> None:
    out = tmp_path / "b.zip"
    with pytest.raises(FileExistsError), whole_file(out):
        out.write_bytes(b"first")
    assert [path.name for path in tmp_path.iterdir()] == ["b.zip"]
    assert out.read_bytes() == b"first"


def test_a_file_system_without_nameless_files_is_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_ = os.open

    def refuse(path: str | Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        return open_(path, flags, mode)

    monkeypatch.setattr(os, "open", refuse)
    with whole_file(tmp_path / "b.zip") as file:
        file.write(b"all of it")
    assert (tmp_path / "b.zip").read_bytes() == b"all of it"
