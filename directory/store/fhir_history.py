"""The versions of FHIR resources that were given out, and how far the directory has been followed to make them.

Written by whoever holds the end of the chain (`store.changes.lock_head`): numbers and instants commit in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, delete, exists, func, insert, literal, or_, select, update

from directory.domain.succession import Noun
from directory.store.batches import in_batches
from directory.store.tables.changes import change_subjects, changes
from directory.store.tables.fhir import fhir_history, fhir_state, fhir_terms, fhir_waiting
from directory.store.tables.nouns import organisation_memberships, successions
from directory.store.touched import services_touched
from directory.store.versions import SUBJECTS, VERSIONS

# The number of the row that follows one that nothing followed.
CURRENT = 2**62
# Those whose resources others point to come first.
ORDER: tuple[Noun, ...] = ("organisation", "team", "service")


@dataclass(frozen=True, slots=True)
class State:
    """How far the directory has been followed: changes up to `change_number`, and what is due until `day`.

    `seq` and `at` are those of the last row; `rendering` says by which way of rendering everything was last rendered.
    """

    seq: int
    at: datetime
    change_number: int
    day: date
    rendering: int


@dataclass(frozen=True, slots=True)
class Given:
    """A version as it was given out."""

    seq: int
    type: str
    id: str
    version: int
    at: datetime
    body: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The last version of a resource, and what it was made from."""

    subject: str
    given: Given


@dataclass(frozen=True, slots=True)
class Next:
    """A version to be given out; `before` is the one whose place it takes."""

    type: str
    id: str
    subject: str
    due: date | None
    name: str
    body: str
    terms: frozenset[tuple[str, str, str]]
    before: Given | None


def read_state(connection: Connection) -> State:
    """How far the directory has been followed."""
    row = connection.execute(select(fhir_state)).one()
    return State(row.seq, row.at, row.change_number, row.day, row.rendering)


def put_state(connection: Connection, state: State) -> None:
    """Say how far it has been followed now."""
    connection.execute(
        update(fhir_state).values(
            seq=state.seq,
            at=state.at,
            change_number=state.change_number,
            day=state.day,
            rendering=state.rendering,
        )
    )


def wait(connection: Connection, subjects: Iterable[str]) -> None:
    """Have some subjects looked at again."""
    rows = [{"subject": each} for each in dict.fromkeys(subjects)]
    if rows:
        connection.execute(insert(fhir_waiting), rows)


def wait_for_members(connection: Connection, members: Iterable[str]) -> None:
    """Have what some organisations, by id, belong to looked at again."""
    wait(connection, (f"membership {each}" for each in members))


def wait_for_all(connection: Connection) -> None:
    """Have everything that ever was in the directory looked at, what is pointed to before what points to it."""
    connection.execute(delete(fhir_waiting))
    for statement in _every_subject():
        connection.execute(insert(fhir_waiting).from_select(["subject"], statement))


def every_subject(connection: Connection) -> Iterator[str]:
    """Everything that ever was in the directory, in the same order."""
    for statement in _every_subject():
        yield from connection.scalars(statement)


def _every_subject() -> Iterator[Select[Any]]:
    members = select(organisation_memberships.c.member.label("id")).distinct()
    for noun, ids in (*((noun, select(SUBJECTS[noun].c.id)) for noun in ORDER), ("membership", members)):
        found = ids.order_by("id").subquery()
        yield select(literal(f"{noun} ").concat(found.c.id)).order_by(found.c.id)


def waiting(connection: Connection, *, limit: int) -> dict[int, str]:
    """The first subjects that wait, by their numbers."""
    statement = select(fhir_waiting).order_by(fhir_waiting.c.id).limit(limit)
    return {row.id: row.subject for row in connection.execute(statement)}


def looked_at(connection: Connection, numbers: Iterable[int]) -> None:
    """Let go of what was looked at."""
    connection.execute(delete(fhir_waiting).where(fhir_waiting.c.id.in_(list(numbers))))


def anything_waits(connection: Connection) -> bool:
    """Whether something is still to be looked at."""
    return bool(connection.scalar(select(exists(select(fhir_waiting.c.id)))))


def touched(connection: Connection, state: State, *, today: date) -> tuple[list[str], int]:
    """The subjects that may stand differently since `state`, and the number of the last change."""
    services, head = services_touched(
        connection, after=state.change_number, from_day=state.day, until_day=max(today, state.day)
    )
    found = {"service": services}
    for noun in ("organisation", "team"):
        found[noun] = list(connection.scalars(_owners_touched(noun, state, head=head, today=today)))
    subjects = [f"{noun} {key}" for noun in ORDER for key in sorted(found[noun])]
    return list(dict.fromkeys([*subjects, *_due(connection, state, today=today)])), head


