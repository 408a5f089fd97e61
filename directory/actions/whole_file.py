"""A new file that is there whole or not at all, and of which a kill leaves nothing that could be read."""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from directory.content.records import sync_folder

# Of Signpost alone: folders of backups hold other programs' hidden files too.
_PART = ".signpost-part"
_DESCRIPTORS = Path("/proc/self/fd")
# The first of a file system, the others of a kernel, that knows no file without a name.
_NO_SUCH_FILES = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL)


@contextmanager
def whole_file(out: Path) -> Iterator[BinaryIO]:
    """A file for its owner only that gets its name once it is whole and on disk; until then it has none (`O_TMPFILE`).

    Where the file system knows no such files it is a hidden one that is locked while it is written, and the next into
    that folder removes what a kill left. Raises OSError; FileExistsError where another came first.
    """
    _remove_left(out.parent)
    descriptor, part = _nameless(out.parent), None
    if descriptor is None:
        descriptor, part = _hidden(out)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
            if part is None:
                _name(descriptor, out)
            elif out.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(out))
            else:
                part.rename(out)
        sync_folder(out.parent)
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def _nameless(folder: Path) -> int | None:
    """A file without a name, which goes with the last process that holds it; None where there are none."""
    if not hasattr(os, "O_TMPFILE") or not _DESCRIPTORS.is_dir():
        return None
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600)
    except OSError as error:
        if error.errno in _NO_SUCH_FILES:
            return None
        raise


def _name(descriptor: int, out: Path) -> None:
    folder = os.open(out.parent, os.O_RDONLY)
    try:
        # With a folder given, Python follows the link to the file itself, which open(2) asks for; it never replaces.
        os.link(_DESCRIPTORS / str(descriptor), out.name, src_dir_fd=folder, dst_dir_fd=folder)
    finally:
        os.close(folder)


def _hidden(out: Path) -> tuple[int, Path]:
    while True:
        descriptor, name = tempfile.mkstemp(prefix=f".{out.name}.", suffix=_PART, dir=out.parent)
        # Where nothing can be locked, nobody can take it for one that was left either.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return descriptor, Path(name)
        # Another one removed it before it was locked.
        os.close(descriptor)


def _remove_left(folder: Path) -> None:
    """Remove the hidden files that nobody writes any more; the kernel lets a lock go when its holder dies."""
    for part in folder.glob(f".*{_PART}"):
        with suppress(OSError):
            descriptor = os.open(part, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                part.unlink(missing_ok=True)
            finally:
                os.close(descriptor)
