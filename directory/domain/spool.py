"""A list that may be longer than memory: what does not fit lies in a file of its own, which has no name."""

from __future__ import annotations

import pickle
import tempfile
import weakref
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Generic, TypeVar, overload

T = TypeVar("T")
# A list as short as this is an ordinary one.
SHORT = 2_000
_AT_ONCE = 1_000


def spooled(values: Iterable[T]) -> Sequence[T]:
    """The values as a sequence that takes little memory, however many there are. Each is read anew when asked for."""
    following = iter(values)
    short = tuple(islice(following, SHORT))
    if len(short) < SHORT:
        return short
    spool: Spool[T] = Spool()
    spool.extend(short)
    spool.extend(following)
    return spool


class Spool(Sequence[T], Generic[T]):
    """Values in the order in which they were added; the file is gone with the process, however that ends."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="signpost-")  # noqa: SIM115 - as long as the list lives
        weakref.finalize(self, self._file.close)
        self._begins = array("Q", [0])

    def extend(self, values: Iterable[T]) -> None:
        """Add some at the end."""
        end = self._begins[-1]
        self._file.seek(end)
        for value in values:
            end += self._file.write(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
            self._begins.append(end)

    def __len__(self) -> int:
        return len(self._begins) - 1

    @overload
    def __getitem__(self, place: int) -> T: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...

    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        if isinstance(place, slice):
            first, last, step = place.indices(len(self))
            return self._some(first, last)[::step] if step > 0 else [self[each] for each in range(first, last, step)]
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        place %= len(self)
        return self._some(place, place + 1)[0]

    def __iter__(self) -> Iterator[T]:
        for start in range(0, len(self), _AT_ONCE):
            yield from self._some(start, min(start + _AT_ONCE, len(self)))

    def _some(self, first: int, last: int) -> list[T]:
        if first >= last:
            return []
        begin = self._begins[first]
        self._file.seek(begin)
        data = memoryview(self._file.read(self._begins[last] - begin))
        ends = self._begins
        # Only what this process wrote itself is ever read here.
        pieces = (data[ends[place] - begin : ends[place + 1] - begin] for place in range(first, last))
        return [pickle.loads(piece) for piece in pieces]  # noqa: S301
