"""One function from a question and a day to a ranked answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from sqlalchemy import Connection

from directory.answer.asking_back import chosen_by_age, question_back
from directory.answer.reaching import Reached, present, right_part_first
from directory.answer.registered import elsewhere_last, registered_as, search_for
from directory.domain.area import Gazetteer
from directory.domain.parting import Known
from directory.domain.query import Answer, Query, Result, Understood
from directory.domain.registration import Registration
from directory.domain.service import Entry
from directory.domain.why import takes, why
from directory.search.find import Found
from directory.search.understanding import understood
from directory.store import services as service_store


def answer(
    connection: Connection,
    query: Query,
    search: Callable[[Query], Found],
    *,
    today: date,
    known_at: datetime | None = None,
    gazetteer: Gazetteer | None = None,
) -> Answer:
    """The ranked answer to `query` on its day (today where it names none), as it was known at an instant.

    With a gazetteer, a GP practice that the question names says in which areas the patient is registered.
    """
    on = query.as_of or today
    practice, found = search_for(connection, query, search, gazetteer, on=on)
    known = what_is_known(query, found, practice)
    reached = present(connection, found.hits, known, on=on, known_at=known_at)
    ids = [each.service for each in reached]
    by_id = {entry.id: entry for entry in service_store.entries(connection, ids, on=on, known_at=known_at)}
    standing = right_part_first([each for each in reached if each.service in by_id], by_id, known)
    chosen = None
    if standing and not query.offset and not found.confident:
        chosen = chosen_by_age(standing, by_id, query, found, known, search)
    if chosen:
        standing = [chosen, *(each for each in standing if each is not chosen)]
    results = tuple(result_of(each, by_id[each.service], query, found, practice) for each in standing)
    best = _best(results, found) if not query.offset else None
    if chosen:
        best = results[0]
    if practice:
        results = elsewhere_last(results, practice)
        best = best if best is not None and best is results[0] else None
    sure = best is not None
    # A word that nothing explains may be what the question is about: then no other one would settle it.
    hurried = any(each.kind == "urgency" for each in found.plan.recognised)
    unclear = query.offset or (found.plan.unknown and not sure)
    asked = None if unclear else question_back(standing, by_id, query, known, confident=sure, hurried=hurried)
    return Answer(
        query,
        on,
        None if asked else best,
        results,
        found.total,
        found.did_you_mean,
        asked.text if asked else None,
        asked.choices if asked else (),
        practice=practice.practice if practice and not practice.rest and best is None else None,
        understood=_understood(query, found, practice),
    )


def what_is_known(query: Query, found: Found, practice: Registration | None) -> Known:
    """What the question says of the person it is about."""
    areas = practice.areas if practice else ()
    return Known.of(found.plan.corrected(), query.text, query.area, *areas, age_group=found.plan.age_group)


def result_of(reached: Reached, entry: Entry, query: Query, found: Found, practice: Registration | None) -> Result:
    """A service with why it was found, and whether it takes the person asked about."""
    registered = registered_as(entry, practice)
    for_age, against = takes(entry.facts.eligibility, found.plan.ages)
    said = (why(reached.hit.matched, asked=query.text), *filter(None, [for_age]))
    return Result(entry, reached.hit.matched, reached.asked_for, registered, said, against)


def _understood(query: Query, found: Found, practice: Registration | None) -> tuple[Understood, ...]:
    """What was recognised, the practice among it; each taken out of the whole question."""
    rest = understood(query.text, found.plan.recognised)
    said = Understood("practice", f"Registered with {practice.practice}", practice.rest) if practice else None
    return (said, *rest) if said else rest


def _best(results: Sequence[Result], found: Found) -> Result | None:
    if not results or not found.confident or results[0].entry.facts.status == "closed":
        return None
    return results[0]