def _owners_touched(noun: Noun, state: State, *, head: int, today: date) -> Select[Any]:
    versions, edits, links = VERSIONS[noun], change_subjects, successions
    days = state.day, today
    numbers = select(changes.c.number).where(changes.c.number > state.change_number, changes.c.number <= head)
    # What a change takes the place of is touched, too.
    gone = select(changes.c.supersedes).where(changes.c.number.in_(numbers), changes.c.supersedes.is_not(None))
    new = numbers.union(gone)
    linked = [
        select(end).where(
            links.c.noun == noun, or_(links.c.change_number.in_(new), _between(links.c.effective_from, days))
        )
        for end in (links.c.predecessor, links.c.successor)
    ]
    found = select(versions.c.subject_id).where(
        or_(versions.c.change_number.in_(numbers), _between(versions.c.effective_from, days))
    )
    edited = select(edits.c.subject_id).where(edits.c.noun == noun, edits.c.change_number.in_(numbers))
    every = found.union(edited, *linked).subquery()
    return select(every.c.subject_id).where(every.c.subject_id.is_not(None))


def _between(column: Any, days: tuple[date, date]) -> Any:
    return and_(column > days[0], column <= days[1])


def _due(connection: Connection, state: State, *, today: date) -> list[str]:
    if today <= state.day:
        return []
    table = fhir_history
    statement = select(table.c.subject).where(table.c.due <= today, table.c.until == CURRENT).distinct()
    return list(connection.scalars(statement.order_by(table.c.subject)))


def standing(connection: Connection, subjects: Iterable[str]) -> list[Standing]:
    """The last version of everything that was made from some subjects."""
    found: list[Standing] = []
    for batch in in_batches(subjects):
        statement = select(fhir_history).where(fhir_history.c.subject.in_(batch), fhir_history.c.until == CURRENT)
        found += [Standing(row.subject, given(row)) for row in connection.execute(statement)]
    return found


def given(row: Any) -> Given:
    """A row as a version."""
    return Given(row.seq, row.type, row.resource_id, row.version_id, row.at, row.body)


def write(connection: Connection, state: State, new: Sequence[Next], *, at: datetime) -> State:
    """Give out some versions, numbered after the last one; returns the state with the last of them."""
    if not new:
        return state
    # Whole milliseconds, as they are sent; and never back, when the clock is.
    at = max(at.replace(microsecond=at.microsecond // 1000 * 1000), state.at)
    numbered = list(enumerate(new, start=state.seq + 1))
    if gone := [{"gone": each.before.seq, "by": seq} for seq, each in numbered if each.before]:
        followed = update(fhir_history).where(fhir_history.c.seq == bindparam("gone"))
        connection.execute(followed.values(until=bindparam("by")), gone)
    connection.execute(insert(fhir_history), [_row(seq, each, at) for seq, each in numbered])
    terms = [_term_row(seq, each.type, term) for seq, each in numbered for term in sorted(each.terms)]
    if terms:
        connection.execute(insert(fhir_terms), terms)
    return State(numbered[-1][0], at, state.change_number, state.day, state.rendering)


def _row(seq: int, each: Next, at: datetime) -> Mapping[str, Any]:
    return {
        "seq": seq,
        "type": each.type,
        "resource_id": each.id,
        "version_id": each.before.version + 1 if each.before else 1,
        "at": at,
        "until": CURRENT,
        "subject": each.subject,
        "due": each.due,
        "name": each.name,
        "body": each.body,
    }


def _term_row(seq: int, type_: str, term: tuple[str, str, str]) -> Mapping[str, Any]:
    param, qualifier, value = term
    return {"seq": seq, "type": type_, "param": param, "qualifier": qualifier, "value": value}


def last_unseen(connection: Connection) -> int | None:
    """The last version of which it was not yet said that it can be seen."""
    found: int | None = connection.scalar(select(func.max(fhir_history.c.seq)).where(fhir_history.c.seen_at.is_(None)))
    return found


def mark_seen(connection: Connection, until: int, *, clock: Callable[[], datetime]) -> None:
    """Say that versions up to a number, which was read before the clock is, can be seen from now on."""
    seen = max(clock(), connection.scalar(select(func.max(fhir_history.c.seen_at))) or clock())
    unseen = fhir_history.c.seen_at.is_(None), fhir_history.c.seq <= until
    connection.execute(update(fhir_history).where(*unseen).values(seen_at=seen))
