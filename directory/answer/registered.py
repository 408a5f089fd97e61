"""A GP practice in a question: where it says that the patient is registered, and who takes them for that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from directory.domain.area import Gazetteer
from directory.domain.query import Query, Registered, Result
from directory.domain.registration import Registration, is_elsewhere, registered_area, registration
from directory.domain.service import Entry
from directory.search.find import Found
from directory.store import registration as registration_store

# The name of a practice may also be that of an owner: then what it runs comes first.
_ITS_OWN = frozenset({"owner", "former_owner", "name", "former_name", "code"})


def practice_in(connection: Connection, query: Query, gazetteer: Gazetteer, *, on: date) -> Registration | None:
    """What the question says by naming a GP practice, by the practice's memberships of the day."""
    return registration(query.text, registration_store.practices_named(connection, query.text, on=on), gazetteer)


def search_for(
    connection: Connection,
    query: Query,
    search: Callable[[Query], Found],
    gazetteer: Gazetteer | None,
    *,
    on: date,
) -> tuple[Registration | None, Found]:
    """What search finds, and the GP practice that the question names, where a gazetteer can place one."""
    practice = practice_in(connection, query, gazetteer, on=on) if gazetteer is not None else None
    return practice, search_registered(query, practice, search) if practice else search(query)


def search_registered(query: Query, practice: Registration, search: Callable[[Query], Found]) -> Found:
    """What search finds for the question without the practice, in its areas; unless it is sure of the whole one."""
    whole = search(query)
    if whole.confident:
        return whole
    placed = search(replace(query, text=practice.rest, registered=practice.nearest))
    if practice.rest:
        return placed if placed.hits else whole
    own = tuple(hit for hit in whole.hits if hit.matched.field in _ITS_OWN)
    hits = {hit.service_id: hit for hit in (*placed.hits, *own)}
    first = dict.fromkeys(hit.service_id for hit in (*own, *placed.hits))
    return replace(placed, hits=tuple(hits[key] for key in first), total=max(placed.total, len(first)), confident=False)


def registered_as(entry: Entry, practice: Registration | None) -> Registered | None:
    """Under which practice and area a service takes the patient; None where the question names no practice."""
    area = registered_area(entry.facts, practice.areas) if practice else None
    return Registered(practice.practice, area) if practice and area else None


def elsewhere_last(results: tuple[Result, ...], practice: Registration) -> tuple[Result, ...]:
    """The same, but those that cover other areas only below the rest."""
    return tuple(sorted(results, key=lambda result: is_elsewhere(result.entry.facts, practice.areas)))
