"""Named arrays in one file beside a Whoosh segment: held in memory where they are small, else read a piece at a time.

Nothing is mapped: a mapped file that somebody truncates kills the process. What is too large for memory is copied, as
it is checked, to a file without a name: then nobody can change what a loaded state goes on answering from. Only what is
too large for that as well is read where it is, and its reader checks every piece.
"""

from __future__ import annotations

import json
import os
import tempfile
import weakref
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from directory.errors import IndexDamaged
from directory.search.manifest import check, read_checked

Array = npt.NDArray[Any]

_HELD_BYTES, _COPIED_BYTES = 1 << 20, 1 << 29
_CHUNK = 1 << 20
# Up to so many hashes are held: four megabytes. Of more, every 512th is, and one read of a page finds the rest.
_HELD_HASHES = 1 << 19
_STRIDE = 512


def hash_of(text: str) -> int:
    """A text as the number under which it is kept: two of ten million texts share one in one index of 300,000."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


class OwnBytes:
    """The bytes of a committed file, where nobody else can change them; raises `IndexDamaged` where they are others."""

    def __init__(self, path: Path, expected: tuple[int, int]) -> None:
        self.size = expected[0]
        self._held: memoryview | None = None
        if self.size <= _HELD_BYTES:
            self._held = memoryview(read_checked(path, expected))
            return
        if self.size <= _COPIED_BYTES:
            self._handle = _unnamed(path.parent)
            _copy(path, self._handle, expected)
        else:
            check(path, expected)
            self._handle = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._handle)

    def read(self, start: int, size: int) -> memoryview:
        """Some of the bytes; safe in threads."""
        if self._held is not None:
            return self._held[start : start + size]
        return memoryview(os.pread(self._handle, size, start))


def _unnamed(folder: Path) -> int:
    with tempfile.TemporaryFile(dir=folder) as file:
        return os.dup(file.fileno())


def _copy(path: Path, handle: int, expected: tuple[int, int]) -> None:
    size = crc = 0
    try:
        with path.open("rb") as source:
            while chunk := source.read(_CHUNK):
                size, crc = size + len(chunk), zlib.crc32(chunk, crc)
                os.write(handle, chunk)
    except OSError as error:
        raise IndexDamaged(f"{path.name} cannot be read: {error.strerror}.") from None
    if (size, crc) != expected:
        raise IndexDamaged(f"{path.name} is not as it was written.")


class ArrayFile:
    """The arrays that `write_arrays` wrote, by name; raises `IndexDamaged` where they are of another format."""

    def __init__(self, path: Path, expected: tuple[int, int], written_as: str) -> None:
        self._bytes = OwnBytes(path, expected)
        length = int.from_bytes(self._bytes.read(0, 8), "little")
        header = json.loads(bytes(self._bytes.read(8, length)))
        if header["format"] != written_as:
            raise IndexDamaged(f"{path.name} was written by another Python; it is built again from the database.")
        self._places: dict[str, tuple[str, int, int]] = {name: tuple(place) for name, place in header["arrays"].items()}

    def count(self, name: str) -> int:
        """How many values an array has."""
        return self._places[name][2]

    def whole(self, name: str) -> Array:
        """An array, to be held."""
        return self.part(name, 0, self.count(name))

    def part(self, name: str, first: int, last: int) -> Array:
        """The values from `first` to before `last`."""
        kind = self._places[name][0]
        return np.frombuffer(self.raw(name, first, last), kind) if last > first else np.empty(0, kind)

    def raw(self, name: str, first: int, last: int) -> memoryview:
        """The bytes of the values from `first` to before `last`."""
        kind, start, _ = self._places[name]
        size = int(kind[-1])
        return self._bytes.read(start + first * size, (last - first) * size)


def write_arrays(path: Path, arrays: Mapping[str, Array], written_as: str) -> None:
    """Write arrays of little-endian numbers as one file."""
    places, at = {}, 0
    for name, array in arrays.items():
        places[name] = (array.dtype.str, at, array.size)
        at += -(-array.nbytes // 8) * 8
    # The places count from the end of the header, whose length hangs on them: room is left for the digits.
    begin = -(-(64 + len(json.dumps(places)) + 20 * len(places)) // 8) * 8
    header = {
        "format": written_as,
        "arrays": {name: (kind, begin + start, n) for name, (kind, start, n) in places.items()},
    }
    data = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(data).to_bytes(8, "little") + data)
        for name, array in arrays.items():
            file.write(b"\0" * (begin + places[name][1] - file.tell()))
            file.write(np.ascontiguousarray(array).data)


class Hashes:
    """The sorted array of hashes with this name: finds the position of one."""

    def __init__(self, file: ArrayFile, name: str) -> None:
        self._file, self._name, self.count = file, name, file.count(name)
        self._sampled = self.count > _HELD_HASHES
        held = file.whole(f"{name}.sample" if self._sampled else name)
        self._held = memoryview(held.tobytes()).cast("Q")

    def find(self, wanted: int) -> int:
        """Its position, or -1."""
        if not self._sampled:
            at = bisect_left(self._held, wanted)
            return at if at < self.count and self._held[at] == wanted else -1
        first = (bisect_right(self._held, wanted) - 1) * _STRIDE
        if first < 0:
            return -1
        page = self._file.raw(self._name, first, min(self.count, first + _STRIDE)).cast("Q")
        at = bisect_left(page, wanted)
        return first + at if at < len(page) and page[at] == wanted else -1


def sampled(name: str, hashes: npt.NDArray[np.uint64]) -> dict[str, Array]:
    """Sorted hashes as `Hashes` wants them written."""
    return {name: hashes, f"{name}.sample": hashes[::_STRIDE]}
