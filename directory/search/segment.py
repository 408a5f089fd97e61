"""One immutable segment as it is read: what is small or asked for always is held, the rest read when it is needed."""

from __future__ import annotations

import zlib
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from directory.errors import IndexDamaged
from directory.search.arrays import ArrayFile, Hashes, OwnBytes, hash_of
from directory.search.compiling import (
    FORMAT,
    FULL,
    HELD,
    LONG,
    PARTS,
    WHOLE,
    Held,
    read_document,
    read_held,
    read_texts,
)
from directory.search.document import Document
from directory.search.kept import Kept
from directory.search.manifest import Manifest
from directory.search.matching import Stemmed
from directory.search.offers import SegmentOffers
from directory.search.schema import prefix_of
from directory.search.speller import Signatures, Speller
from directory.search.text import stem

_KEPT_POSTINGS = 24 << 20  # bytes
_KEPT_DOCUMENTS = 2 << 20  # bytes of their records; as objects they take about seven times as much
_KEPT_PLACES = 1 << 14
# More words than this begin alike only where nobody could say which is meant.
_MOST_BEGINNING = 64

Ids = npt.NDArray[np.int32]
Weights = npt.NDArray[np.uint16]


class Postings(NamedTuple):
    """The documents that hold a term, in rising order, and what the term is worth in each, in parts of `FULL`."""

    ids: Ids
    weights: Weights


NONE = Postings(np.empty(0, np.int32), np.empty(0, np.uint16))


