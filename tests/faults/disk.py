"""A disk of its own, small enough to be filled, with folders that can be made such that they take nothing."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = "48m"
CHUNK = bytes(1 << 16)


class Disk:
    """A file system in memory, mounted on a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, *, but: int = 0) -> None:
        """Leave no byte free, or about so many."""
        with self._ballast.open("ab", buffering=0) as file:
            size = len(CHUNK)
            while size:
                try:
                    file.write(CHUNK[:size])
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    size //= 2
        os.truncate(self._ballast, self._ballast.stat().st_size - but)

    def make_room(self) -> None:
        """Take away what filled it."""
        self._ballast.unlink()

    @contextmanager
    def read_only(self, folder: Path) -> Iterator[None]:
        """One of its folders takes no new file until the block ends; files that are open stay as they are."""
        _run("mount", "--bind", str(folder), str(folder))
        try:
            _run("mount", "-o", "remount,bind,ro", str(folder))
            yield
        finally:
            _run("umount", "-l", str(folder))


@contextmanager
def mounted(folder: Path) -> Iterator[Disk | None]:
    """A disk on a folder that it makes; None where this machine lets nobody mount."""
    folder.mkdir()
    if os.geteuid() != 0 or not _run("mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder), check=False):
        yield None
        return
    try:
        yield Disk(folder)
    finally:
        # Lazily: a process that a failed test left behind may still stand in it.
        _run("umount", "-l", str(folder))


def _run(*command: str, check: bool = True) -> bool:
    return subprocess.run(command, check=check, capture_output=True).returncode == 0
