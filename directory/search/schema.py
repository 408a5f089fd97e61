"""What Whoosh keeps for each service, and the writer that adds to it without ever touching what is committed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import whoosh
from whoosh.fields import STORED, FieldType, Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.formats import Existence
from whoosh.index import TOC, FileIndex
from whoosh.writing import SegmentWriter

from directory.errors import IndexDamaged
from directory.search.document import Document, to_stored
from directory.search.terms import keys_of, weights_of
from directory.search.text import fold

WHOOSH = (2, 7, 4)
_LONGEST_TERM = 200


class Weighted(FieldType):  # type: ignore[misc]
    """A field whose terms and weights are worked out before: Whoosh only keeps them."""

    def __init__(self) -> None:
        super().__init__(Existence(), None)

    def index(self, value: Mapping[str, float], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Each term as Whoosh takes it."""
        for term, weight in value.items():
            yield term.encode("utf-8", "ignore"), 1, weight, b""


SCHEMA = Schema(word=Weighted(), key=Weighted(), order=Weighted(), document=STORED())


def require_whoosh() -> None:
    """Raise `IndexDamaged` unless Whoosh is the pinned one: its forks share its name and bring deleted records back."""
    if tuple(whoosh.__version__) != WHOOSH:
        found = ".".join(map(str, whoosh.__version__))
        raise IndexDamaged(f"Signpost needs Whoosh 2.7.4 and found {found}: install whoosh==2.7.4 alone.")


def fields_of(document: Document) -> dict[str, Any]:
    """A document as Whoosh takes it: worked out whole first, for an error inside `add_document` breaks the writer."""
    return {
        "word": weights_of(document),
        "key": {entry[:_LONGEST_TERM]: 1.0 for entry in keys_of(document)},
        "order": {f"{fold(document.name)}\0{document.id}": 1.0},
        "document": to_stored(document),
    }


class _Index(FileIndex):  # type: ignore[misc]
    """The index as committed: a later table of contents was left by a writer that was killed, and is not read."""

    def __init__(self, storage: FileStorage, toc: TOC) -> None:
        self._toc = toc
        super().__init__(storage, SCHEMA)

    def _read_toc(self) -> TOC:
        return self._toc


class _Writer(SegmentWriter):  # type: ignore[misc]
    """Whoosh's writer, but for cleaning up: what the pointer still names must stay until the pointer has moved."""

    def _commit_toc(self, segments: list[Any]) -> None:
        TOC(self.schema, segments, self.generation).write(self.storage, self.indexname)
        self.kept = segments


def create(folder: Path) -> TOC:
    """An empty index in an empty folder."""
    folder.mkdir(parents=True, mode=0o700)
    TOC.create(FileStorage(str(folder), supports_mmap=False), SCHEMA)
    return TOC(SCHEMA, [], 0)


def write(
    folder: Path,
    toc: TOC,
    documents: Iterable[Document],
    *,
    without: Mapping[str, Iterable[int]],
    drop: Iterable[str] = (),
) -> TOC:
    """Add one segment with these documents to a committed state and give the next one, not yet pointed to.

    `without` names the documents that it deletes, by segment and number; `drop` the segments that it leaves out whole.
    """
    storage = FileStorage(str(folder), supports_mmap=False)
    writer = _Writer(_Index(storage, toc), compound=False)
    try:
        for segment in writer.segments:
            for at in without.get(segment.segment_id(), ()):
                segment.delete_document(at)
        for document in documents:
            writer.add_document(**fields_of(document))
    except BaseException:
        writer.cancel()
        raise
    dropped = set(drop)
    writer.commit(
        mergetype=lambda _, segments: [
            segment for segment in segments if segment.segment_id() not in dropped and not _is_empty(segment)
        ]
    )
    return TOC(SCHEMA, writer.kept, writer.generation)


def segment_files(folder: Path, toc: TOC) -> set[str]:
    """The files of a state, its table of contents among them."""
    prefixes = tuple(f"{segment.make_filename('')}." for segment in toc.segments)
    return {entry.name for entry in folder.iterdir() if prefixes and entry.name.startswith(prefixes)} | {
        f"_MAIN_{toc.generation}.toc"
    }


def _is_empty(segment: Any) -> bool:
    return bool(segment.deleted_count() >= segment.doc_count_all())
