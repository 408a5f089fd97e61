"""Correcting an unknown word: those whose letters are nearly the same are found in an array, then measured one by one.

A slip adds a letter, takes one away or does both, so it changes at most two bits of a word's `signature`. Comparing all
of them is one pass over an array, which takes a hundredth of the memory of a table of everything that may be typed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA

SHORTEST = 4
LONGEST = 30
_NO_NUMBERS: npt.NDArray[np.uint32] = np.empty(0, np.uint32)


def allowed_distance(word: str) -> int:
    """How many slips a word of this length may hold: none below four letters, two from seven on."""
    return 0 if len(word) < SHORTEST else 1 if len(word) < 7 else 2


def distance(one: str, two: str, most: int) -> int:
    """Insertions, deletions, changes and swaps of neighbours from one word to another; `most + 1` where more."""
    return OSA.distance(one, two, score_cutoff=most)


def signature(word: str) -> int:
    """Which letters a word has, and which of them twice, as bits; letters of other scripts share the last twelve."""
    found = 0
    for letter in word:
        code = ord(letter) - 97
        if 0 <= code < 26:
            bit = 1 << 2 * code
            found |= bit << 1 if found & bit else bit
        else:
            found |= 1 << (52 + code % 12)
    return found


@dataclass(frozen=True, slots=True)
class Signatures:
    """The words of a list that may be meant, by length: where each length begins, signatures, and numbers."""

    starts: npt.NDArray[np.uint32]
    bits: npt.NDArray[np.uint64]
    numbers: npt.NDArray[np.uint32]

    @classmethod
    def of(cls, words: Sequence[str]) -> Signatures:
        """Work them out."""
        chosen = [number for number, word in enumerate(words) if SHORTEST <= len(word) <= LONGEST and word.isalpha()]
        chosen.sort(key=lambda number: len(words[number]))
        lengths = np.array([len(words[number]) for number in chosen], np.int64)
        return cls(
            np.searchsorted(lengths, np.arange(LONGEST + 2)).astype(np.uint32),
            np.array([signature(words[number]) for number in chosen], np.uint64),
            np.array(chosen, np.uint32),
        )

    def alike(self, word: str, slips: int) -> npt.NDArray[np.uint32]:
        """The numbers of all words that so many slips may have made into this one, and of some others."""
        shortest, longest = max(0, len(word) - slips), min(LONGEST, len(word) + slips)
        first, last = int(self.starts[shortest]), int(self.starts[longest + 1])
        if first >= last:
            return _NO_NUMBERS
        changed = np.bitwise_count(self.bits[first:last] ^ np.uint64(signature(word)))
        found: npt.NDArray[np.uint32] = self.numbers[first:last][changed <= 2 * slips]
        return found


class Speller:
    """The words of one immutable set, to be asked for those near to a misspelt one."""

    def __init__(
        self, words: Sequence[str], signatures: Signatures | None = None, word_of: Callable[[int], str] | None = None
    ) -> None:
        self._word_of = word_of or words.__getitem__
        self._signatures = signatures or Signatures.of(words)

    def near(self, word: str) -> dict[str, int]:
        """The words within the allowed distance of this one, and how far each is."""
        allowed = allowed_distance(word)
        if not allowed or len(word) > LONGEST:
            return {}
        others = [self._word_of(number) for number in self._signatures.alike(word, allowed).tolist()]
        return {other: far for other in others if (far := distance(word, other, allowed)) <= allowed}
