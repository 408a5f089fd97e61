"""One immutable segment of the Whoosh index, read into memory and checked; its posting lists become arrays once.

It knows the insides of Whoosh 2.7.4, which is why exactly that version is asked for.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import BufferFile

from directory.search.document import Document, from_stored
from directory.search.manifest import Manifest, read_checked
from directory.search.schema import SCHEMA
from directory.search.speller import Speller
from directory.search.text import stem

_CACHED_DOCUMENTS = 2_000

Ids = npt.NDArray[np.int32]
Weights = npt.NDArray[np.float32]


class Postings(NamedTuple):
    """The documents that hold a term, in rising order, and the weight of the term in each."""

    ids: Ids
    weights: Weights


NONE = Postings(np.empty(0, np.int32), np.empty(0, np.float32))


class CheckedStorage(FileStorage):  # type: ignore[misc]
    """Whoosh's view of a build folder: every file is compared with the manifest before Whoosh unpickles any of it."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        super().__init__(str(folder), supports_mmap=False)
        self._path, self._manifest = folder, manifest

    def open_file(self, name: str, **_: Any) -> BufferFile:
        """The file's bytes, as they were committed; raises `IndexDamaged` where they are others, or not there."""
        return BufferFile(read_checked(self._path / name, self._manifest.files.get(name, (-1, -1))), name=name)

    def file_length(self, name: str) -> int:
        """The size that was committed."""
        return self._manifest.files.get(name, (0, 0))[0]


class Segment:
    """The documents of one segment, numbered from 0, deleted ones included; safe in threads."""

    def __init__(self, storage: CheckedStorage, whoosh_segment: Any) -> None:
        self.name: str = whoosh_segment.segment_id()
        self.size: int = whoosh_segment.doc_count_all()
        codec = whoosh_segment.codec()
        self._terms = codec.terms_reader(storage, whoosh_segment)
        self._stored = codec.per_document_reader(storage, whoosh_segment)
        # Whoosh's readers move one file position: two threads must not read at once.
        self._lock = threading.Lock()
        self._decoded: dict[tuple[str, str], Postings] = {}
        self._documents: OrderedDict[int, Document] = OrderedDict()
        self.ids, self.names = self._read_order()
        self.words: dict[str, int] = {text: info.doc_frequency() for text, info in self._items("word")}
        self.forms: dict[str, tuple[str, ...]] = _by_stem(self.words)
        self.stored_document(0)

    def postings(self, field: str, text: str) -> Postings:
        """The documents of a term: empty where there are none."""
        asked = (field, text)
        found = self._decoded.get(asked)
        if found is None:
            with self._lock:
                found = self._decoded[asked] = self._decode(field, text.encode())
        return found

    def stored_document(self, at: int) -> Document:
        """The document with this number."""
        with self._lock:
            document = self._documents.get(at)
            if document is None:
                document = from_stored(self._stored.stored_fields(at)["document"])
                self._documents[at] = document
                if len(self._documents) > _CACHED_DOCUMENTS:
                    self._documents.popitem(last=False)
            return document

    @cached_property
    def speller(self) -> Speller:
        """For the words of this segment; made when a word is first misspelt, for it takes a while."""
        return Speller(list(self.words))

    def beginning(self, prefix: str) -> list[str]:
        """The words that begin so."""
        first = bisect_left(self._sorted_words, prefix)
        last = bisect_left(self._sorted_words, prefix + "\U0010ffff")
        return self._sorted_words[first:last]

    @cached_property
    def _sorted_words(self) -> list[str]:
        return sorted(self.words)

    def documents(self) -> Iterator[Document]:
        """Every document, deleted ones included."""
        for at in range(self.size):
            with self._lock:
                stored = self._stored.stored_fields(at)["document"]
            yield from_stored(stored)

    def _read_order(self) -> tuple[list[str], list[str]]:
        ids, names = [""] * self.size, [""] * self.size
        for text, info in self._items("order"):
            name, _, identifier = text.partition("\0")
            at = int(info.min_id())
            ids[at], names[at] = identifier, name
        return ids, names

    def _items(self, field: str) -> Iterator[tuple[str, Any]]:
        if field in self._terms.indexed_field_names():
            for (found, text), info in self._terms.items_from(field, b""):
                if found != field:
                    break
                yield text.decode(), info

    def _decode(self, field: str, text: bytes) -> Postings:
        if (field, text) not in self._terms:
            return NONE
        matcher = self._terms.matcher(field, text, SCHEMA[field].format)
        ids: list[int] = []
        weights: list[float] = []
        while matcher.is_active():
            # Asking for one id and one weight reads those of its whole block.
            matcher.id(), matcher.weight()
            ids.extend(matcher._ids)
            weights.extend(matcher._weights)
            if getattr(matcher, "_lastblock", True):
                break
            matcher._next_block()
        return Postings(np.array(ids, np.int32), np.array(weights, np.float32))


def _by_stem(words: dict[str, int]) -> dict[str, tuple[str, ...]]:
    forms: dict[str, list[str]] = {}
    for word in words:
        forms.setdefault(stem(word), []).append(word)
    return {stemmed: tuple(each) for stemmed, each in forms.items()}
