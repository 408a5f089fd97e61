"""What makes an index on disk one thing: a pointer to a manifest that names every file with its checksum.

A commit exists when the pointer has been renamed into place, and not before. Killed at any moment, a writer leaves the
old pointer with all of its files, or the new one with all of its own; so the cursor, which is in the manifest, is never
ahead of the documents. Whoosh never calls fsync: after a power cut the checksums say what was lost.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

from directory.errors import IndexDamaged

POINTER = "current"
LOCK = "lock"
BUILDER = "lock-build"
BUILD = "build-"
STAGE = "stage-"
# Raise the number when what is indexed changes: an index of another shape counts as missing, and is built again. The
# table of concepts is part of what is indexed, and may change by itself.
SHAPE = f"5.{zlib.crc32(files('directory.search').joinpath('concepts.txt').read_bytes()):08x}"
_CHUNK = 1 << 20
_PAUSE = 0.005  # seconds between tries for a lock
_WRITES_FOR, _BUILDS_FOR = 12_000, 720_000
_TOC = "_MAIN_{}.toc"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One committed state: its build folder, Whoosh's generation, the cursor, and each file's size and CRC-32."""

    build: str
    sequence: int
    generation: int
    number: int
    day: date
    files: dict[str, tuple[int, int]]

    @property
    def name(self) -> str:
        """Its file in the build folder."""
        return f"manifest-{self.sequence}.json"

    @property
    def toc(self) -> str:
        """Whoosh's table of contents for it."""
        return _TOC.format(self.generation)


def read_pointer(folder: Path) -> bytes:
    """The pointer as it stands; empty where there is none. Equal bytes mean the same committed state."""
    try:
        # Before every answer: without the objects of a file.
        handle = os.open(f"{folder}/{POINTER}", os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(handle, 400)
    except OSError:
        return b""
    finally:
        os.close(handle)


def read_manifest(folder: Path, pointer: bytes) -> Manifest:
    """The manifest that a pointer names; raises `IndexDamaged` where either is not exactly as it was written."""
    try:
        build, name, checksum = pointer.decode("ascii").split()
        if "/" in build or "/" in name or build.startswith("."):
            raise ValueError("a pointer stays in its folder")
        data = (folder / build / name).read_bytes()
        if zlib.crc32(data) != int(checksum):
            raise ValueError("the manifest is not as it was written")
        plain = json.loads(data)
        if plain["shape"] != SHAPE:
            raise ValueError("the index has another shape")
        return Manifest(
            build=build,
            sequence=plain["sequence"],
            generation=plain["generation"],
            number=plain["number"],
            day=date.fromisoformat(plain["day"]),
            files={file: (size, crc) for file, (size, crc) in plain["files"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexDamaged(f"The search index cannot be read ({error}); it is built again from the database.") from None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Commit: the manifest, then the pointer renamed over the old one."""
    plain = {
        "shape": SHAPE,
        "sequence": manifest.sequence,
        "generation": manifest.generation,
        "number": manifest.number,
        "day": manifest.day.isoformat(),
        "files": manifest.files,
    }
    data = json.dumps(plain).encode()
    (folder / manifest.build / manifest.name).write_bytes(data)
    fresh = folder / f"{POINTER}.new"
    fresh.write_text(f"{manifest.build} {manifest.name} {zlib.crc32(data)}\n", encoding="ascii")
    fresh.replace(folder / POINTER)


def read_checked(path: Path, expected: tuple[int, int]) -> bytes:
    """A file's bytes, which are those that were committed; raises `IndexDamaged` otherwise.

    Read whole, not mapped: a mapped file that somebody truncates kills the process.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise IndexDamaged(f"{path.name} cannot be read: {error.strerror}.") from None
    if (len(data), zlib.crc32(data)) != expected:
        raise IndexDamaged(f"{path.name} is not as it was written.")
    return data


def size_and_checksum(path: Path) -> tuple[int, int]:
    """A file's size and CRC-32, read a piece at a time; raises `IndexDamaged` where it cannot be read."""
    size = crc = 0
    try:
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(_CHUNK):
                size, crc = size + len(chunk), zlib.crc32(chunk, crc)
    except OSError as error:
        raise IndexDamaged(f"{path.name} cannot be read: {error.strerror}.") from None
    return size, crc


def check(path: Path, expected: tuple[int, int]) -> None:
    """Raise `IndexDamaged` unless a file is as it was committed."""
    if size_and_checksum(path) != expected:
        raise IndexDamaged(f"{path.name} is not as it was written.")


def checksums(folder: Path, names: set[str], known: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """The size and checksum of each file, computed only for those not known yet: index files are never rewritten."""
    return {name: known.get(name) or size_and_checksum(folder / name) for name in sorted(names)}


def recheck(
    folder: Path, manifest: Manifest, checked: dict[str, tuple[int, int, int]]
) -> dict[str, tuple[int, int, int]]:
    """Compare every file with the manifest, but for those whose inode, size and time are as when last compared.

    Gives what to pass the next time; raises `IndexDamaged` where a file is another.
    """
    found = {}
    for name, expected in manifest.files.items():
        path = folder / manifest.build / name
        try:
            status = path.lstat()
        except OSError:
            raise IndexDamaged(f"{name} is missing from the search index.") from None
        mark = (status.st_ino, status.st_size, status.st_mtime_ns)
        if checked.get(str(path)) != mark:
            check(path, expected)
        found[str(path)] = mark
    return found


def sweep(folder: Path, *keep: Manifest) -> None:
    """Remove what no given manifest names: leftovers of killed writers, old builds, superseded segments."""
    with suppress(OSError):
        for entry in folder.iterdir():
            # Only what a build made: a folder set by mistake may hold somebody's records.
            if entry.name.startswith(BUILD) and entry.name not in {manifest.build for manifest in keep}:
                shutil.rmtree(entry, ignore_errors=True)
    for build in {manifest.build for manifest in keep}:
        named = {name for manifest in keep if manifest.build == build for name in (manifest.name, *manifest.files)}
        for entry in list((folder / build).iterdir()):
            if entry.name not in named and not entry.name.endswith("LOCK"):
                _remove(entry)


def _remove(entry: Path) -> None:
    if entry.is_dir():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        with suppress(OSError):
            entry.unlink()


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """A folder to write a new state in, which no commit sweeps away; gone afterwards unless it was renamed."""
    stage = folder / f"{STAGE}{secrets.token_hex(8)}"
    stage.mkdir(parents=True, mode=0o700)
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def one_builder(folder: Path) -> Iterator[None]:
    """Hold the folder for the one who builds or merges beside it, and clear what a killed one left."""
    with _locked(folder, BUILDER, tries=_BUILDS_FOR):
        with suppress(OSError):
            for entry in folder.iterdir():
                if entry.name.startswith(STAGE):
                    shutil.rmtree(entry, ignore_errors=True)
        yield


@contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """Hold the folder for one writer of all threads and processes, trying for about a minute; then `TimeoutError`."""
    with _locked(folder, LOCK, tries=_WRITES_FOR):
        yield


@contextmanager
def _locked(folder: Path, name: str, *, tries: int) -> Iterator[None]:
    """The kernel lets the lock go when its holder dies."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / name, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                tries -= 1
                if tries <= 0:
                    raise TimeoutError("Another process has been writing the search index for too long.") from None
                time.sleep(_PAUSE)
        yield
    finally:
        os.close(handle)
