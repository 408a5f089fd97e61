"""From documents to one new segment: Whoosh's files, and beside them the arrays and records that a reader needs.

Everything that a question will ask is worked out here, once: words as stems with their weights already worth something
between 0 and 1, the order that settles ties, what goes on from a few letters.
"""

from __future__ import annotations

import marshal
import sys
import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from directory.search.arrays import Array, hash_of, sampled, write_arrays
from directory.search.document import Document
from directory.search.matching import Short, Stemmed, stemmed_long, stemmed_short
from directory.search.offers import Offers
from directory.search.schema import WhooshFiles, prefix_of
from directory.search.speller import Signatures
from directory.search.terms import PHRASES, keys_of, weights_of
from directory.search.text import fold, stem

FIELDS = tuple(field.name for field in fields(Document))
# A record is marshalled: the next Python may read it otherwise, and then the index counts as another shape.
FORMAT = f"{marshal.version}.{sys.version_info.major}.{sys.version_info.minor}"
FULL = 65535
_HALF = 2.0  # the weight at which a word counts for half


class Held(NamedTuple):
    """What ranking compares of a document: most that are compared are never shown, and then no more of it is read."""

    folded_name: str
    id: str
    superseded: bool
    age_min: int | None
    age_max: int | None
    areas: tuple[str, ...]
    texts: tuple[Short, ...]

    @property
    def order(self) -> tuple[str, str]:
        """What settles a tie."""
        return self.folded_name, self.id

    def stems_of(self, field: str) -> list[frozenset[str]]:
        """The stems of each text of a field."""
        return [stems for name, stems in self.texts if name == field]


# The parts of a record: what is compared, the document, and its longer texts with their stems.
HELD, WHOLE, LONG = range(3)
PARTS = 3


def record_of(document: Document) -> tuple[bytes, bytes, bytes]:
    """A document as its record, in parts."""
    held = Held(
        fold(document.name),
        document.id,
        document.superseded,
        document.age_min,
        document.age_max,
        document.areas,
        stemmed_short(document),
    )
    whole = tuple(getattr(document, name) for name in FIELDS)
    return marshal.dumps(tuple(held)), marshal.dumps(whole), marshal.dumps(stemmed_long(document))


def read_held(data: memoryview) -> Held:
    """What is compared of a document."""
    return Held(*marshal.loads(data))  # noqa: S302 (ours, and compared with its checksum)


def read_document(data: memoryview) -> Document:
    """The document."""
    return Document(**dict(zip(FIELDS, marshal.loads(data), strict=True)))  # noqa: S302 (as above)


def read_texts(data: memoryview) -> tuple[Stemmed, ...]:
    """The longer texts."""
    found: tuple[Stemmed, ...] = marshal.loads(data)  # noqa: S302 (as above)
    return found


class _Postings:
    """Terms and the documents that hold them, gathered document after document."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.terms, self.ids, self.weights = array("I"), array("I"), array("f")

    def add(self, at: int, terms: Iterable[str]) -> None:
        numbers = self.numbers
        found = [numbers.setdefault(term, len(numbers)) for term in terms]
        self.terms.extend(found)
        self.ids.extend([at] * len(found))

    def ordered(self) -> _Ordered:
        """By term, as text, and then by document, which is how they came."""
        names = sorted(self.numbers)
        place = np.empty(len(names), np.uint32)
        place[np.fromiter(map(self.numbers.__getitem__, names), np.int64, len(names))] = np.arange(len(names))
        terms = place[np.frombuffer(self.terms, np.uint32)]
        order = np.argsort(terms, kind="stable")
        counts = np.bincount(terms, minlength=len(names))
        weights = np.frombuffer(self.weights, np.float32)
        return _Ordered(
            names,
            np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
            np.frombuffer(self.ids, np.uint32)[order].astype(np.int32),
            weights[order] if weights.size else weights,
        )


class _Ordered(NamedTuple):
    names: list[str]
    starts: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]

    def for_whoosh(self) -> Iterator[tuple[bytes, list[int], list[float] | None]]:
        starts = self.starts.tolist()
        for at, name in enumerate(self.names):
            part = slice(starts[at], starts[at + 1])
            weights = self.weights[part].tolist() if self.weights.size else None
            yield name.encode("utf-8", "surrogatepass"), self.ids[part].tolist(), weights


class Compiler:
    """Takes documents one after the other; `finish` leaves a segment of them. Of a repeated id, the last stands."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._whoosh = WhooshFiles(folder)
        self._records = (folder / f"{prefix_of(self._whoosh.segment)}.records").open("wb")
        self._starts, self._sums = array("Q", [0]), array("I")
        self.numbers: dict[str, int] = {}
        self._names: list[str] = []
        self._superseded = bytearray()
        self._words, self._keys, self._offers = _Postings(), _Postings(), Offers()

    def add(self, document: Document) -> None:
        """Take a document; raises where it is not one, and leaves the segment as it was."""
        weights, keys, record = weights_of(document), sorted(keys_of(document)), record_of(document)
        at = self._whoosh.count
        if (before := self.numbers.get(document.id)) is not None:
            self._whoosh.segment.delete_document(before)
        self._whoosh.store(document)
        self.numbers[document.id] = at
        self._names.append(f"{fold(document.name)}\0{document.id}")
        self._superseded.append(document.superseded)
        for part in record:
            self._sums.append(zlib.crc32(part))
            self._starts.append(self._starts[-1] + self._records.write(part))
        self._words.add(at, weights)
        self._words.weights.extend(weights.values())
        self._keys.add(at, keys)
        self._offers.add(at, document)

    def finish(self) -> Any:
        """Write what is left to write and give the Whoosh segment; None where there were no documents."""
        self._records.close()
        keys, words = self._keys.ordered(), self._words.ordered()
        self._whoosh.field("key", keys.for_whoosh())
        self._whoosh.field("word", words.for_whoosh())
        segment = self._whoosh.close()
        if not self._names:
            return None
        arrays: dict[str, Array] = {
            "record.starts": np.frombuffer(self._starts, np.uint64),
            "record.sums": np.frombuffer(self._sums, np.uint32),
            "superseded": np.frombuffer(self._superseded, np.uint8),
            "rank": _ranks(self._names),
            **_ids(self.numbers),
            **_keys(keys),
            **_stems(words),
            **_words(words),
            **self._offers.arrays(),
        }
        write_arrays(self._folder / f"{prefix_of(segment)}.arrays", arrays, FORMAT)
        return segment

    def cancel(self) -> None:
        """Let go of the files; what is in the folder is swept away with the next commit."""
        self._records.close()
        self._whoosh.cancel()


