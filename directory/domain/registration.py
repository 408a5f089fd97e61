"""Where a patient counts as registered: a GP practice named in a question, and the areas to which it belongs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from directory.domain.area import Gazetteer
from directory.domain.change import fold
from directory.domain.service import Facts

# Names of practices have up to this many words; a question is read no further than this.
LONGEST_NAME = 10
MOST_WORDS = 30
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|&")
# Beside the name of a practice these ask for nothing.
_WORDS_ABOUT_IT = "the a an at for from of in with to my our gp patient patients registered person people"
_ABOUT_IT = frozenset(_WORDS_ABOUT_IT.split())
_CODE = re.compile(r"(?=[A-Z]*[0-9])[A-Z0-9]{3,10}")


@dataclass(frozen=True, slots=True)
class Span:
    """Some words of a question that may be a name, as names are compared, and where in the text they stand."""

    key: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Belonging:
    """Something to which a practice belongs on a day, directly or by way of others; itself comes first."""

    name: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Practice:
    """An organisation met by `key` (a name it has or had, or its code), as it is called on the day."""

    key: str
    name: str
    belongs_to: tuple[Belonging, ...]


@dataclass(frozen=True, slots=True)
class Registration:
    """What a question says by naming a practice: the areas in which its patients are registered.

    `practice` is its present name, `rest` the question without it; empty where that asks for nothing. `nearest` are
    those of the areas that lie around none of the others.
    """

    practice: str
    areas: tuple[str, ...]
    rest: str
    nearest: tuple[str, ...]


def name_key(name: str) -> str:
    """A name as it is met in a question: words only, case, apostrophes and a leading "the" do not count."""
    words = [word for word, _, _ in _words(name)]
    return " ".join(words[1:] if len(words) > 1 and words[0] == "the" else words)[:300]


def spans(question: str) -> tuple[Span, ...]:
    """Every run of words that may be the name of a practice, the longest first."""
    words = list(_words(question))[:MOST_WORDS]
    found = [
        Span(" ".join(word for word, _, _ in words[first:last]), words[first][1], words[last - 1][2])
        for first in range(len(words))
        for last in range(first + 1, min(len(words), first + LONGEST_NAME) + 1)
    ]
    return tuple(sorted(found, key=lambda span: (span.start - span.end, span.start)))


def codes(spans: Iterable[Span]) -> tuple[str, ...]:
    """Those of some spans that may be an ODS code, in capitals: single words with a digit."""
    return tuple(span.key.upper() for span in spans if _CODE.fullmatch(span.key.upper()))


def registration(question: str, practices: Sequence[Practice], gazetteer: Gazetteer) -> Registration | None:
    """The areas of the practice that a question names, nearest first; None where it names none with an area.

    Of several practices with one name, only the areas that all of them share are certain.
    """
    met: dict[str, list[Practice]] = {}
    for practice in practices:
        met.setdefault(practice.key, []).append(practice)
    for span in spans(question):
        if span.key not in met:
            continue
        each = [_areas(practice, gazetteer) for practice in met[span.key]]
        shared = [area for area in each[0] if all(fold(area) in {fold(it) for it in other} for other in each[1:])]
        if shared:
            rest = " ".join(f"{question[: span.start]} {question[span.end :]}".split())
            asked = any(word not in _ABOUT_IT for word, _, _ in _words(rest))
            return Registration(
                met[span.key][0].name, tuple(shared), rest if asked else "", _nearest(shared, gazetteer)
            )
    return None


def registered_area(facts: Facts, areas: Sequence[str]) -> str | None:
    """The area for whose registered patients a service is, the nearest of `areas`; None where it is for none."""
    takes = {fold(area.name): area.name for area in facts.areas if area.basis == "registered"}
    return next((takes[fold(area)] for area in areas if fold(area) in takes), None)


def is_elsewhere(facts: Facts, areas: Sequence[str]) -> bool:
    """Whether a service names the areas that it covers, and none of `areas` is among them."""
    return bool(facts.areas) and not {fold(area.name) for area in facts.areas} & {fold(area) for area in areas}


def _nearest(areas: Sequence[str], gazetteer: Gazetteer) -> tuple[str, ...]:
    wider = {fold(name) for area in areas for name in gazetteer.around(area)[1:]}
    return tuple(area for area in areas if fold(area) not in wider) or tuple(areas)


def _areas(practice: Practice, gazetteer: Gazetteer) -> list[str]:
    found: dict[str, str] = {}
    for belonging in practice.belongs_to:
        named = [area.name for area in gazetteer.of_code(belonging.code)] if belonging.code else []
        for name in (*named, belonging.name, *([belonging.code] if belonging.code else [])):
            for area in gazetteer.around(name):
                found.setdefault(fold(area), area)
    return list(found.values())


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    for found in _WORD.finditer(text):
        word = "and" if found[0] == "&" else re.sub("['’]", "", found[0]).casefold()
        yield word, found.start(), found.end()
