"""Correcting an unknown word by deletes: two words are near when they meet after a letter or two is left out.

The method is SymSpell's. Hashes in sorted arrays take a tenth of the memory of a dictionary of the variants.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

SHORTEST = 4
_PREFIX = 8


def allowed_distance(word: str) -> int:
    """How many slips a word of this length may hold: none below four letters, two from seven on."""
    return 0 if len(word) < SHORTEST else 1 if len(word) < 7 else 2


class Speller:
    """The words of one immutable set, to be asked for those near to a misspelt one."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = [word for word in words if len(word) >= SHORTEST and word.isalpha()]
        hashes: list[int] = []
        owners: list[int] = []
        for number, word in enumerate(self._words):
            variants = _variants(word)
            hashes.extend(map(hash, variants))
            owners.extend([number] * len(variants))
        order = np.argsort(np.array(hashes, dtype=np.int64), kind="stable")
        self._hashes: npt.NDArray[np.int64] = np.array(hashes, dtype=np.int64)[order]
        self._owners: npt.NDArray[np.int32] = np.array(owners, dtype=np.int32)[order]

    def near(self, word: str) -> dict[str, int]:
        """The words within the allowed distance of this one, and how far each is."""
        allowed = allowed_distance(word)
        if not allowed or not self._words or len(word) > 30:
            return {}
        asked = np.array([hash(variant) for variant in _variants(word)], dtype=np.int64)
        first = np.searchsorted(self._hashes, asked, side="left")
        last = np.searchsorted(self._hashes, asked, side="right")
        met = {int(n) for start, end in zip(first, last, strict=True) for n in self._owners[start:end]}
        distances = {self._words[number]: distance(word, self._words[number], allowed) for number in met}
        return {other: far for other, far in distances.items() if far <= allowed}


def _variants(word: str) -> set[str]:
    head = word[:_PREFIX]
    found = {head}
    for count in range(1, allowed_distance(word) + 1):
        found.update("".join(kept) for kept in combinations(head, len(head) - count))
    return found


def distance(one: str, two: str, most: int) -> int:
    """Insertions, deletions, changes and swaps of neighbours from one word to another; `most + 1` where more."""
    if abs(len(one) - len(two)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(two) + 1))
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(two, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return last[-1]
