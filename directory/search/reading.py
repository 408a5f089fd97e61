"""The words of a question, the names and needs that they spell out whole, and every way to read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from directory.search.concepts import concepts
from directory.search.lexicon import Lexicon
from directory.search.plan import Reading
from directory.search.question import ASKING, MOST_WORDS, SOFT, Key
from directory.search.text import GRAMMAR, LONGEST_PHRASE, core, is_generic, key, stem, words
from directory.search.vocabulary import Vocabulary

# How often one word counts in a question.
_MOST_TIMES = 2
_CAPITALS = re.compile(r"\b[A-Z]{2,5}\b")
# A word that goes on differently in the index, found by its beginning.
_BY_BEGINNING, _SHORTEST_BEGINNING = 0.7, 4
# A name that is met but for its generic words.
_BUT_FOR_GENERIC = 0.95


@dataclass(slots=True)
class Word:
    """A word as typed and as read; its role is `subject`, `soft` (helps a little) or `asking` (dropped)."""

    typed: str
    read: str
    trust: float
    stem: str
    role: str

    @classmethod
    def of(cls, typed: str, read: str, trust: float) -> Word:
        """A word with the role that it has in most questions."""
        stemmed = stem(read)
        role = "asking" if read in ASKING else "soft" if read in SOFT or is_generic(stemmed) else "subject"
        return cls(typed, read, trust, stemmed, role)


def typed_words(text: str, vocabulary: Vocabulary, lexicon: Lexicon) -> list[str]:
    """The words of a question without grammar; "IT" in capitals among other words may be an abbreviation.

    Of more than a question needs, as where a letter is pasted, those that tell most, in their order.
    """
    shouted = set() if text.isupper() else set(_CAPITALS.findall(text))
    special = {word.casefold() for word in shouted} & vocabulary.abbreviations
    found = [word for word in words(text) if word not in GRAMMAR or word in special]
    once = list(_not_over_and_over(found))
    if len(once) <= MOST_WORDS:
        return once
    telling = sorted(range(len(once)), key=lambda at: _tells_little(once[at], vocabulary, lexicon))[:MOST_WORDS]
    return [once[at] for at in sorted(telling)]


def _tells_little(word: str, vocabulary: Vocabulary, lexicon: Lexicon) -> tuple[int, int]:
    """Rises from rare words to common ones, what nothing knows (a name, a slip), and the words of any question."""
    if word in ASKING:
        return 3, 0
    if word in SOFT:
        return 2, 0
    frequency = lexicon.frequency(word)
    known = frequency or stem(word) in vocabulary.stems or lexicon.knows(word)
    return (0, frequency) if known else (1, 0)


def _not_over_and_over(found: Iterable[str]) -> Iterator[str]:
    """The same words, each no more often than a question needs: what is pasted over and over says nothing new."""
    times: dict[str, int] = {}
    for word in found:
        times[word] = times.get(word, 0) + 1
        if times[word] <= _MOST_TIMES:
            yield word


def phrase_keys(read: Sequence[Word], vocabulary: Vocabulary, lexicon: Lexicon) -> list[Key]:
    """Every name, need, owner and area that some of the words, or other words for them, spell out whole."""
    stems = tuple(word.stem for word in read)
    found: list[Key] = []
    for first in range(len(stems)):
        trust = 1.0
        for last in range(first, min(len(stems), first + LONGEST_PHRASE)):
            span, trust = stems[first : last + 1], min(trust, read[last].trust)
            covers = tuple(range(first, last + 1))
            found += _keys_of_span(span, trust, covers, lexicon)
            for other in vocabulary.of(span):
                found += _keys_of_span(other.stems, trust * other.weight, covers, lexicon)
    return found


def _keys_of_span(span: tuple[str, ...], trust: float, covers: tuple[int, ...], lexicon: Lexicon) -> Iterator[Key]:
    whole, bare = key(span), key(core(span))
    for value in (whole,) if whole == bare else (whole, bare):
        if kinds := lexicon.kinds(value):
            exact = trust if value == whole else trust * _BUT_FOR_GENERIC
            yield from (Key(kind, value, exact, covers) for kind in kinds)


def renumbered(found: Iterable[Key], renumber: dict[int, int]) -> Iterator[Key]:
    """The keys by the words that were kept: of those met more than once, the one that accounts for most."""
    best: dict[tuple[str, str], Key] = {}
    for match in found:
        if not all(at in renumber for at in match.covers):
            continue
        known = best.get((match.kind, match.value))
        if known is None or (len(match.covers), match.weight) > (len(known.covers), known.weight):
            best[match.kind, match.value] = match
    for match in best.values():
        yield Key(match.kind, match.value, match.weight, tuple(renumber[at] for at in match.covers))


def readings_of(kept: Sequence[Word], vocabulary: Vocabulary, lexicon: Lexicon) -> tuple[Reading, ...]:
    """Every way to read the words that were kept."""
    return (*_as_typed(kept, lexicon), *_expansions(kept, vocabulary), *_concepts(kept))


def _as_typed(kept: Sequence[Word], lexicon: Lexicon) -> Iterator[Reading]:
    for at, word in enumerate(kept):
        yield Reading(at, at, (word.stem,), word.trust, "typed" if word.typed == word.read else "spelling")
        if len(word.read) >= _SHORTEST_BEGINNING and not lexicon.knows(word.read):
            for other in lexicon.begins(word.read):
                yield Reading(at, at, (stem(other),), _BY_BEGINNING, "prefix")


def _expansions(kept: Sequence[Word], vocabulary: Vocabulary) -> Iterator[Reading]:
    stems = tuple(word.stem for word in kept)
    for first in range(len(stems)):
        for last in range(first, min(len(stems), first + LONGEST_PHRASE)):
            for other in vocabulary.of(stems[first : last + 1]):
                yield Reading(first, last, other.stems, other.weight, other.via)


def _concepts(kept: Sequence[Word]) -> Iterator[Reading]:
    table, stems = concepts(), [word.stem for word in kept]
    covered: set[int] = set()
    for met in table.met(stems):
        covered.update(range(met.first, met.last + 1))
        for sense in met.senses:
            yield Reading(met.first, met.last, (sense.tag,), sense.trust, "concept")
    subject = [at for at, word in enumerate(kept) if word.role == "subject"]
    if not covered and (guessed := table.guess([stems[at] for at in subject])):
        yield from (Reading(at, at, (guessed.tag,), guessed.trust, "concept") for at in subject)
