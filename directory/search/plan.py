"""From a question to a plan: what was recognised, which words matter, and every way to read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from directory.domain.change import fold as fold_name
from directory.domain.query import Query
from directory.search.lexicon import Lexicon
from directory.search.question import ASKING, MOST_WORDS, SOFT, Key, clean, take_numbers
from directory.search.spelling import respell
from directory.search.terms import PHRASES
from directory.search.text import GRAMMAR, LONGEST_PHRASE, core, is_generic, key, stem, words
from directory.search.vocabulary import Vocabulary

_CHILD_WORDS = "child children kid kids baby babies infant toddler paediatric paeds teenager boy girl"
_CHILD = frozenset(map(stem, _CHILD_WORDS.split()))
_ADULT = frozenset(map(stem, ("adult", "adults", "elderly", "older", "geriatric")))


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the question that matters; `required` words must be met before an answer deserves confidence."""

    text: str
    weight: float
    required: bool
    place: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the tokens from `first` to `last`: stems that a document must hold, and how far to trust it.

    `via` is `typed`, `spelling`, `prefix`, `abbreviation`, `synonym` or `misnomer`.
    """

    first: int
    last: int
    stems: tuple[str, ...]
    weight: float
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A question as the engine gets it: never text to be parsed again.

    `keys` are met whole; `within` and `setting` are filters that the asker chose; `unknown` are words that nothing
    explains; `corrections` pairs what was typed with what was read instead.
    """

    text: str
    tokens: tuple[Token, ...] = ()
    readings: tuple[Reading, ...] = ()
    keys: tuple[Key, ...] = ()
    unknown: tuple[str, ...] = ()
    corrections: tuple[tuple[str, str], ...] = ()
    age_group: str | None = None
    within: str | None = None
    setting: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left that could be looked for."""
        return not self.tokens and not self.keys

    def corrected(self) -> str | None:
        """The question with its corrections; None where there are none."""
        text = self.text
        for typed, meant in self.corrections:
            text = re.sub(rf"(?<!\w){re.escape(typed)}(?!\w)", meant, text, flags=re.IGNORECASE)
        return text if text != self.text else None


@dataclass(slots=True)
class _Word:
    typed: str
    read: str
    trust: float
    role: str


def plan(query: Query, vocabulary: Vocabulary, lexicon: Lexicon) -> Plan:
    """Read a question against what the index and the vocabulary know. Never raises, whatever was typed."""
    text = clean(query.text)
    numbers = take_numbers(text, lexicon)
    spelt = respell(_typed_words(numbers.rest, vocabulary), vocabulary, lexicon)
    read = [_Word(item.typed, item.read, item.trust, _role(item.read)) for item in spelt.words]
    found = list(_phrase_keys(read, vocabulary, lexicon))
    kept = _kept(read, found, numbers.keys)
    places = {at for match in found if match.kind == "area" for at in match.covers}
    renumber = {old: new for new, old in enumerate(kept)}
    tokens = tuple(_token(read[old], old in places) for old in kept)
    stems = [stem(read[old].read) for old in kept]
    readings = (*_typed_readings(read, kept, lexicon), *_expansions(stems, vocabulary))
    keys = (*numbers.keys, *_renumbered(found, renumber))
    return Plan(
        text=text,
        tokens=tokens,
        readings=readings,
        keys=keys,
        unknown=(*numbers.unknown, *spelt.unknown),
        corrections=spelt.corrections,
        age_group="child" if _CHILD & set(stems) else "adult" if _ADULT & set(stems) else None,
        within=fold_name(query.area) if query.area else None,
        setting=query.setting or None,
    )


def _typed_words(text: str, vocabulary: Vocabulary) -> list[str]:
    # "IT" in capitals among other words may be an abbreviation where "it" is grammar.
    shouted = set(re.findall(r"\b[A-Z]{2,5}\b", text)) if not text.isupper() else set()
    special = {word.casefold() for word in shouted} & vocabulary.abbreviations
    return [word for word in words(text) if word not in GRAMMAR or word in special][:MOST_WORDS]


def _role(word: str) -> str:
    return "asking" if word in ASKING else "soft" if word in SOFT or is_generic(stem(word)) else "subject"


def _phrase_keys(read: list[_Word], vocabulary: Vocabulary, lexicon: Lexicon) -> Iterator[Key]:
    stems = [stem(word.read) for word in read]
    for first in range(len(stems)):
        for last in range(first, min(len(stems), first + LONGEST_PHRASE)):
            span = tuple(stems[first : last + 1])
            trust = min(word.trust for word in read[first : last + 1])
            covers = tuple(range(first, last + 1))
            yield from _keys_of_span(span, trust, covers, lexicon)
            for other in vocabulary.of(span):
                yield from _keys_of_span(other.stems, trust * other.weight, covers, lexicon)


def _keys_of_span(span: tuple[str, ...], trust: float, covers: tuple[int, ...], lexicon: Lexicon) -> Iterator[Key]:
    bare = core(span)
    for value in dict.fromkeys((key(span), key(bare))):
        if lexicon.has("span", value):
            exact = trust if value == key(span) else trust * 0.95
            yield from (Key(kind, value, exact, covers) for kind in PHRASES if lexicon.has(kind, value))


def _kept(read: list[_Word], found: list[Key], numbers: list[Key]) -> list[int]:
    """Which words stay: the subject, what a recognised name holds, and soft words, if need be alone."""
    named = {at for match in found if match.kind != "area" and len(match.covers) > 1 for at in match.covers}
    subject = [at for at, word in enumerate(read) if word.role == "subject" or at in named]
    for at in named:
        if read[at].role == "asking":
            read[at].role = "soft"
    if subject or numbers:
        return [at for at, word in enumerate(read) if word.role != "asking" or at in named]
    single = {at for match in found for at in match.covers}
    return [at for at, word in enumerate(read) if word.role == "soft" or at in single]


def _token(word: _Word, place: bool) -> Token:
    weight = {"subject": 1.0, "soft": 0.2, "asking": 0.2}[word.role]
    return Token(word.typed, weight * (0.3 if place else 1.0), word.role == "subject" and not place, place)


def _renumbered(found: list[Key], renumber: dict[int, int]) -> Iterator[Key]:
    best: dict[tuple[str, str], Key] = {}
    for match in found:
        if not all(at in renumber for at in match.covers):
            continue
        moved = replace(match, covers=tuple(renumber[at] for at in match.covers))
        known = best.get((match.kind, match.value))
        if known is None or (len(moved.covers), moved.weight) > (len(known.covers), known.weight):
            best[match.kind, match.value] = moved
    yield from best.values()


def _typed_readings(read: list[_Word], kept: list[int], lexicon: Lexicon) -> Iterator[Reading]:
    for new, old in enumerate(kept):
        word = read[old]
        via = "typed" if word.typed == word.read else "spelling"
        yield Reading(new, new, (stem(word.read),), word.trust, via)
        if len(word.read) >= 4 and not lexicon.knows(word.read):
            yield from (Reading(new, new, (stem(other),), 0.7, "prefix") for other in lexicon.begins(word.read))


def _expansions(stems: list[str], vocabulary: Vocabulary) -> Iterator[Reading]:
    for first in range(len(stems)):
        for last in range(first, min(len(stems), first + LONGEST_PHRASE)):
            for other in vocabulary.of(tuple(stems[first : last + 1])):
                yield Reading(first, last, other.stems, other.weight, other.via)
