"""What planning asks of an index: which words, names, places and numbers it knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Lexicon(Protocol):
    """The words and keys of one generation of an index; every answer is of that generation."""

    def knows(self, word: str) -> bool:
        """Whether a folded word, or another form of it, is in the index."""
        ...

    def has(self, kind: str, value: str) -> bool:
        """Whether a live document carries this key: see `terms.keys_of` for the kinds."""
        ...

    def kinds(self, phrase: str) -> tuple[str, ...]:
        """Which of `terms.PHRASES` these stems, as one key, are in live documents."""
        ...

    def near(self, word: str) -> Mapping[str, int]:
        """The words of the index within spelling distance of this one, each with its distance."""
        ...

    def begins(self, prefix: str) -> tuple[str, ...]:
        """The commonest words that begin so, at most five."""
        ...

    def frequency(self, word: str) -> int:
        """In how many documents a word is."""
        ...
