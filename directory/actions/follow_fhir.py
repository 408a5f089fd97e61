"""Keep what is given out as FHIR in step with the directory: each version of a resource is rendered and kept once.

A change that holds at once is followed as it is published; what an import brings, what comes into force at midnight
and what was there before is followed by the worker, batch by batch. Whatever was looked at in vain is looked at again
without harm: a version is only written where it reads otherwise than the one before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection

from directory.actions.fhir_resources import is_area, rendered
from directory.exchange.fhir_codes import Resource, fold
from directory.exchange.fhir_service import withdrawn
from directory.exchange.fhir_terms import LONGEST, terms_of
from directory.store import fhir_history as store
from directory.store.changes import lock_head, read_head
from directory.store.database import Database
from directory.store.fhir_history import Given, Next, State

# Raise it whenever the same entry is rendered otherwise: everything is then rendered again.
RENDERING = 1
AT_ONCE = 100


def follow_fhir(
    database: Database, *, today: date, clock: Callable[[], datetime], stop: Callable[[], bool] = lambda: False
) -> int:
    """Render what may read otherwise since the last time; returns how many versions that makes.

    It ends when nothing is left, or early when told to stop; each batch is a transaction of its own.
    """
    written = 0
    while not stop() and _behind(database, today):
        with database.write() as connection:
            # Whoever publishes waits for one batch: what is read here is one state of the directory.
            lock_head(connection)
            before = store.read_state(connection)
            state = _notice(connection, before, today)
            batch = store.waiting(connection, limit=AT_ONCE)
            state = _look_at(connection, state, list(batch.values()), today=today, at=clock())
            store.looked_at(connection, batch)
            if not is_filled(state) and not store.anything_waits(connection):
                state = replace(state, rendering=RENDERING)
            store.put_state(connection, state)
            written += state.seq - before.seq
    _mark_seen(database, clock)
    return written


def follow_published(connection: Connection, *, today: date, at: datetime) -> None:
    """Render what was just published, in the transaction that holds the end of the chain.

    What is more than a few subjects, or comes after something that still waits, is left to the worker.
    """
    state = store.read_state(connection)
    if state.rendering != RENDERING or state.day != today or store.anything_waits(connection):
        return
    subjects, number = store.touched(connection, state, today=today)
    if len(subjects) > AT_ONCE:
        return
    state = _look_at(connection, replace(state, change_number=number), subjects, today=today, at=at)
    store.put_state(connection, state)


def is_filled(state: State) -> bool:
    """Whether everything that was there before has been rendered once."""
    return state.rendering > 0


def _behind(database: Database, today: date) -> bool:
    with database.read() as connection:
        state = store.read_state(connection)
        same = (state.change_number, state.rendering) == (read_head(connection).number, RENDERING)
        return not same or state.day < today or store.anything_waits(connection)


def _notice(connection: Connection, state: State, today: date) -> State:
    """Have everything looked at that may read otherwise since `state`."""
    if state.rendering not in (RENDERING, -RENDERING):
        store.wait_for_all(connection)
        number = read_head(connection).number
        # Negative while it is being filled for the first time.
        marked = RENDERING if is_filled(state) else -RENDERING
        return replace(state, change_number=number, day=today, rendering=marked)
    subjects, number = store.touched(connection, state, today=today)
    store.wait(connection, subjects)
    return replace(state, change_number=number, day=max(today, state.day))


def _look_at(connection: Connection, state: State, subjects: Sequence[str], *, today: date, at: datetime) -> State:
    made = rendered(connection, subjects, on=today)
    areas = [_subject_of(each, "") for found in made.values() for each in found if is_area(each.body)]
    standing = store.standing(connection, [*subjects, *areas])
    last = {(each.given.type, each.given.id): each.given for each in standing}
    new: dict[tuple[str, str], Next] = {}
    for subject, found in made.items():
        for each in found:
            key = (each.type, each.id)
            version = _next(each, _subject_of(each, subject), last.get(key))
            if key not in new and version is not None:
                new[key] = version
    there = {(each.type, each.id) for found in made.values() for each in found}
    for gone in standing:
        key = (gone.given.type, gone.given.id)
        if key not in there:
            body = withdrawn(json.loads(gone.given.body))
            version = _next(Resource(gone.given.type, gone.given.id, body), gone.subject, gone.given)
            if version is not None:
                new[key] = version
    return store.write(connection, state, list(new.values()), at=at)


def _next(found: Resource, subject: str, before: Given | None) -> Next | None:
    """The version to be given out; None where it reads as the one before."""
    text = json.dumps(found.body, ensure_ascii=False, separators=(",", ":"))
    if before is not None and before.body == text:
        return None
    name = fold(str(found.body.get("name", "")))[:LONGEST]
    return Next(found.type, found.id, subject, found.due, name, text, terms_of(found.body), before)


def _subject_of(found: Resource, subject: str) -> str:
    """What it is made from: an area is everybody's who covers it."""
    return f"area {found.id}" if is_area(found.body) else subject


def _mark_seen(database: Database, clock: Callable[[], datetime]) -> None:
    with database.read() as connection:
        last = store.last_unseen(connection)
    if last is not None:
        # In a transaction after the one that saw them: whoever read before that may have missed them.
        with database.write(synced=False) as connection:
            store.mark_seen(connection, last, clock=clock)
