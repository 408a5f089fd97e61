"""Why a document was found: how well its names, needs and other texts answer the plan, each taken by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from directory.domain.query import Matched
from directory.search.document import Document
from directory.search.plan import Plan
from directory.search.text import code_key, core, fold, key, phone_key, phrase, postcode_keys

# How much is added for a text that answers the whole question and nothing else.
_BONUS = {"name": 0.6, "former_name": 0.54, "need": 0.45, "owner": 0.15, "former_owner": 0.12}
# Which field is named first where several answer alike.
_PREFERENCE = {
    "name": 1.0, "need": 0.97, "former_name": 0.95, "owner": 0.85, "former_owner": 0.8, "area": 0.5,
    "address": 0.6, "former_address": 0.55, "text": 0.7,
}  # fmt: skip
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_LONGEST_SHOWN = 240


@lru_cache(maxsize=50_000)
def _stems(text: str) -> tuple[frozenset[str], frozenset[str]]:
    stems = phrase(text)
    return frozenset(stems), frozenset(core(stems))


@dataclass(frozen=True, slots=True)
class Question:
    """A plan as texts are compared with it: how much each token is worth, and the stems of every reading."""

    worth: tuple[float, ...]
    readings: tuple[tuple[frozenset[str], range, float], ...]

    @classmethod
    def of(cls, plan: Plan, rarity: Sequence[float]) -> Question:
        """The plan with the rarity of each token."""
        weights = [token.weight * float(rare) for token, rare in zip(plan.tokens, rarity, strict=True)]
        whole = sum(weights) or 1.0
        return cls(
            tuple(weight / whole for weight in weights),
            tuple(
                (frozenset(reading.stems), range(reading.first, reading.last + 1), reading.weight)
                for reading in plan.readings
            ),
        )

    def answered_by(self, text: str) -> tuple[float, float]:
        """How much of the question a text answers, and how much of the text the question accounts for (both 0 to 1)."""
        held, bare = _stems(text)
        best: dict[int, float] = {}
        used: set[str] = set()
        for needed, tokens, weight in self.readings:
            if needed <= held:
                used |= needed
                for at in tokens:
                    best[at] = max(best.get(at, 0.0), weight)
        if not used:
            return 0.0, 0.0
        answered = sum(self.worth[at] * weight for at, weight in best.items())
        return answered, len(used & bare) / len(bare) if bare else 0.0


def fields_of(document: Document) -> Iterator[tuple[str, str]]:
    """The short texts of a document with the names of their fields."""
    yield "name", document.name
    for field, values in (
        ("former_name", document.former_names),
        ("need", document.needs),
        ("owner", document.owners),
        ("former_owner", document.former_owners),
    ):
        for value in values:
            yield field, value


def bonus(question: Question, document: Document) -> float:
    """What the best of its names, of its needs and of its owners add to a document's score."""
    best: dict[str, float] = {}
    for field, text in fields_of(document):
        answered, used = question.answered_by(text)
        family = "name" if field == "former_name" else "owner" if field == "former_owner" else field
        value = _BONUS[field] * answered * answered * (0.45 + 0.55 * used)
        best[family] = max(best.get(family, 0.0), value)
    return sum(best.values())


def age_factor(plan: Plan, document: Document) -> float:
    """Services for adults go down in a question about a child, and the other way round."""
    if plan.age_group == "child" and document.age_min is not None and document.age_min >= 16:
        return 0.6
    if plan.age_group == "adult" and document.age_max is not None and document.age_max <= 19:
        return 0.6
    return 1.0


def exact_kind(plan: Plan, document: Document, kinds: Sequence[str]) -> tuple[str, tuple[int, ...]] | None:
    """The first of these kinds of key that a document meets whole, with the tokens that the key accounts for."""
    wanted = {kind: [item for item in plan.keys if item.kind == kind] for kind in kinds}
    for kind in kinds:
        met = [item for item in wanted[kind] if any(item.value == value for _, value in _values(kind, document))]
        if met:
            best = max(met, key=lambda item: (len(item.covers), item.weight))
            return kind, best.covers
    return None


def matched(plan: Plan, question: Question, document: Document) -> Matched:
    """The field and the stored text that the question met best."""
    for kind in ("code", "email", "former_email", "phone", "former_phone", "tail", "postcode"):
        for item in plan.keys:
            if item.kind == kind:
                for text, value in _values(kind, document):
                    if value == item.value:
                        return Matched(_shown_field(kind, text, document), text)
    found = max(_answers(question, document))
    if found[0] < _PREFERENCE["text"]:
        # No short text answers the whole of it: perhaps a sentence does.
        found = max((found, *(_answer(question, "text", text) for text in _sentences(document))))
    if found[0] > 0:
        return Matched(found[2], found[3])
    return _place(plan, document) or _from_text(question, document)


def _answers(question: Question, document: Document) -> Iterator[tuple[float, float, str, str]]:
    longer = (("area", document.areas), ("address", document.addresses), ("former_address", document.former_addresses))
    for field, text in fields_of(document):
        yield _answer(question, field, text)
    for field, values in longer:
        for text in values:
            yield _answer(question, field, text)


def _answer(question: Question, field: str, text: str) -> tuple[float, float, str, str]:
    answered, used = question.answered_by(text)
    return round(answered * (0.85 + 0.15 * used), 6) * _PREFERENCE[field], _PREFERENCE[field], field, _cut(text)


def _sentences(document: Document) -> Iterator[str]:
    if document.summary:
        yield document.summary
    yield from (part for part in _SENTENCE.split(document.text) if part.strip())


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1].rstrip() + "…"


def _values(kind: str, document: Document) -> Iterator[tuple[str, str]]:
    """Every text of a document that gives a key of a kind, with the key's value."""
    match kind:
        case "phone" | "former_phone":
            phones = document.phones if kind == "phone" else document.former_phones
            yield from ((text, digits) for text in phones if (digits := phone_key(text)))
        case "tail":
            every = (*document.phones, *document.former_phones)
            yield from ((text, digits[-6:]) for text in every if (digits := phone_key(text)) and len(digits) > 8)
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
            yield from ((text, key(phrase(text))) for field, text in fields_of(document) if field == kind)


def _shown_field(kind: str, text: str, document: Document) -> str:
    if kind == "tail":
        return "phone" if text in document.phones else "former_phone"
    # A former address of mail is shown as what it was used for.
    return {"former_email": "email"}.get(kind, kind)


def _place(plan: Plan, document: Document) -> Matched | None:
    for item in plan.keys:
        if item.kind in ("area", "outward"):
            for text, value in _values(item.kind, document):
                if value == item.value:
                    return Matched("area" if item.kind == "area" else "postcode", text)
    return None


def _from_text(question: Question, document: Document) -> Matched:
    whole = " ".join((document.summary, document.text)).strip()
    return Matched("text", _cut(whole)) if whole and question.worth else Matched("name", document.name)
