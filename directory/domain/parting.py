"""Which part of a split service a question means, and what to ask where it does not say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from directory.domain.change import fold
from directory.domain.succession import Part, Succession

OLDEST = 130
Ages = tuple[int, int]
_GROUPS: Mapping[str, Ages] = {"child": (0, 17), "adult": (18, OLDEST)}
# An age that parts children from adults; the field draws the line anywhere from 16 to 19.
_GROWN = range(16, 20)
_YOUNG = 25
_FOR_WHOM = frozenset(
    {
        "adult",
        "child",
        "children",
        "paediatric",
        "young",
        "people",
        "person",
        "older",
        "s",
        "and",
        "for",
        "service",
        "team",
    }
)
_MOST_NAMED = 6
# Not the end of a range: "school nursing 5 to 19 years" names a service, not a person.
_AGE = re.compile(
    r"(?<![-–\d])(?<!\bto )(?:\b(?P<word>aged?)\s+(?P<aged>\d{1,3})(?!\s*(?:-|–|to\b|month|week|day)|\d)(?:\s+years?)?"
    r"|\b(?:aged?\s+)?(?P<count>\d{1,3})[\s-]*(?:(?P<unit>month|week|day)s?|years?|yrs?|(?P<short>yo\b|y/o))[\s-]*"
    r"(?:(?P<old>old\b|of age\b)|\b))",
    re.IGNORECASE,
)
# Before and after a length of time that is not somebody's age: "a wound for 6 weeks", "a 2 week wait".
_LASTING = re.compile(r"\b(?:for|in|within|last|past|over|after|every|since|about|next|up to)\s+$", re.IGNORECASE)
_OF_A_PERSON = re.compile(
    r"\s*(?:$|[,.;?!)]|(?:boy|girl|child|baby|toddler|infant|son|daughter|man|woman|with)\b)", re.IGNORECASE
)
_URGENCIES = ("emergency", "urgent", "routine")
_A_YEAR = {"month": 12, "week": 52, "day": 365}


@dataclass(frozen=True, slots=True)
class Known:
    """What a question says that may decide between parts: its words, folded, and the ages it can mean, if any."""

    words: tuple[str, ...] = ()
    ages: Ages | None = None

    @classmethod
    def of(cls, *texts: str | None, age_group: str | None = None) -> Known:
        """What some texts say; `age_group` is `child` or `adult`. An age in years or months counts before it."""
        text = " ".join(filter(None, texts))
        return cls(tuple(_words(text)), _age_in(text) or _GROUPS.get(age_group or ""))


@dataclass(frozen=True, slots=True)
class Asking:
    """One plain question, and for each answer to it a label and the question that then has an answer."""

    text: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AgeSaid:
    """An age in a question: as it was typed, where it stands, and the whole years that it can mean."""

    typed: str
    start: int
    ages: Ages


def age_said(text: str) -> AgeSaid | None:
    """The first age that a question gives, in years, months, weeks or days; how long something lasts is none."""
    for found in _AGE.finditer(text):
        ages = _years(found)
        plain = found["word"] or found["old"] or found["short"]
        after = text[found.end() :]
        if ages and (plain or (not _LASTING.search(text[: found.start()]) and _OF_A_PERSON.match(after))):
            return AgeSaid(found[0], found.start(), ages)
    return None


def fitting(parts: Sequence[Part], known: Known) -> tuple[int, ...]:
    """The places of the parts that a question can mean: all of them where it does not decide.

    Age, area and need are looked at in turn. What no part names, or every part does, decides nothing.
    """
    left = tuple(range(len(parts)))
    for says in (_says_age, _says_area, _says_need):
        fits = tuple(at for at in left if says(parts[at], known))
        left = fits or left
    return left


def narrowed(links: Mapping[str, Sequence[Succession]], known: Known, on: date) -> dict[str, list[Succession]]:
    """The same links, less those of splits in force on a day whose part the question cannot mean."""
    return {node: _of_the_right_part(leaving, known, on) for node, leaving in links.items()}


def undecided(path: Iterable[Succession]) -> tuple[Succession, ...]:
    """The links of the first split on a path that still leads more than one way; empty where there is none."""
    ways: dict[str, list[Succession]] = {}
    for link in path:
        if link.kind == "split":
            ways.setdefault(link.predecessor, []).append(link)
    return next((tuple(links) for links in ways.values() if len(links) > 1), ())


def asking(text: str, sides: Sequence[tuple[str, Part]], urgencies: Sequence[frozenset[str]] = ()) -> Asking | None:
    """The one question that tells some sides apart, each a service's name and its part; None where nothing does.

    `urgencies` are those for which each side may be asked, in the same order; empty where they are not known.
    """
    parts = [part for _, part in sides]
    if len(parts) < 2:
        return None
    asked = _ask_age(text, parts) or _ask_area(text, parts) or _ask_need(text, parts)
    return asked or _ask_urgency(text, urgencies) or _ask_which(sides)


def apart_by_age(one: Part, two: Part) -> bool:
    """Whether no age fits both, or one is for adults and the other for the young."""
    return not _meet(_ages_of(one), _ages_of(two)) or {_group_of(one), _group_of(two)} == {"adult", "child"}


def alike_but_for_age(one: str, two: str) -> bool:
    """Whether two names differ only by whom they are for: "Adult dietetics" and "Children's dietetics"."""
    first, second = ({_singular(word) for word in _words(name)} - _FOR_WHOM for name in (one, two))
    return bool(first) and first == second


def apart_by_urgency(one: frozenset[str], two: frozenset[str]) -> bool:
    """Whether both say for which urgency they may be asked, and share none."""
    return bool(one and two) and not one & two


def apart_by_area(one: Part, two: Part) -> bool:
    """Whether both name areas, and no area fits both."""
    first, second = ({fold(area) for area in part.areas} for part in (one, two))
    return bool(first and second) and not first & second


def _of_the_right_part(leaving: Sequence[Succession], known: Known, on: date) -> list[Succession]:
    splits = [link for link in leaving if link.kind == "split" and link.part and link.effective_from <= on]
    kept = {splits[at] for at in fitting([link.part or Part() for link in splits], known)}
    return [link for link in leaving if link not in splits or link in kept]


def _says_age(part: Part, known: Known) -> bool:
    if known.ages is None or not _meet(_ages_of(part), known.ages):
        return False
    named = next((group for group, ages in _GROUPS.items() if ages == known.ages), None)
    return named is None or _group_of(part) in (None, named)


def _says_area(part: Part, known: Known) -> bool:
    return any(_said(_words(area), known.words, exactly=True) for area in part.areas)


def _says_need(part: Part, known: Known) -> bool:
    return any(_said(_words(need), known.words) for need in part.needs)


def _said(wanted: Sequence[str], words: Sequence[str], *, exactly: bool = False) -> bool:
    """Whether some words stand together in a question, plurals alike unless `exactly`."""
    plain = (lambda word: word) if exactly else _singular
    short, said = [plain(word) for word in wanted], [plain(word) for word in words]
    return bool(short) and any(said[at : at + len(short)] == short for at in range(len(said) - len(short) + 1))


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", fold(text))


def _age_in(text: str) -> Ages | None:
    said = age_said(text)
    return said.ages if said else None


def _years(found: re.Match[str]) -> Ages | None:
    years = int(found["aged"] or found["count"]) // _A_YEAR.get((found["unit"] or "").casefold(), 1)
    return (years, years) if years <= OLDEST else None


def _ages_of(part: Part) -> Ages:
    return part.age_min or 0, OLDEST if part.age_max is None else part.age_max


def _group_of(part: Part) -> str | None:
    """Whom a part is for, by the field's words: a service for the young may go on to 25, with an education plan."""
    least, most = _ages_of(part)
    if least >= _GROWN.start:
        return "adult"
    return "child" if most <= _YOUNG else None


