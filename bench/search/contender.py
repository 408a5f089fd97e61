"""What every engine in the comparison can do, and the words that they all index."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from bench.search.wanted import Wanted, key_token
from directory.search.document import Document
from directory.search.terms import keys_of
from directory.search.text import stem, words

LIMIT = 20
# Keys that only rule out, or that no plan asks for.
_UNUSED = ("span", "setting", "superseded")


class Contender(Protocol):
    """An engine beside Signpost's: it is asked what Signpost understood, and gives ids."""

    name: str

    def __init__(self, folder: Path) -> None: ...

    def build(self, documents: Iterable[Document]) -> None:
        """Index everything in an empty folder."""
        ...

    def open(self) -> None:
        """Make ready to search."""
        ...

    def search(self, wanted: Wanted, limit: int = LIMIT) -> list[str]:
        """Ids, best first."""
        ...

    def apply(self, document: Document) -> None:
        """Replace one document, so that other processes find it."""
        ...


def stemmed(*texts: str) -> str:
    """Texts as stems, so that a plan's stems are met without a second stemmer."""
    return " ".join(stem(word) for text in texts for word in words(text))


def key_tokens(document: Document) -> list[str]:
    """Every key of a document that a question may name."""
    found = (each.partition(":") for each in keys_of(document))
    return sorted({key_token(kind, value) for kind, _, value in found if kind not in _UNUSED})
