"""What goes on as somebody types, worked out for one segment: every start of a word in its short texts, sorted.

The texts are numbered in the order in which they are offered: to choose among many is to choose the least numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from directory.search.arrays import Array, ArrayFile
from directory.search.document import Document
from directory.search.matching import fields_of
from directory.search.text import words

FIELDS = ("name", "former_name", "need", "owner")
# One service goes by a name; needs and owners are shared.
_OF_ONE = FIELDS[:2]
_SUPERSEDED = 4
_LONGEST = 200
_START_BITS = 8


class Offer(NamedTuple):
    """A text to be offered, in the order in which it is: what only continues inside a text comes after what begins."""

    inside: bool
    rank: int
    field: str
    text: str
    id: str
    at: int


class Offers:
    """Gathers the texts of a segment, document after document."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], tuple[int, int]] = {}

    def add(self, at: int, document: Document) -> None:
        """Take a document's texts; of a shared one, the best place that it has anywhere."""
        for field, text in fields_of(document):
            if field not in FIELDS:
                continue
            entry = (field, text, document.id if field in _OF_ONE else "")
            rank = FIELDS.index(field) + (_SUPERSEDED if document.superseded else 0)
            before = self._found.get(entry)
            # An id that is given twice stands as it came last.
            if before is None or rank < before[0] or entry[2]:
                self._found[entry] = (rank, at)

    def arrays(self) -> dict[str, Array]:
        """The texts in order, and every start of a word in them in the order of what is typed."""
        ordered = sorted((rank, *entry, at) for entry, (rank, at) in self._found.items())
        typed = [" ".join(words(text))[:_LONGEST] for _, _, text, _, _ in ordered]
        starts = [(each[start:], number, start) for number, each in enumerate(typed) for start in _starts(each)]
        starts.sort()
        packed = ((number << _START_BITS) | start for _, number, start in starts)
        blobs = {
            "offer.typed": [each.encode("utf-8", "surrogatepass") for each in typed],
            "offer.text": [f"{text}\0{id_}".encode("utf-8", "surrogatepass") for _, _, text, id_, _ in ordered],
        }
        found: dict[str, Array] = {
            "offer.starts": np.fromiter(packed, np.uint64, len(starts)),
            "offer.ranks": np.fromiter((rank for rank, *_ in ordered), np.uint8, len(ordered)),
            "offer.ids": np.fromiter((at for *_, at in ordered), np.int32, len(ordered)),
        }
        for name, parts in blobs.items():
            found[name] = np.frombuffer(b"".join(parts), np.uint8)
            found[f"{name}.starts"] = np.cumsum([0, *map(len, parts)]).astype(np.uint64)
        return found


def _starts(typed: str) -> Iterator[int]:
    """Where its words begin."""
    at = 0 if typed else -1
    while at >= 0:
        yield at
        at = typed.find(" ", at) + 1 or -1


class SegmentOffers:
    """The offers of one segment on disk."""

    def __init__(self, file: ArrayFile) -> None:
        self._file = file
        self._count = file.count("offer.starts")

    def beginning(self, typed: str) -> Iterator[Offer]:
        """Every offer with a word from which the typed letters go on, in the order of offering."""
        first, last = self._bisect(typed), self._bisect(typed + "\U0010ffff")
        if first == last:
            return
        found = self._file.part("offer.starts", first, last)
        # Those at the start of a text first; then by number, which is the order of offering.
        inside = (found & np.uint64((1 << _START_BITS) - 1)) > 0
        numbers = found >> np.uint64(_START_BITS)
        for at in np.lexsort((numbers, inside)).tolist():
            yield self._offer(int(numbers[at]), inside=bool(inside[at]))

    def _offer(self, number: int, *, inside: bool) -> Offer:
        rank = int(self._file.part("offer.ranks", number, number + 1)[0])
        text, _, id_ = self._blob("offer.text", number).decode("utf-8", "surrogatepass").rpartition("\0")
        at = int(self._file.part("offer.ids", number, number + 1)[0])
        return Offer(inside, rank, FIELDS[rank % _SUPERSEDED], text, id_, at)

    def _bisect(self, typed: str) -> int:
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            packed = int(self._file.part("offer.starts", middle, middle + 1)[0])
            whole = self._blob("offer.typed", packed >> _START_BITS).decode("utf-8", "surrogatepass")
            if whole[packed & ((1 << _START_BITS) - 1) :] < typed:
                low = middle + 1
            else:
                high = middle
        return low

    def _blob(self, name: str, number: int) -> bytes:
        first, last = self._file.raw(f"{name}.starts", number, number + 2).cast("Q")
        return bytes(self._file.raw(name, first, last))
