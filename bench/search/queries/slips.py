"""Misspellings that can be read in one way only."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from random import Random

from bench.search.queries.ground import Ground
from bench.words import prose, specialties

# Makes one wrong word of a right one; None where this word allows no such slip.
Slip = Callable[[str, Random], str | None]
_SHORTEST = 6


def known_words(ground: Ground) -> frozenset[str]:
    """Every word of the directory that matters, in lower case."""
    found: set[str] = set()
    for kind in specialties():
        for text in (*kind.names, *kind.old, *kind.needs, *kind.does, *kind.not_, kind.who, kind.team):
            found.update(_words(text))
    for sentences in prose().values():
        for text in sentences:
            found.update(_words(text))
    for number in range(ground.districts):
        found.update(name.lower() for name in ground.district(number).area_names)
    return frozenset(found)


def misspell(text: str, slip: Slip, known: Collection[str], random: Random) -> str | None:
    """A text with one wrong word that is nearest to the right one; None where chance gave none."""
    right = [word for word in _words(text) if len(word) >= _SHORTEST]
    if not right:
        return None
    word = random.choice(right)
    wrong = slip(word, random)
    if wrong is None or wrong in known or wrong == word:
        return None
    away = distance(wrong, word)
    if away > 2 or any(
        other != word and abs(len(other) - len(wrong)) <= away and distance(wrong, other) <= away for other in known
    ):
        return None
    return text.lower().replace(word, wrong, 1)


def distance(one: str, two: str) -> int:
    """How many letters must be put in, left out, changed or swapped with the next one."""
    before: list[int] = []
    last = list(range(len(two) + 1))
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(two, start=1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > 2:
            return 3
        before, last = last, row
    return last[-1]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower().replace("'", ""))
