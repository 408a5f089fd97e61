"""What our build costs beside the least that Whoosh can do: taking the same fields, worked out, and committing."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from whoosh.fields import STORED, FieldType, Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.formats import Existence

from bench.search.prepared import Prepared, pieces
from directory.search.document import Document, to_stored
from directory.search.terms import keys_of, weights_of

_PIECE = 2_000


class _Given(FieldType):  # type: ignore[misc]
    """Terms with their weights, as they are given."""

    def __init__(self) -> None:
        super().__init__(Existence(), None)

    def index(self, value: Mapping[str, float], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Each term as Whoosh takes it."""
        for term, weight in value.items():
            yield term.encode(), 1, weight, b""


def whoosh_seconds(prepared: Prepared, folder: Path) -> float:
    """Seconds that Whoosh spends on a corpus in `add_document` and `commit`, the fields being given."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    schema = Schema(word=_Given(), key=_Given(), document=STORED())
    writer = FileStorage(str(folder)).create().create_index(schema).writer(compound=False)
    spent = 0.0
    for piece in pieces(prepared.documents(), _PIECE):
        given = [_fields(document) for document in piece]
        started = time.perf_counter()
        for fields in given:
            writer.add_document(**fields)
        spent += time.perf_counter() - started
    started = time.perf_counter()
    writer.commit(optimize=False)
    spent += time.perf_counter() - started
    shutil.rmtree(folder)
    return spent


def _fields(document: Document) -> dict[str, Any]:
    return {
        "word": weights_of(document),
        "key": dict.fromkeys(keys_of(document), 1.0),
        "document": to_stored(document),
    }
