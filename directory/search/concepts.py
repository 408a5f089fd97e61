"""What the field knows: conditions and the words of people for them, by the specialty that sees to them.

A document is tagged once, when it is indexed, with the specialties and conditions that its name, its needs and its
summary speak of; a question reads its own words as the same tags. So the two meet without a word in common. The table
is `concepts.txt`: broad, the same for every directory, and weaker than anything that an entry or an editor says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple

from directory.search.question import ASKING
from directory.search.text import GRAMMAR, stem, words

# A tag stands among the words of a document. No word begins so.
MARK = "~"
LONGEST = 5
# How far a phrase is trusted to mean its own condition, and the specialty above it.
_CONDITION, _SPECIALTY = 0.6, 0.42
# What single words hint at, and how much of it must come together: a word of one specialty alone is worth 1.
_GUESS, _ENOUGH = 0.25, 0.5
Stems = tuple[str, ...]


class Sense(NamedTuple):
    """What a phrase may mean: a tag, and how far to trust it (0 to 1)."""

    tag: str
    trust: float


class Met(NamedTuple):
    """A phrase of the table in a text, by the first and last of its words, and everything that it may mean."""

    first: int
    last: int
    senses: tuple[Sense, ...]


@dataclass(frozen=True, slots=True)
class Concepts:
    """The table, by the stems of each phrase in rising order, so that "legs are swollen" is "swollen legs"."""

    senses: Mapping[Stems, tuple[Sense, ...]]
    words: frozenset[str]
    # Every stem in the table, with how much it says for each specialty whose lines hold it: most words of a text are
    # not here, and need no further look.
    hints: Mapping[str, Mapping[str, float]]

    def met(self, stems: Sequence[str]) -> Iterator[Met]:
        """The phrases in a text, each the longest at its place."""
        known = [part in self.hints for part in stems]
        end = 0
        for first, is_known in enumerate(known):
            if not is_known:
                continue
            for last in range(min(len(stems), first + LONGEST) - 1, first - 1, -1):
                if last < end and last != first:
                    break
                if not all(known[first : last + 1]):
                    continue
                senses = self.senses.get(tuple(sorted(stems[first : last + 1])))
                if senses and last + 1 > end:
                    end = last + 1
                    yield Met(first, last, senses)
                    break

    def guess(self, stems: Sequence[str]) -> Sense | None:
        """The specialty at which words of its lines hint, where no phrase says it: several, or one of its own."""
        said: dict[str, float] = {}
        for part in dict.fromkeys(stems):
            for tag, worth in self.hints.get(part, {}).items():
                said[tag] = said.get(tag, 0.0) + worth
        if not said:
            return None
        best = max(said, key=lambda tag: (said[tag], tag))
        return Sense(best, _GUESS) if said[best] >= _ENOUGH else None


def stems_of(text: str) -> Stems:
    """A phrase as it is compared: without grammar and the words in which questions are put."""
    found = words(text)
    kept = [word for word in found if word not in GRAMMAR and word not in ASKING] or found
    return tuple(stem(word) for word in kept)


@cache
def concepts() -> Concepts:
    """The table that the package ships, read once."""
    return parse(files("directory.search").joinpath("concepts.txt").read_text(encoding="utf-8"))


def parse(text: str) -> Concepts:
    """A table from its text; raises ValueError on a condition that stands under no specialty."""
    found: dict[Stems, dict[str, float]] = {}
    known: set[str] = set()
    specialty = ""
    headed: dict[str, str] = {}
    for number, line in enumerate(text.splitlines()):
        phrases = [part.strip() for part in line.strip("[]").split(";")]
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            # A heading that begins with a name of one before goes on with that specialty.
            specialty = headed.get(phrases[0], f"{MARK}{number}")
            headed |= dict.fromkeys(phrases, specialty)
            tags = {specialty: _CONDITION}
        elif specialty:
            tags = {f"{specialty}.{number}": _CONDITION, specialty: _SPECIALTY}
        else:
            raise ValueError(f"Line {number + 1} of the table of concepts stands under no specialty.")
        for phrase in phrases:
            known.update(words(phrase))
            senses = found.setdefault(tuple(sorted(stems_of(phrase))), {})
            for tag, trust in tags.items():
                senses[tag] = max(trust, senses.get(tag, 0.0))
    return Concepts(
        MappingProxyType({stems: _shared(senses) for stems, senses in found.items()}),
        frozenset(known),
        MappingProxyType(_hints(found)),
    )


def _hints(found: Mapping[Stems, Mapping[str, float]]) -> dict[str, Mapping[str, float]]:
    """What each stem says for the specialties whose phrases hold it: the more they are, the less for each."""
    lines: dict[str, dict[str, int]] = {}
    for stems, senses in found.items():
        for part in set(stems):
            held = lines.setdefault(part, {})
            for tag in senses:
                if "." not in tag:
                    held[tag] = held.get(tag, 0) + 1
    return {
        part: MappingProxyType({tag: round(count / sum(held.values()) ** 1.25, 3) for tag, count in held.items()})
        for part, held in lines.items()
    }


def _shared(senses: Mapping[str, float]) -> tuple[Sense, ...]:
    """A phrase that may mean several specialties says less about each."""
    many = sum(1 for tag in senses if "." not in tag)
    return tuple(Sense(tag, round(trust / many**0.3, 3)) for tag, trust in senses.items())
