"""The same answer, with what else was found in the order of its distance: all of it, not one page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection

from directory.answer.answering import answer, result_of, what_is_known
from directory.answer.reaching import present
from directory.answer.registered import search_for
from directory.domain.area import Gazetteer
from directory.domain.place import Point
from directory.domain.query import Answer, Query
from directory.domain.registration import Registration, is_elsewhere
from directory.domain.service import Facts
from directory.search.find import Found
from directory.store import services as service_store
from directory.store.versions import load_in_force

# So many of what meets a question best are put in order: twice what its pages can show.
MOST = 2_000


def answer_by_distance(
    connection: Connection,
    query: Query,
    search: Callable[[Query], Found],
    near: Point,
    *,
    today: date,
    known_at: datetime | None = None,
    gazetteer: Gazetteer | None = None,
) -> Answer:
    """What `answer` says, then the rest from the nearest to `near` on; its pages follow on one another.

    The answer, what has closed under the name asked for, and the question back are those of `answer`: a service is no
    better an answer for being near. What is nowhere on the map comes after what is, what has closed last, and where
    the question names a GP practice, what takes the patients of other areas only after what takes its own.
    """
    on = query.as_of or today
    first = answer(connection, replace(query, offset=0), search, today=today, known_at=known_at, gazetteer=gazetteer)
    practice, found = search_for(connection, replace(query, offset=0, limit=MOST), search, gazetteer, on=on)
    known = what_is_known(query, found, practice)
    reached = {each.service: each for each in present(connection, found.hits, known, on=on, known_at=known_at)}
    rows = load_in_force(connection, "service", reached, on=on, known_at=known_at)
    above = {result.entry.id: result for result in (first.best, first.gone) if result}
    rest = [each for each in reached if each in rows and each not in above]
    order = [*above, *sorted(rest, key=lambda each: _place(rows[each].facts, near, practice))]
    page = order[query.offset : query.offset + query.limit]
    by_id = {entry.id: entry for entry in service_store.entries(connection, page, on=on, known_at=known_at)}
    results = (above.get(each) or result_of(reached[each], by_id[each], query, found, practice) for each in page)
    return replace(
        first,
        query=query,
        best=None if query.offset else first.best,
        results=tuple(results),
        total=max(len(order), found.total if found.total > MOST else 0),
    )


def _place(facts: Facts, near: Point, practice: Registration | None) -> tuple[bool, bool, bool, float]:
    miles = facts.miles_from(near)
    away = practice is not None and is_elsewhere(facts, practice.areas)
    return facts.status == "closed", away, miles is None, miles or 0.0
