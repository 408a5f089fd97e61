"""What Whoosh keeps for each service, and how a segment of it is written: from terms that are sorted already.

Whoosh's own writer sorts every posting once more, through pickles on disk, and takes five times as long. This one knows
the insides of Whoosh 2.7.4, which is why exactly that version is asked for; Whoosh reads what it writes as its own.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from pickle import dumps
from typing import Any

import whoosh
from whoosh.codec.whoosh3 import STORED_COLUMN, WHOOSH3_HEADER_MAGIC, W3Codec
from whoosh.fields import STORED, FieldType, Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import BufferFile
from whoosh.formats import Existence
from whoosh.index import TOC

from directory.errors import IndexDamaged
from directory.search.document import Document, to_stored
from directory.search.manifest import Manifest, read_checked

WHOOSH = (2, 7, 4)
NAME = "MAIN"
_BLOCK = 128
_COMPRESSED_FROM = 16
_TERM = struct.Struct("!BfIBBfII")
_EXTENT = struct.Struct("!qi")
_LENGTH = struct.Struct("!i")


class Weighted(FieldType):  # type: ignore[misc]
    """A field whose terms and weights are worked out before: Whoosh only keeps them."""

    def __init__(self) -> None:
        super().__init__(Existence(), None)

    def index(self, value: Mapping[str, float], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Each term as Whoosh takes it."""
        for term, weight in value.items():
            yield term.encode("utf-8", "surrogatepass"), 1, weight, b""


SCHEMA = Schema(word=Weighted(), key=Weighted(), document=STORED())


def require_whoosh() -> None:
    """Raise `IndexDamaged` unless Whoosh is the pinned one: its forks share its name and bring deleted records back."""
    if tuple(whoosh.__version__) != WHOOSH:
        found = ".".join(map(str, whoosh.__version__))
        raise IndexDamaged(f"Signpost needs Whoosh 2.7.4 and found {found}: install whoosh==2.7.4 alone.")


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


def read_toc(folder: Path, manifest: Manifest) -> TOC:
    """The table of contents of a state: its segments, each with what is deleted from it."""
    return TOC.read(CheckedStorage(folder, manifest), NAME, gen=manifest.generation, schema=SCHEMA)


def write_toc(folder: Path, segments: Iterable[Any], generation: int) -> TOC:
    """A state of these segments, not yet pointed to; what is wholly deleted from is left out."""
    kept = [segment for segment in segments if segment.deleted_count() < segment.doc_count_all()]
    toc = TOC(SCHEMA, kept, generation)
    # A killed writer may have left one that was never pointed to; Whoosh would not write over it.
    (folder / f"_{NAME}_{generation}.toc").unlink(missing_ok=True)
    toc.write(FileStorage(str(folder), supports_mmap=False), NAME)
    return toc


def prefix_of(segment: Any) -> str:
    """How the names of all files of a segment begin."""
    return str(segment.make_filename(""))


def segment_files(folder: Path, toc: TOC) -> set[str]:
    """The files of a state, its table of contents among them."""
    prefixes = tuple(f"{prefix_of(segment)}." for segment in toc.segments)
    return {entry.name for entry in folder.iterdir() if prefixes and entry.name.startswith(prefixes)} | {
        f"_{NAME}_{toc.generation}.toc"
    }


class WhooshFiles:
    """The Whoosh files of one new segment: first the documents in order, then the fields in order, then `close`."""

    def __init__(self, folder: Path) -> None:
        storage = FileStorage(str(folder), supports_mmap=False)
        codec = W3Codec()
        self.segment = codec.new_segment(storage, NAME)
        self._stored = STORED_COLUMN.writer(storage.create_file(codec.column_filename(self.segment, "_stored")))
        self._fields = codec.field_writer(storage, self.segment)
        self._at = 0
        self.count = 0

    def store(self, document: Document) -> None:
        """Keep a document, under the next number."""
        self._stored.add(self.count, {"document": to_stored(document)})
        self.count += 1

    def field(self, name: str, terms: Iterable[tuple[bytes, Sequence[int], Sequence[float] | None]]) -> None:
        """Write a field: its terms in order, each with the documents and their weights (None: 1 in each)."""
        number = len(self._fields._fieldmap)
        self._fields._fieldmap[name] = number
        field, add, write = struct.pack("!H", number), self._fields._tindex.add, self._fields._postfile.write
        for term, ids, weights in terms:
            posted = _postings(ids, weights)
            write(posted)
            add(field + term, _term_info(ids, weights) + _EXTENT.pack(self._at, len(posted)))
            self._at += len(posted)

    def cancel(self) -> None:
        """Close the files as they are."""
        self._stored._child._dbfile.close()
        self._fields._tindex.dbfile.close()
        self._fields._postfile.close()

    def close(self) -> Any:
        """Finish every file and give the segment."""
        self._stored.finish(self.count)
        self._stored._child._dbfile.close()
        self._fields.close()
        self.segment.set_doc_count(self.count)
        self.segment._fieldlengths = {}
        return self.segment


def _term_info(ids: Sequence[int], weights: Sequence[float] | None) -> bytes:
    whole, most = (sum(weights), max(weights)) if weights else (float(len(ids)), 1.0)
    return _TERM.pack(0, whole, len(ids), 0, 0, most, ids[0], ids[-1])


def _postings(ids: Sequence[int], weights: Sequence[float] | None) -> bytes:
    found = [WHOOSH3_HEADER_MAGIC]
    for start in range(0, len(ids), _BLOCK):
        part = ids[start : start + _BLOCK]
        steps = (part[0], *(after - before for before, after in pairwise(part)))
        shares = tuple(weights[start : start + _BLOCK]) if weights else None
        data = dumps((steps, shares, None), 2)
        level = 3 if len(part) >= _COMPRESSED_FROM else 0
        if level:
            data = zlib.compress(data, level)
        told = dumps((len(part), part[-1], max(shares) if shares else 1.0, level, 0, 0), 2)
        size = len(told) + len(data)
        found += (_LENGTH.pack(-size if start + _BLOCK >= len(ids) else size), told, data)
    return b"".join(found)
