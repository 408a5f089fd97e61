"""Why a document was found: how well its names, needs and other texts answer the plan, each taken by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from directory.domain.parting import OLDEST
from directory.domain.query import Matched
from directory.search.document import Document
from directory.search.plan import Plan
from directory.search.terms import GROWN_FROM, GROWN_TO
from directory.search.text import code_key, core, fold, key, phone_key, phrase, postcode_keys, without_generic
from directory.search.understanding import OTHER_AGE

# How much is added for a text that answers the whole question and nothing else.
_BONUS = {"name": 0.6, "former_name": 0.54, "need": 0.45, "owner": 0.15, "former_owner": 0.12}
_FAMILIES = {"former_name": "name", "former_owner": "owner"}
# Which field is named first where several answer alike.
_PREFERENCE = {
    "name": 1.0, "need": 0.97, "former_name": 0.95, "owner": 0.85, "former_owner": 0.8, "area": 0.5,
    "address": 0.6, "former_address": 0.55, "text": 0.7,
}  # fmt: skip
_OTHER_WORDS = 0.92
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_LONGEST_SHOWN = 240
_Answer = tuple[float, float, str, str]
_UNTOLD = (0.0, 0.0)
_NO_ANSWER = (0.0, 0.0, "", "")


# A text of a document: its field, itself, and its stems, worked out when it was indexed.
Stemmed = tuple[str, str, frozenset[str]]
# A short text as it is compared: its field and its stems.
Short = tuple[str, frozenset[str]]


class Aged(Protocol):
    """Something for some ages, in whole years."""

    @property
    def age_min(self) -> int | None:
        """The youngest."""

    @property
    def age_max(self) -> int | None:
        """The oldest."""


@dataclass(frozen=True, slots=True)
class Question:
    """A plan as texts are compared with it: how much each token is worth, and the stems of every reading.

    A reading is the tokens that it reads and its weight; those of one stem are found by it.
    """

    worth: tuple[float, ...]
    single: Mapping[str, Sequence[tuple[range, float]]]
    several: tuple[tuple[frozenset[str], range, float], ...]
    stems: frozenset[str]
    # Many services share their texts, and most texts hold one of few sets of these stems: each is worked out once.
    told: dict[frozenset[str], tuple[float, float]] = field(default_factory=dict)
    known: dict[frozenset[str], tuple[float, frozenset[str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan, rarity: Sequence[float]) -> Question:
        """The plan with the rarity of each token."""
        weights = [token.weight * float(rare) for token, rare in zip(plan.tokens, rarity, strict=True)]
        whole = sum(weights) or 1.0
        single: dict[str, list[tuple[range, float]]] = {}
        several = []
        for reading in plan.readings:
            needed, tokens = frozenset(reading.stems), range(reading.first, reading.last + 1)
            if reading.via == "concept":
                continue
            # A former name that is met word for word says more of why than a present one met by its meaning.
            weight = reading.weight if reading.via in ("typed", "spelling") else reading.weight * _OTHER_WORDS
            if len(needed) == 1:
                single.setdefault(reading.stems[0], []).append((tokens, weight))
            elif needed:
                several.append((needed, tokens, weight))
        stems = frozenset(single).union(*(needed for needed, _, _ in several))
        return cls(tuple(weight / whole for weight in weights), single, tuple(several), stems)

    def answered_by(self, held: frozenset[str]) -> tuple[float, float]:
        """How much of the question a text answers, and how much of the text the question accounts for (both 0 to 1)."""
        if (told := self.told.get(held)) is None:
            hits = self.stems & held
            if (known := self.known.get(hits)) is None:
                known = self.known[hits] = self._met_by(hits)
            told = _UNTOLD
            if known[0]:
                bare = without_generic(held)
                told = known[0], len(known[1] & bare) / len(bare)
            self.told[held] = told
        return told

    def _met_by(self, hits: frozenset[str]) -> tuple[float, frozenset[str]]:
        """How much of the question these stems answer, and those of them that count."""
        best = [0.0] * len(self.worth)
        used: set[str] = set()
        readings = [(frozenset((each,)), *reading) for each in sorted(hits) for reading in self.single.get(each, ())]
        for needed, tokens, weight in (*readings, *(reading for reading in self.several if reading[0] <= hits)):
            used |= needed
            for at in tokens:
                best[at] = max(best[at], weight)
        return sum(worth * weight for worth, weight in zip(self.worth, best, strict=True)), frozenset(used)


def fields_of(document: Document) -> Iterator[tuple[str, str]]:
    """The short texts of a document with the names of their fields."""
    yield "name", document.name
    for name, values in (
        ("former_name", document.former_names),
        ("need", document.needs),
        ("owner", document.owners),
        ("former_owner", document.former_owners),
    ):
        for value in values:
            yield name, value


def stemmed_short(document: Document) -> tuple[Short, ...]:
    """The texts of `fields_of`, in their order, as they are compared."""
    return tuple((name, frozenset(phrase(text))) for name, text in fields_of(document))


def stemmed_long(document: Document) -> tuple[Stemmed, ...]:
    """Where a document is, and every sentence of it."""
    longer = [("area", text) for text in document.areas]
    longer += [("address", text) for text in document.addresses]
    longer += [("former_address", text) for text in document.former_addresses]
    longer += [("text", text) for text in (document.summary, *_SENTENCE.split(document.text)) if text.strip()]
    return tuple((name, _cut(text), frozenset(phrase(text))) for name, text in longer)


def bonus(question: Question, texts: Iterable[Short]) -> float:
    """What the best of its names, of its needs and of its owners add to a document's score."""
    best: dict[str, float] = {}
    told, nothing = question.told, question.stems.isdisjoint
    for kind, stems in texts:
        if (known := told.get(stems)) is None:
            # Most texts have nothing to do with most questions.
            known = told[stems] = _UNTOLD if nothing(stems) else question.answered_by(stems)
        answered, used = known
        if not answered:
            continue
        value = _BONUS[kind] * answered * answered * (0.45 + 0.55 * used)
        family = _FAMILIES.get(kind, kind)
        if value > best.get(family, 0.0):
            best[family] = value
    return sum(best.values())