class Compiled(NamedTuple):
    """A new segment as Whoosh knows it, and the number of each document in it by id."""

    segment: Any
    numbers: dict[str, int]


def compiled(folder: Path, documents: Iterable[Document]) -> Compiled | None:
    """One segment of these documents in a folder; None where there are none. Raises what a bad document raises."""
    compiler = Compiler(folder)
    try:
        for document in documents:
            compiler.add(document)
    except BaseException:
        compiler.cancel()
        raise
    segment = compiler.finish()
    return Compiled(segment, compiler.numbers) if segment else None


def _ranks(names: list[str]) -> Array:
    """Where each document comes among the others of its segment, by folded name and then id."""
    ranks = np.empty(len(names), np.int32)
    ranks[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names), dtype=np.int32)
    return ranks


def _hashes(texts: Iterable[str], count: int) -> npt.NDArray[np.uint64]:
    return np.fromiter(map(hash_of, texts), np.uint64, count)


def _ids(numbers: dict[str, int]) -> dict[str, Array]:
    hashes = _hashes(numbers, len(numbers))
    order = np.argsort(hashes)
    return {**sampled("id", hashes[order]), "id.numbers": np.fromiter(numbers.values(), np.int32, len(numbers))[order]}


def _keys(keys: _Ordered) -> dict[str, Array]:
    """The postings of each key by its hash; and of each phrase, which kinds of key it is, for that is asked most."""
    spans: dict[str, int] = {}
    for name in keys.names:
        kind, _, value = name.partition(":")
        if kind in PHRASES:
            spans[value] = spans.get(value, 0) | 1 << PHRASES.index(kind)
    hashes = _hashes(spans, len(spans))
    order = np.argsort(hashes)
    kinds = np.fromiter(spans.values(), np.uint8, len(spans))[order]
    every = _hashes(keys.names, len(keys.names))
    found = _by_hash("key", every, np.arange(len(keys.names)), keys.starts, (keys.ids,))
    return {**sampled("span", hashes[order]), "span.kinds": kinds, **found}


def _by_hash(
    name: str,
    hashes: npt.NDArray[np.uint64],
    terms: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    values: tuple[Array, ...],
) -> dict[str, Array]:
    order = np.argsort(hashes)
    terms = terms[order]
    counts = starts[terms + 1] - starts[terms]
    ends = np.cumsum(counts)
    # For each place in the new order, where its value stood in the old one.
    old = np.repeat(starts[terms] - (ends - counts), counts) + np.arange(ends[-1] if ends.size else 0)
    parts = dict(zip((f"{name}.ids", f"{name}.values"), (each[old] for each in values), strict=False))
    return {**sampled(name, hashes[order]), f"{name}.starts": np.concatenate(([0], ends)).astype(np.uint32), **parts}


def _stems(words: _Ordered) -> dict[str, Array]:
    """The postings of each stem: its words in a document added up, as a share of what words can be worth."""
    stems = list(dict.fromkeys(map(stem, words.names)))
    number = {stemmed: at for at, stemmed in enumerate(stems)}
    of_word = np.fromiter((number[stem(name)] for name in words.names), np.int64, len(words.names))
    each = np.repeat(of_word, np.diff(words.starts))
    order = np.lexsort((words.ids, each))
    each, ids, weights = each[order], words.ids[order], words.weights[order].astype(np.float64)
    first = np.flatnonzero(np.r_[True, (np.diff(each) != 0) | (np.diff(ids) != 0)]) if ids.size else np.empty(0, int)
    whole = np.add.reduceat(weights, first) if ids.size else weights
    values = np.maximum(1, np.rint(FULL * (whole / (whole + _HALF)))).astype(np.uint16)
    starts = np.concatenate(([0], np.cumsum(np.bincount(each[first], minlength=len(stems))))).astype(np.int64)
    hashes = _hashes(stems, len(stems))
    return _by_hash("stem", hashes, np.arange(len(stems)), starts, (ids[first], values))


def _words(words: _Ordered) -> dict[str, Array]:
    """Every word, sorted, with the number of its documents: to begin with, to be misspelt, to be counted."""
    counts = np.diff(words.starts).astype(np.uint32)
    hashes = _hashes(words.names, len(words.names))
    order = np.argsort(hashes)
    near = Signatures.of(words.names)
    encoded = [name.encode("utf-8", "surrogatepass") for name in words.names]
    return {
        **sampled("word", hashes[order]),
        "word.counts": counts[order],
        "word.text": np.frombuffer(b"".join(encoded), np.uint8),
        "word.text.starts": np.cumsum([0, *map(len, encoded)]).astype(np.uint32),
        "word.text.counts": counts,
        "near.starts": near.starts,
        "near.bits": near.bits,
        "near.numbers": near.numbers,
    }
