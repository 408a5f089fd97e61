"""The disks that are written to: how much room they have, and whether they take anything at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

# With less, SQLite's log or a segment of the index soon finds none at all.
LEAST = 4 << 20
# What a disk says that takes nothing: full, over a quota, read-only, or somebody else's.
REFUSALS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM})


def free_bytes(folders: Iterable[Path]) -> int:
    """The room on the fullest of the disks on which these folders are, those that are there; 0 where none is."""
    return min((shutil.disk_usage(folder).free for folder in folders if folder.is_dir()), default=0)


def refused_by(folders: Iterable[Path]) -> str | None:
    """What keeps from writing into one of these folders, as a sentence; None where nothing does."""
    there = [folder for folder in folders if folder.is_dir()]
    if not all(os.access(folder, os.W_OK) for folder in there):
        return "The disk, or a folder on it, can only be read: what is to be written there waits."
    if free_bytes(there) < LEAST:
        return "The disk is full: what is to be written waits, or is refused."
    return None
