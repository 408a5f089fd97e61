"""Words that nothing knows: joined, split or corrected into words that the index or the vocabulary does know."""

from __future__ import annotations

from dataclasses import dataclass, field

from directory.search.lexicon import Lexicon
from directory.search.question import ASKING, SOFT
from directory.search.speller import SHORTEST, distance
from directory.search.text import GRAMMAR, stem
from directory.search.vocabulary import Vocabulary

_TRUST = {1: 0.85, 2: 0.7}
_HEARD = 2
# A question with more words that nothing knows is none that somebody mistyped: each costs as much as an answer.
_MOST_TRIED = 4


@dataclass(frozen=True, slots=True)
class Spelt:
    """One word: as typed, as read, and how far the reading is trusted (1 where it was known as typed)."""

    typed: str
    read: str
    trust: float = 1.0


@dataclass(slots=True)
class Respelt:
    """A whole question: its words as read, the corrections made, and the words that stay unknown."""

    words: list[Spelt] = field(default_factory=list)
    changed: list[tuple[str, str]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def corrections(self) -> tuple[tuple[str, str], ...]:
        """What was typed with what was read instead."""
        return tuple(self.changed)


def respell(typed: list[str], vocabulary: Vocabulary, lexicon: Lexicon) -> Respelt:
    """Read every word as one that is known, where there is one within reach."""
    result = Respelt()
    stems = vocabulary.stems
    at = tried = 0
    while at < len(typed):
        word, following = typed[at], typed[at + 1] if at + 1 < len(typed) else ""
        known = _is_known(word, stems, lexicon)
        if following and not (known and _is_known(following, stems, lexicon)):
            joined = word + following
            if _is_known(joined, stems, lexicon):
                result.words.append(Spelt(joined, joined, 0.95))
                at += 2
                continue
        if known:
            result.words.append(Spelt(word, word))
        elif tried < _MOST_TRIED:
            tried += 1
            _correct(word, result, vocabulary, lexicon)
        else:
            result.words.append(Spelt(word, word))
            result.unknown.append(word)
        at += 1
    return result


def _is_known(word: str, stems: frozenset[str], lexicon: Lexicon) -> bool:
    return word in ASKING or word in SOFT or stem(word) in stems or lexicon.knows(word)


def _correct(word: str, result: Respelt, vocabulary: Vocabulary, lexicon: Lexicon) -> None:
    if len(word) >= SHORTEST and lexicon.begins(word):
        result.words.append(Spelt(word, word))
        return
    if pair := _split(word, vocabulary.stems, lexicon):
        result.words += [Spelt(part, part, 0.85) for part in pair]
        result.changed.append((word, " ".join(pair)))
        return
    if (swapped := _swapped(word, vocabulary.stems, lexicon)) is not None:
        result.words.append(Spelt(word, swapped, _TRUST[1]))
        result.changed.append((word, swapped))
        return
    if (best := _nearest(word, vocabulary, lexicon)) is not None:
        meant, far = best
        result.words.append(Spelt(word, meant, _TRUST[far]))
        result.changed.append((word, meant))
        return
    result.words.append(Spelt(word, word))
    result.unknown.append(word)


def _split(word: str, stems: frozenset[str], lexicon: Lexicon) -> tuple[str, str] | None:
    if not 7 <= len(word) <= 30:
        return None
    for cut in range(3, len(word) - 2):
        one, two = word[:cut], word[cut:]
        # Three letters make too many words by chance: the longer part must carry the meaning.
        if max(cut, len(word) - cut) >= 5 and all(
            part not in GRAMMAR and (lexicon.frequency(part) or stem(part) in stems) for part in (one, two)
        ):
            return one, two
    return None


def _swapped(word: str, stems: frozenset[str], lexicon: Lexicon) -> str | None:
    """A word of three letters with two neighbours changed about, where just one such word is known: "lge" is "leg"."""
    if len(word) != SHORTEST - 1 or not word.isalpha():
        return None
    found = {f"{word[1]}{word[0]}{word[2]}", f"{word[0]}{word[2]}{word[1]}"} - {word}
    known = [other for other in sorted(found) if lexicon.frequency(other) or stem(other) in stems]
    return known[0] if len(known) == 1 else None


def _alike(one: str, two: str) -> int:
    """How many letters two words begin with in common."""
    pairs = zip(one, two, strict=False)
    return next((at for at, (first, second) in enumerate(pairs) if first != second), min(len(one), len(two)))


def _heard(word: str, vocabulary: Vocabulary) -> dict[str, int]:
    """Of the words that sound the same, the one written most alike."""
    heard = vocabulary.like(word)
    if not heard:
        return {}
    best = min(heard, key=lambda other: (distance(word, other, len(word)), -_alike(word, other), other))
    return {best: _HEARD}


def _nearest(word: str, vocabulary: Vocabulary, lexicon: Lexicon) -> tuple[str, int] | None:
    if not word.isalpha():
        return None
    found = {**vocabulary.near(word), **lexicon.near(word)}
    if not found or min(found.values()) > 1:
        # What sounds the same is nearer than what two slips of the hand would make.
        found = _heard(word, vocabulary) or found
    if not found:
        return None
    best = min(found, key=lambda other: (found[other], other[0] != word[0], -lexicon.frequency(other), other))
    return best, max(1, found[best])
