"""The words that staff use for one another: abbreviations, synonyms and misnomers, read both ways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from directory.search.concepts import concepts
from directory.search.question import SOFT
from directory.search.sounding import Sounds
from directory.search.speller import Speller
from directory.search.text import LONGEST_PHRASE, phrase, stem, words

# How far an expansion is trusted: from the term to what it means, and back from a meaning to the term.
_WEIGHTS: Mapping[str, tuple[float, float]] = {
    "abbreviation": (0.95, 0.85),
    "synonym": (0.85, 0.8),
    "misnomer": (0.8, 0.35),
}
# Of several meanings the first is the likeliest: editors write it first.
_FURTHER = 0.88


@dataclass(frozen=True, slots=True)
class Term:
    """One line of the vocabulary; `kind` is `abbreviation`, `synonym` or `misnomer`."""

    term: str
    means: tuple[str, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class Expansion:
    """Another way to say something: its stems, how far to trust it, and the kind of line it came from."""

    stems: tuple[str, ...]
    weight: float
    via: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """An immutable set of expansions by phrase, and the stems in it, which count as known when they are typed."""

    expansions: Mapping[tuple[str, ...], tuple[Expansion, ...]]
    stems: frozenset[str]
    abbreviations: frozenset[str]
    speller: Speller
    sounds: Sounds

    @classmethod
    def from_terms(cls, terms: Iterable[Term]) -> Vocabulary:
        """Build it from its lines; a term that is given twice has the meanings of both."""
        found: dict[tuple[str, ...], dict[tuple[str, ...], Expansion]] = {}
        known = set(concepts().words)
        abbreviations: set[str] = set()
        for term in terms:
            there, back = _WEIGHTS.get(term.kind, _WEIGHTS["synonym"])
            # A word for several things says little about each: leg ulcers are seldom what "swollen legs" means.
            back /= max(1, len(term.means)) ** 0.5
            own = phrase(term.term)
            known.update(words(term.term))
            if term.kind == "abbreviation":
                abbreviations.update(words(term.term))
            for place, meaning in enumerate(term.means):
                other = phrase(meaning)
                known.update(words(meaning))
                _add(found, own, Expansion(other, there * _FURTHER**place, term.kind))
                _add(found, other, Expansion(own, back, term.kind))
        frozen = {stems: tuple(others.values()) for stems, others in found.items()}
        return cls(
            MappingProxyType(frozen),
            frozenset(stem(word) for word in known),
            frozenset(abbreviations),
            Speller(sorted(known | SOFT)),
            Sounds(sorted(known)),
        )

    def near(self, word: str) -> dict[str, int]:
        """Its words, and those of every question, within spelling distance of this one."""
        return self.speller.near(word)

    def like(self, word: str) -> list[str]:
        """Its words that sound as this one does."""
        return self.sounds.like(word)

    def of(self, stems: tuple[str, ...]) -> tuple[Expansion, ...]:
        """Every other way to say a phrase."""
        return self.expansions.get(stems, ())


def _add(
    found: dict[tuple[str, ...], dict[tuple[str, ...], Expansion]], stems: tuple[str, ...], expansion: Expansion
) -> None:
    if not stems or not expansion.stems or stems == expansion.stems or len(stems) > LONGEST_PHRASE:
        return
    others = found.setdefault(stems, {})
    known = others.get(expansion.stems)
    if known is None or known.weight < expansion.weight:
        others[expansion.stems] = expansion
