"""The one plain question back, where the answer hangs on something that was not said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from directory.answer.reaching import Reached
from directory.domain.change import fold
from directory.domain.parting import (
    Asking,
    Known,
    alike_but_for_age,
    apart_by_age,
    apart_by_area,
    apart_by_urgency,
    asking,
    fitting,
)
from directory.domain.query import Query
from directory.domain.service import Entry, Facts
from directory.domain.succession import Part, Succession
from directory.domain.why import takes
from directory.search.find import Found
from directory.search.understanding import understood

# A question tells apart no more than a person can hold in mind.
_SIBLINGS = 4
# Met by one of these, a service is what the question is about, not one whose entry happens to hold its words.
_TELLING = frozenset({"name", "former_name", "core", "former_core", "need"})


def question_back(
    reached: Sequence[Reached],
    entries: Mapping[str, Entry],
    query: Query,
    known: Known,
    *,
    confident: bool,
    hurried: bool,
) -> Asking | None:
    """What to ask where the first services are parts of one thing, and the question does not say which is meant."""
    if not reached or not (confident or reached[0].hit.matched.field in _TELLING):
        return None
    if reached[0].split:
        # Former services have names that search is sure of; which part is meant it cannot know.
        return asking(query.text, [(_name(entries, link), link.part or Part()) for link in reached[0].split])
    urgencies: list[frozenset[str]] = []
    if confident:
        # Who types a name, a number or a code says which: who names a need may mean either.
        sides = _counterparts(reached, entries) if reached[0].hit.matched.field == "need" else []
    else:
        sides = _split_siblings(reached, entries) or _counterparts(reached, entries)
    if not sides and not confident:
        sides, urgencies = _like_siblings(reached, entries)
    left = fitting([part for _, part in sides], known)
    return asking(query.text, sides, () if hurried else urgencies) if len(left) == len(sides) else None


def chosen_by_age(
    reached: Sequence[Reached],
    entries: Mapping[str, Entry],
    query: Query,
    found: Found,
    known: Known,
    search: Callable[[Query], Found],
) -> Reached | None:
    """The one of a pair whom the age in the question is for, where the rest of the question asks for either.

    Without the age the question has an answer: that one, or what is called the same but for whom it is for.
    """
    ages = [each.q for each in understood(query.text, found.plan.recognised) if each.kind == "age"]
    if not ages or found.plan.unknown:
        return None
    plain = search(replace(query, text=ages[0]))
    sure = plain.hits and (plain.confident or plain.parted)
    either = entries.get(plain.hits[0].service_id) if sure else None
    if either is None:
        return None
    pair = [
        each
        for each in reached[: _SIBLINGS + 1]
        if each.service == either.id or alike_but_for_age(entries[each.service].facts.name, either.facts.name)
    ]
    meant = [pair[at] for at in fitting([_takes(entries[each.service].facts) for each in pair], known)]
    taken = [each for each in meant if _takes_them(entries[each.service].facts, found)]
    return taken[0] if len(taken) == 1 else None


def _takes_them(facts: Facts, found: Found) -> bool:
    return facts.status != "closed" and not takes(facts.eligibility, found.plan.ages)[1]


def _name(entries: Mapping[str, Entry], link: Succession) -> str:
    entry = entries.get(link.successor or "")
    return entry.facts.name if entry else link.successor or ""


def _split_siblings(reached: Sequence[Reached], entries: Mapping[str, Entry]) -> list[tuple[str, Part]]:
    """The first services, where they are parts of one split: the name and the part of each."""
    first = {link.predecessor for link in entries[reached[0].service].replaces if link.kind == "split"}
    sides = []
    for each in reached[:_SIBLINGS]:
        entry = entries[each.service]
        part = next((link.part for link in entry.replaces if link.predecessor in first and link.part), None)
        if part is None:
            break
        sides.append((entry.facts.name, part))
    return sides if len(sides) > 1 else []


def _counterparts(reached: Sequence[Reached], entries: Mapping[str, Entry]) -> list[tuple[str, Part]]:
    """The first service and the next one that is called the same but for whom it is for."""
    first = entries[reached[0].service].facts
    for each in reached[1 : _SIBLINGS + 1]:
        other = entries[each.service].facts
        pair = [(facts.name, _takes(facts)) for facts in (first, other)]
        if "closed" not in (first.status, other.status) and alike_but_for_age(first.name, other.name):
            return pair if apart_by_age(pair[0][1], pair[1][1]) else []
    return []


def _takes(facts: Facts) -> Part:
    takes = facts.eligibility
    return Part(areas=tuple(area.name for area in facts.areas), age_min=takes.age_min, age_max=takes.age_max)


def _like_siblings(
    reached: Sequence[Reached], entries: Mapping[str, Entry]
) -> tuple[list[tuple[str, Part]], list[frozenset[str]]]:
    """The first services, where all meet the question by the same words and differ by age, area or urgency.

    With them, for which urgencies each may be asked.
    """
    first = reached[0].hit.matched
    sides: list[tuple[str, Part]] = []
    urgencies: list[frozenset[str]] = []
    for each in reached[:_SIBLINGS]:
        facts = entries[each.service].facts
        part = _takes(facts)
        alike = each.hit.matched.field == first.field and fold(each.hit.matched.text) == fold(first.text)
        if facts.status == "closed" or not alike:
            break
        hurry = frozenset(route.urgency for route in facts.referral_routes)
        if not all(_apart(part, hurry, *before) for before in zip([each for _, each in sides], urgencies, strict=True)):
            break
        sides.append((facts.name, part))
        urgencies.append(hurry)
    return (sides, urgencies) if len(sides) > 1 else ([], [])


def _apart(part: Part, hurry: frozenset[str], other: Part, other_hurry: frozenset[str]) -> bool:
    return apart_by_age(part, other) or apart_by_area(part, other) or apart_by_urgency(hurry, other_hurry)
