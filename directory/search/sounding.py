"""How a word sounds, roughly, so that "newmonia" meets "pneumonia" where its letters are too far apart to be a slip."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from directory.search.speller import distance

# In turn, over a whole word: what English spells in many ways is spelt in one, and vowels count only at the beginning.
_RULES = tuple(
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"^(?:pn|kn|gn|mn)", "n"),
        (r"^(?:ps|pts|sc(?=[eiy]))", "s"),
        (r"^pt", "t"),
        (r"^wr", "r"),
        (r"^(?:rh)", "r"),
        (r"^x", "z"),
        (r"ph|pf", "f"),
        (r"gh(?=t)", ""),
        (r"(?:ough|augh)$", "f"),
        (r"rrh|rh|rr", "r"),
        (r"tch|tsch", "C"),
        (r"sch", "sk"),
        (r"(?:ti|ci|si|ssi)(?=on|an|al|ou)|sh", "S"),
        (r"ch(?=[rliy]|a(?!i)|em|o)", "k"),
        (r"ch", "C"),
        (r"c(?=[eiy])", "s"),
        (r"ck|cc|c|q(?:u)?", "k"),
        (r"x", "ks"),
        (r"dge|dg", "j"),
        (r"g(?=[eiy])", "j"),
        (r"th", "t"),
        (r"z", "s"),
        (r"w", ""),
        (r"^(?:ae|oe|eu|ei|ie|ea|ee|y)", "e"),
        (r"(?<=.)[aeiouyh]+", ""),
        (r"^[aeiou]+", "e"),
        (r"(.)\1+", r"\1"),
    )
)
SHORTEST = 5
_SHORTEST_KEY = 3
_FURTHEST = 3


def sound(word: str) -> str:
    """The consonants of a word as they are heard."""
    for pattern, plain in _RULES:
        word = pattern.sub(plain, word)
    return word


class Sounds:
    """The words of a set by how they sound."""

    def __init__(self, words: Iterable[str]) -> None:
        found: dict[str, list[str]] = {}
        for word in words:
            if len(word) >= SHORTEST and word.isascii() and word.isalpha():
                found.setdefault(sound(word), []).append(word)
        self._words: Mapping[str, list[str]] = found

    def like(self, word: str) -> list[str]:
        """The words that sound as this one does; of few sounds, only those whose letters are not far off either."""
        if len(word) < SHORTEST or not word.isascii() or not word.isalpha():
            return []
        heard = sound(word)
        found = self._words.get(heard, [])
        if len(heard) >= _SHORTEST_KEY:
            return found
        return [other for other in found if distance(word, other, _FURTHEST) <= _FURTHEST]