def age_factor(plan: Plan, document: Aged) -> float:
    """What a service keeps whose ages leave out the person asked about, unless scoring has pushed it down already."""
    if plan.ages is None or fits_age(plan, document):
        return 1.0
    grown = document.age_min is not None and document.age_min >= GROWN_FROM
    pushed = grown if plan.age_group == "child" else document.age_max is not None and document.age_max <= GROWN_TO
    return 1.0 if pushed and plan.age_group else OTHER_AGE


def fits_age(plan: Plan, document: Aged) -> bool:
    """Whether a service's ages, where it gives any, can take the person asked about."""
    if plan.ages is None:
        return True
    youngest, oldest = document.age_min or 0, OLDEST if document.age_max is None else document.age_max
    return youngest <= plan.ages[1] and plan.ages[0] <= oldest


def matched(
    plan: Plan, question: Question, document: Document, short: Iterable[Short], long: Callable[[], Iterable[Stemmed]]
) -> Matched:
    """The field and the stored text that the question met best; `short` and `long` are the texts of the document."""
    texts = ((name, text, stems) for (name, text), (_, stems) in zip(fields_of(document), short, strict=True))
    for kind in ("code", "email", "former_email", "phone", "former_phone", "tail", "postcode"):
        for item in plan.keys:
            if item.kind == kind:
                for text, value in values_of(kind, document):
                    if value == item.value:
                        return Matched(_shown_field(kind, text, document), text)
    found = max((_NO_ANSWER, *_answers(question, texts)))
    if found[0] < _PREFERENCE["text"]:
        found = _best_of_long(question, found, long())
    if found[0] > 0:
        return Matched(found[2], found[3])
    return _place(plan, document) or _from_text(question, document)


def _best_of_long(question: Question, found: _Answer, texts: Iterable[Stemmed]) -> _Answer:
    """Where no name, need or owner answers the whole of it, perhaps a place does, or else a sentence."""
    answers = list(_answers(question, texts))
    found = max((found, *(answer for answer in answers if answer[2] != "text")))
    return max((found, *answers)) if found[0] < _PREFERENCE["text"] else found


def _answers(question: Question, texts: Iterable[Stemmed]) -> Iterator[_Answer]:
    for kind, text, stems in texts:
        if not question.stems.isdisjoint(stems):
            answered, used = question.answered_by(stems)
            preference = _PREFERENCE[kind]
            yield round(answered * (0.85 + 0.15 * used), 6) * preference, preference, kind, text


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1].rstrip() + "…"


def values_of(kind: str, document: Document) -> Iterator[tuple[str, str]]:
    """Every text of a document that gives a key of a kind, with the key's value."""
    match kind:
        case "phone" | "former_phone":
            phones = document.phones if kind == "phone" else document.former_phones
            yield from ((text, digits) for text in phones if (digits := phone_key(text)))
        case "tail":
            every = (*document.phones, *document.former_phones)
            long = [(text, digits) for text in every if (digits := phone_key(text)) and len(digits) > 8]
            yield from ((text, digits[-end:]) for text, digits in long for end in (6, 4))
        case "email" | "former_email":
            emails = document.emails if kind == "email" else document.former_emails
            yield from ((text, fold(text)) for text in emails)
        case "postcode" | "outward":
            at = 1 if kind == "postcode" else 0
            yield from ((text, keys[at]) for text in document.postcodes if (keys := postcode_keys(text)))
        case "code":
            yield from ((text, code_key(text)) for text in (*document.codes, document.id))
        case "core" | "former_core":
            names = (document.name,) if kind == "core" else document.former_names
            yield from ((text, key(core(phrase(text)))) for text in names)
        case "area":
            yield from ((text, key(phrase(text))) for text in document.areas)
        case _:
            yield from ((text, key(phrase(text))) for name, text in fields_of(document) if name == kind)


def _shown_field(kind: str, text: str, document: Document) -> str:
    if kind == "tail":
        return "phone" if text in document.phones else "former_phone"
    # A former address of mail is shown as what it was used for.
    return {"former_email": "email"}.get(kind, kind)


def _place(plan: Plan, document: Document) -> Matched | None:
    for item in plan.keys:
        if item.kind in ("area", "outward"):
            for text, value in values_of(item.kind, document):
                if value == item.value:
                    return Matched("area" if item.kind == "area" else "postcode", text)
    return None


def _from_text(question: Question, document: Document) -> Matched:
    whole = " ".join((document.summary, document.text)).strip()
    return Matched("text", _cut(whole)) if whole and question.worth else Matched("name", document.name)
