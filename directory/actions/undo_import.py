"""Undo an import: withdraw every change that came of one file, all of them or none.

What it opened is closed, as if it had never been; what it edited says again what it said. Where somebody has published
something since upon what the import brought, nothing is undone, and all of that is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions.import_services import check_may_import
from directory.actions.prepare import Progress, Published, prepare
from directory.actions.publish import write
from directory.actions.screening import refuse_personal
from directory.actions.take_back import withdrawal_of
from directory.domain.change import Draft
from directory.domain.policy import Actor
from directory.errors import Invalid, Problem, Since, UndoRefused
from directory.store import audit, undoing
from directory.store import changes as change_store
from directory.store import imports as import_store
from directory.store.changes import lock_head, read_head
from directory.store.database import Database
from directory.store.imports import Batch
from directory.store.undoing import Beside

NOTHING = Beside(0, 0)


@dataclass(frozen=True, slots=True)
class Undoing:
    """What undoing an import does, or why it cannot be done.

    `numbers` are the changes that would be withdrawn, the last one first; `since` is what was done upon them meanwhile,
    some of it by the imports in `later`; `took_places` are earlier changes that would not come back; `told` is how many
    people were told of them already. All are empty of an import that was undone.
    """

    batch: Batch
    numbers: tuple[int, ...] = ()
    since: tuple[Since, ...] = ()
    later: tuple[int, ...] = ()
    took_places: tuple[int, ...] = ()
    beside: Beside = NOTHING
    told: int = 0

    @property
    def possible(self) -> bool:
        """Whether nothing stands in the way, and it was not done before."""
        return self.batch.undone is None and not self.since and not self.took_places


@dataclass(frozen=True, slots=True)
class Undo:
    """An import to be undone: which one, why, who does it, and when."""

    import_id: int
    why: str
    by: Actor
    at: datetime
    zone: ZoneInfo
    progress: Progress = lambda _done, _all: None


def why_undone(batch: Batch) -> str:
    """What those who were told read, where nobody says it better."""
    return f"The import of {batch.source} is undone."


def look(connection: Connection, import_id: int) -> Undoing:
    """What undoing an import would do; raises ImportNotFound. Writes nothing, however large the import is."""
    batch = import_store.load(connection, import_id)
    if batch.undone is not None:
        return Undoing(batch)
    since = undoing.changed_since(connection, batch)
    return Undoing(
        batch,
        tuple(undoing.standing(connection, batch)),
        tuple(since),
        tuple(undoing.imports_of(connection, since)),
        tuple(undoing.takes_places(connection, batch)),
        undoing.brought_beside(connection, import_id),
        undoing.count_told(connection, batch),
    )


def undo_import(database: Database, undo: Undo) -> Batch:
    """Undo an import in one transaction, once: of one that was undone before it says so, and writes nothing.

    Raises ImportNotFound, NotAllowed, UndoRefused, and Invalid where `why` is empty or holds patient data.
    """
    check_may_import(undo.by)
    _check_why(undo.why)
    with database.write() as connection:
        # Whoever undoes, imports or publishes at the same time waits here, and then sees what this one did.
        head = lock_head(connection)
        seen = look(connection, undo.import_id)
        if seen.batch.undone is None:
            published = _work_out(connection, undo, seen)
            if published:
                write(connection, published, head=head, by=undo.by)
            _write_beside(connection, undo, published)
        return import_store.load(connection, undo.import_id)


def preview_undo(database: Database, undo: Undo) -> Undoing:
    """What undoing would do, worked out as undoing does it and with the same refusals; writes nothing."""
    check_may_import(undo.by)
    _check_why(undo.why)
    with database.read() as connection:
        seen = look(connection, undo.import_id)
        if seen.batch.undone is None:
            _work_out(connection, undo, seen)
    return seen


def _check_why(why: str) -> None:
    if not why.strip():
        raise Invalid([Problem("why", "Say why: those who were told of its changes will read it")])
    refuse_personal("why", why)


def _work_out(connection: Connection, undo: Undo, seen: Undoing) -> Sequence[Published]:
    if seen.took_places:
        listed = ", ".join(map(str, seen.took_places))
        reason = f"it took the place of earlier changes ({listed}), which would not come back: withdraw its changes"
        raise Invalid([Problem("import", reason)])
    if seen.since:
        raise UndoRefused(undo.import_id, seen.since)
    if not seen.numbers:
        return ()
    drafts = _drafts(connection, seen.numbers, why=undo.why, today=undo.at.astimezone(undo.zone).date())
    at = [undo.at] * len(drafts)
    head = read_head(connection)
    return prepare(connection, drafts, by=undo.by, head=head, at=at, zone=undo.zone, progress=undo.progress)


def _drafts(connection: Connection, numbers: Sequence[int], *, why: str, today: date) -> list[Draft]:
    """The withdrawals, the last change first: what it set on something that an earlier one opened goes before that."""
    changes = sorted(change_store.load_many(connection, numbers), key=lambda change: -change.number)
    return [replace(withdrawal_of(change, today=today), why=why) for change in changes]


def _write_beside(connection: Connection, undo: Undo, published: Sequence[Published]) -> None:
    undoing.take_back_beside(connection, undo.import_id, at=undo.at)
    numbers = [done.change.number for done in published]
    undoing.mark_undone(
        connection, undo.import_id, numbers, person_id=undo.by.person_id, why=undo.why.strip(), at=undo.at
    )
    details = {"changes": len(numbers)}
    audit.record(connection, audit.Event(undo.at, undo.by, "undo import", f"import {undo.import_id}", details))
