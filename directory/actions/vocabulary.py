"""Add, change, remove and put back the words that staff use for one another: each at once in force, and audited."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from directory.actions.screening import personal_problems
from directory.domain.change import fold
from directory.domain.policy import Actor, can
from directory.errors import EditConflict, Invalid, NotAllowed, Problem, TermNotFound
from directory.store import audit
from directory.store import vocabulary as store
from directory.store.database import Database
from directory.store.vocabulary import Entry, Line

KINDS: Mapping[str, str] = {
    "abbreviation": "an abbreviation",
    "synonym": "another right name for it",
    "misnomer": "a wrong or outdated name that is still typed",
}
LONGEST = 200
MOST_MEANINGS = 20


def put_line(database: Database, line: Line, *, expected: int | None, by: Actor, at: datetime) -> None:
    """Write a line of the vocabulary; every search has it at its next question.

    `expected` is the number of the line that the editor read: 0 for a new one, None to skip the check. Raises
    `Invalid`, `EditConflict`, `NotAllowed`.
    """
    with database.write() as connection:
        put_in(connection, line, expected=expected, by=by, at=at)


def put_in(connection: Connection, line: Line, *, expected: int | None, by: Actor, at: datetime) -> None:
    """The same in the caller's transaction."""
    _check(by)
    line = _tidied(line)
    # Held first: of two editors, the second reads what the first has written.
    store.hold(connection)
    there = {fold(each.term): each for each in store.entries(connection)}.get(fold(line[0]))
    if there is not None and expected == 0:
        problem = f"“{there.term}” is in the vocabulary already: it means {', '.join(there.means)}. Change that line."
        raise Invalid([Problem("term", problem)])
    current = there.number if there else 0
    if expected is not None and expected != current:
        raise EditConflict(f"“{line[0]}”", expected=expected, current=current)
    if there is not None:
        line = (there.term, *line[1:])
        if (there.means, there.kind) == line[1:]:
            return
    store.put(connection, [line], at=at, by=by.person_id)
    _record(connection, "put-term", line, by=by, at=at)


def remove_line(database: Database, term: str, *, expected: int | None = None, by: Actor, at: datetime) -> None:
    """Take a line away; it can be put back. Raises `TermNotFound`, `EditConflict`, `NotAllowed`."""
    _check(by)
    with database.write() as connection:
        store.hold(connection)
        there = store.entry(connection, term)
        if there is None:
            raise TermNotFound(f"There is no “{term}” in the vocabulary.")
        if expected is not None and expected != there.number:
            raise EditConflict(f"“{term}”", expected=expected, current=there.number)
        store.remove(connection, term, at=at, by=by.person_id)
        _record(connection, "remove-term", _line(there), by=by, at=at)


def restore_line(database: Database, term: str, *, by: Actor, at: datetime) -> None:
    """Put a line back as it was when it was removed. Raises `TermNotFound`, `Invalid`, `NotAllowed`."""
    _check(by)
    with database.write() as connection:
        store.hold(connection)
        gone = next((each for each in store.removed(connection) if each.term == term), None)
        if gone is None:
            raise TermNotFound(f"“{term}” was not removed.")
        put_in(connection, _line(gone), expected=0, by=by, at=at)


def _check(by: Actor) -> None:
    if not can(by, "manage-vocabulary"):
        raise NotAllowed("You need to be an editor to change the vocabulary.")


def _line(entry: Entry) -> Line:
    return entry.term, entry.means, entry.kind


def _tidied(line: Line) -> Line:
    term = " ".join(line[0].split())
    means = tuple(dict.fromkeys(filter(None, (" ".join(each.split()) for each in line[1]))))
    problems = []
    if not any(map(str.isalnum, term)):
        problems.append(Problem("term", "give the word or words that people type"))
    if not means or len(means) > MOST_MEANINGS:
        problems.append(Problem("means", f"say what it means, in 1 to {MOST_MEANINGS} ways, each on its own line"))
    if any(len(each) > LONGEST for each in (term, *means)):
        problems.append(Problem("means", f"a term and each meaning is at most {LONGEST} characters"))
    if fold(term) in map(fold, means):
        problems.append(Problem("means", "a term cannot mean itself"))
    if line[2] not in KINDS:
        problems.append(Problem("kind", f"give one of {', '.join(KINDS)}"))
    problems += [*personal_problems("term", term), *personal_problems("means", "\n".join(means))]
    if problems:
        raise Invalid(problems)
    return term, means, line[2]


def _record(connection: Connection, action: str, line: Line, *, by: Actor, at: datetime) -> None:
    details: dict[str, Any] = {"means": list(line[1]), "kind": line[2]}
    audit.record(connection, audit.Event(at, by, action, f"term {line[0]}", details))
