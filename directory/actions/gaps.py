"""Remember a question that found no confident answer, without remembering who asked it; and close it again."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from directory.actions.reports import new_ref
from directory.actions.screening import refuse_personal
from directory.actions.vocabulary import put_in
from directory.domain.change import fold
from directory.domain.personal import could_be_personal, has_number
from directory.domain.policy import Actor, can
from directory.domain.query import Answer
from directory.errors import GapNotFound, Invalid, NotAllowed, Problem
from directory.store import audit, gaps, reports
from directory.store import services as service_store
from directory.store.database import Database
from directory.store.gaps import Outcome
from directory.store.vocabulary import Line

LONGEST = 200
NEAREST = 3
_PHONES = frozenset({"phone", "former_phone"})


def record_gap(database: Database, answer: Answer, *, at: datetime) -> bool:
    """Count the question of an answer that deserved no confidence; returns whether it was counted.

    Not counted: a question about another day, one that names a GP practice and no need, one that could hold something
    personal, one that is too long to be read.
    """
    question = "".join(character if character.isprintable() else " " for character in answer.query.text)
    query = fold(question)
    answered = answer.best is not None or answer.practice is not None
    if answered or answer.query.as_of is not None or not any(map(str.isalpha, query)):
        return False
    if len(query) > LONGEST or _personal(question, answer):
        return False
    nearest = [result.entry.id for result in answer.results[:NEAREST]]
    return gaps.count(database, query, nearest=nearest, at=at)


def _personal(question: str, answer: Answer) -> bool:
    met = answer.results[:NEAREST]
    # A number that the directory knows is that of a service; one that nothing answers to may be a person's.
    if has_number(question) and any(result.matched.field in _PHONES for result in met):
        question = re.sub(r"[\d+()]", " ", question)
    words = {word for result in met for word in re.findall(r"\w+", result.matched.text.casefold())}
    return could_be_personal(question, known=words.__contains__)


def close_gap(database: Database, query: str, *, outcome: Outcome = "dismissed", by: Actor, at: datetime) -> None:
    """Close a gap; asked again, it comes back. Raises GapNotFound where none is open, NotAllowed."""
    _check(by)
    with database.write() as connection:
        _close(connection, query, outcome, {}, by=by, at=at)


def close_with_synonym(
    database: Database, query: str, line: Line, *, expected: int | None, by: Actor, at: datetime
) -> None:
    """Add a line to the vocabulary and close the gap with it, together or not at all; see `vocabulary.put_line`."""
    _check(by)
    with database.write() as connection:
        put_in(connection, line, expected=expected, by=by, at=at)
        _close(connection, query, "synonym", {"term": line[0]}, by=by, at=at)


def close_with_report(
    database: Database, query: str, text: str, *, service: str | None, opens: bool = False, by: Actor, at: datetime
) -> reports.Report:
    """Make a report of a gap, to the owner of a service (by slug or id) or to the editors, and close the gap.

    `opens` says that a service is missing from the directory. Raises Invalid, ServiceNotFound, GapNotFound, NotAllowed.
    """
    _check(by)
    text = text.strip()
    if not text:
        raise Invalid([Problem("text", "say what is wrong or missing")])
    refuse_personal("text", text)
    with database.write() as connection:
        report = reports.Report(
            ref=new_ref(),
            kind="gap",
            text=text,
            received_at=at,
            service_id=service_store.service_id(connection, service) if service else None,
            gap=query,
            person_id=by.person_id,
        )
        reports.add(connection, report)
        details = {"report": report.ref, "service": report.service_id}
        _close(connection, query, "service" if opens else "report", details, by=by, at=at)
    return report


def _check(by: Actor) -> None:
    if not can(by, "manage-gaps"):
        raise NotAllowed("You need to be an editor to close a gap.")


def _close(
    connection: Connection, query: str, outcome: Outcome, details: dict[str, Any], *, by: Actor, at: datetime
) -> None:
    if not gaps.close(connection, query, outcome=outcome, at=at):
        raise GapNotFound(f"There is no open gap “{query}”: somebody may have closed it a moment ago.")
    # The question itself is not written down: the trail is kept for ever, and gaps need not be.
    audit.record(connection, audit.Event(at, by, "close-gap", f"gap {outcome}", {"outcome": outcome, **details}))