class Segment:
    """The documents of one segment, numbered from 0, deleted ones included; safe in threads."""

    def __init__(self, folder: Path, manifest: Manifest, whoosh_segment: Any) -> None:
        self.name: str = whoosh_segment.segment_id()
        self.size: int = whoosh_segment.doc_count_all()
        prefix = prefix_of(whoosh_segment)
        names = [f"{prefix}.arrays", f"{prefix}.records"]
        expected = [manifest.files.get(name, (-1, -1)) for name in names]
        self._file = ArrayFile(folder / names[0], expected[0], FORMAT)
        self._records = OwnBytes(folder / names[1], expected[1])
        self._starts = memoryview(self._file.whole("record.starts").tobytes()).cast("Q")
        if len(self._starts) != PARTS * self.size + 1:
            raise IndexDamaged(f"{names[0]} is of another segment.")
        self._sums = memoryview(self._file.whole("record.sums").tobytes()).cast("I")
        self.rank: Ids = self._file.whole("rank")
        self.superseded: npt.NDArray[np.bool_] = self._file.whole("superseded").view(np.bool_)
        self.offers = SegmentOffers(self._file)
        self._hashes = {name: Hashes(self._file, name) for name in ("stem", "key", "span", "word", "id")}
        self._postings: Kept[tuple[str, str], Postings] = Kept(_KEPT_POSTINGS, _bytes_of)
        self._places: Kept[tuple[str, str], int] = Kept(_KEPT_PLACES)
        self._kinds: Kept[str, int] = Kept(_KEPT_PLACES)
        self._held: Kept[int, tuple[Held, int]] = Kept(_KEPT_DOCUMENTS, lambda each: each[1])

    def postings(self, kind: str, text: str) -> Postings:
        """The documents of a `stem` or a `key`: empty where there are none."""
        asked = (kind, text)
        found = self._postings.get(asked)
        if found is None:
            at = self._find(kind, text)
            if at < 0:
                return NONE
            found = self._read(kind, at)
            self._postings.put(asked, found)
        return found

    def held(self, at: int) -> Held:
        """What ranking compares of the document with this number."""
        found = self._held.get(at)
        if found is None:
            data = self._record(at, HELD)
            found = read_held(data), len(data)
            self._held.put(at, found)
        return found[0]

    def document(self, at: int) -> Document:
        """The document with this number."""
        return read_document(self._record(at, WHOLE))

    def longer_texts(self, at: int) -> tuple[Stemmed, ...]:
        """The texts of a document that are not short, its sentences among them."""
        return read_texts(self._record(at, LONG))

    def _record(self, at: int, part: int) -> memoryview:
        part += PARTS * at
        first = self._starts[part]
        data = self._records.read(first, self._starts[part + 1] - first)
        if zlib.crc32(data) != self._sums[part]:
            raise IndexDamaged(f"A record of segment {self.name} is not as it was written.")
        return data

    def number_of(self, identifier: str) -> int:
        """The number of the document that has this id as it came last, or -1."""
        at = self._hashes["id"].find(hash_of(identifier))
        if at < 0:
            return -1
        number = int(self._file.part("id.numbers", at, at + 1)[0])
        return number if self.held(number).id == identifier else -1

    # What planning asks.

    def has_stem(self, stemmed: str) -> bool:
        """Whether a word with this stem is in the segment."""
        return self._find("stem", stemmed) >= 0

    def has_key(self, text: str) -> bool:
        """Whether a document, though it may be deleted, has this key."""
        return self._find("key", text) >= 0

    def kinds(self, phrase: str) -> int:
        """Which of `terms.PHRASES` a phrase is, as bits; a document that held it may be deleted."""
        found = self._kinds.get(phrase)
        if found is None:
            at = self._hashes["span"].find(hash_of(phrase))
            found = int(self._file.part("span.kinds", at, at + 1)[0]) if at >= 0 else 0
            self._kinds.put(phrase, found)
        return found

    def frequency(self, word: str) -> int:
        """In how many documents a word is."""
        at = self._find("word", word)
        return int(self._file.part("word.counts", at, at + 1)[0]) if at >= 0 else 0

    def near(self, word: str) -> dict[str, int]:
        """The words within spelling distance of this one, each with its distance."""
        return self._speller.near(word)

    def beginning(self, prefix: str) -> list[tuple[int, str]]:
        """The commonest words that begin so, each after the number of its documents."""
        first, last = self._bisect(prefix), self._bisect(prefix + "\U0010ffff")
        counts = self._file.part("word.text.counts", first, last)
        best = np.argsort(-counts.astype(np.int64), kind="stable")[:_MOST_BEGINNING].tolist()
        return [(int(counts[at]), self._word(first + at)) for at in best]

    def _find(self, kind: str, text: str) -> int:
        asked = (kind, text)
        at = self._places.get(asked)
        if at is None:
            at = self._hashes[kind].find(hash_of(text))
            self._places.put(asked, at)
        return at

    def _read(self, kind: str, at: int) -> Postings:
        first, last = self._file.raw(f"{kind}.starts", at, at + 2).cast("I")
        ids = self._file.part(f"{kind}.ids", first, last)
        if kind == "key":
            return Postings(ids, np.broadcast_to(np.uint16(FULL), ids.size))
        return Postings(ids, self._file.part("stem.values", first, last))

    def _word(self, number: int) -> str:
        first, last = self._word_starts[number : number + 2].tolist()
        return bytes(self._file.raw("word.text", first, last)).decode("utf-8", "surrogatepass")

    def _bisect(self, wanted: str) -> int:
        low, high = 0, self._word_starts.size - 1
        while low < high:
            middle = (low + high) // 2
            if self._word(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low

    @cached_property
    def _word_starts(self) -> npt.NDArray[np.uint32]:
        return self._file.whole("word.text.starts")

    @cached_property
    def _speller(self) -> Speller:
        near = (self._file.whole(f"near.{name}") for name in ("starts", "bits", "numbers"))
        return Speller((), Signatures(*near), self._word)


def is_known(word: str, segments: list[Segment]) -> bool:
    """Whether a folded word, or another form of it, is in one of the segments."""
    stemmed = stem(word)
    return any(segment.has_stem(stemmed) for segment in segments)


def _bytes_of(postings: Postings) -> int:
    return 200 + 6 * postings.ids.size