def _meet(one: Ages, two: Ages) -> bool:
    return one[0] <= two[1] and two[0] <= one[1]


def _ask_age(text: str, parts: Sequence[Part]) -> Asking | None:
    if any(not apart_by_age(one, two) for at, one in enumerate(parts) for two in parts[:at]):
        return None
    if len(parts) == 2 and max(_ages_of(part)[0] for part in parts) in _GROWN:
        return Asking("For adults or children?", (("Adults", f"{text} adult"), ("Children", f"{text} child")))
    in_order = sorted(map(_ages_of, parts))
    return Asking("How old is the person?", tuple((_in_years(*ages), f"{text} aged {ages[0]}") for ages in in_order))


def _in_years(least: int, most: int) -> str:
    if most >= OLDEST:
        return f"{least} and over"
    return f"Under {most + 1}" if least == 0 else f"{least} to {most}"


def _ask_area(text: str, parts: Sequence[Part]) -> Asking | None:
    if any(not apart_by_area(one, two) for at, one in enumerate(parts) for two in parts[:at]):
        return None
    return _ask_one_of("Which area", text, [area for part in parts for area in part.areas])


def _ask_need(text: str, parts: Sequence[Part]) -> Asking | None:
    needs = [{fold(need) for need in part.needs} for part in parts]
    if not all(needs) or sum(map(len, needs)) > len(set().union(*needs)):
        return None
    return _ask_one_of("Which need", text, [need for part in parts for need in part.needs])


def _ask_urgency(text: str, urgencies: Sequence[frozenset[str]]) -> Asking | None:
    pairs = [(one, two) for at, one in enumerate(urgencies) for two in urgencies[:at]]
    if not pairs or not all(apart_by_urgency(one, two) for one, two in pairs):
        return None
    said = [word for word in _URGENCIES if any(word in each for each in urgencies)]
    return Asking("How urgent is it?", tuple((word.capitalize(), f"{text} {word}") for word in said))


def _ask_one_of(what: str, text: str, things: Sequence[str]) -> Asking:
    named = list({fold(thing): thing for thing in things}.values())
    question = f"{what}: {_either(named)}?" if len(named) <= _MOST_NAMED else f"{what}?"
    return Asking(question, tuple((thing, f"{text} {thing}") for thing in named))


def _ask_which(sides: Sequence[tuple[str, Part]]) -> Asking | None:
    if not all(part.text for _, part in sides) or len({part.text for _, part in sides}) < len(sides):
        return None
    return Asking("Which of these is it?", tuple((part.text, name) for name, part in sides))


def _either(named: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(named[:-1]), named[-1])))
