"""Import a file: compare it with the directory, and publish what differs as one batch, all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions.import_faults import row_problems
from directory.actions.import_plan import Plan, Wanted, known_ids, plan_import
from directory.actions.prepare import Progress, Published, prepare
from directory.actions.publish import write
from directory.domain.policy import Actor, can
from directory.domain.source import Reading
from directory.errors import ImportRefused, Invalid, NotAllowed, RowProblem
from directory.store import audit
from directory.store import imports as import_store
from directory.store.changes import Head, lock_head, read_head
from directory.store.database import Database
from directory.store.imports import Counts
from directory.store.versions import find_ids


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import published, or would: its changes, how many services they touch, and what a person should know.

    `batch` is its number; None where nothing was written.
    """

    changes: tuple[Published, ...]
    counts: Counts
    notices: tuple[RowProblem, ...]
    batch: int | None = None

    @property
    def unchanged(self) -> int:
        """How many services say what they said already."""
        return self.counts.unchanged


@dataclass(frozen=True, slots=True)
class Import:
    """An import to be done: a file's reading, who does it, when, from which day it holds, whether it is complete."""

    reading: Reading
    source: str
    by: Actor
    at: datetime
    zone: ZoneInfo
    effective_from: date
    complete: bool = False
    progress: Progress = lambda _done, _all: None

    @property
    def wanted(self) -> Wanted:
        """What is to be done, without by whom and when."""
        return Wanted(
            reading=self.reading, source=self.source, effective_from=self.effective_from, complete=self.complete
        )


def import_file(database: Database, job: Import) -> Imported:
    """Publish what differs, in one transaction. Raises ImportRefused with every bad row; then nothing is written."""
    check_may_import(job.by)
    with database.write() as connection:
        # Taken first: whoever publishes at the same time waits here, and what is compared is what is written upon.
        head = lock_head(connection)
        return write_plan(connection, job, plan_import(connection, job.wanted), head=head)


def preview_import(database: Database, job: Import) -> Imported:
    """What importing would publish; writes nothing."""
    check_may_import(job.by)
    with database.read() as connection:
        plan = plan_import(connection, job.wanted)
        published = work_out(connection, job, plan, head=read_head(connection))
    return Imported(tuple(published), plan.counts, job.reading.notices)


def check_may_import(by: Actor) -> None:
    """Raise NotAllowed, unless they may import, and undo what was imported."""
    if not can(by, "import"):
        raise NotAllowed("You need to be an editor to import.")


def work_out(connection: Connection, job: Import, plan: Plan, *, head: Head) -> Sequence[Published]:
    """The changes of a plan after the head; raises ImportRefused with every row of which a change breaks a rule."""
    if not plan.planned:
        return ()
    faults: list[RowProblem] = []

    def refused(place: int, invalid: Invalid) -> None:
        row = plan.planned[place].row
        if not row:
            raise invalid
        faults.extend(row_problems(row, invalid))

    at = [job.at] * len(plan.planned)
    published = prepare(
        connection, plan.drafts, by=job.by, head=head, at=at, zone=job.zone, refused=refused, progress=job.progress
    )
    if faults:
        raise ImportRefused(faults)
    return published


def write_plan(connection: Connection, job: Import, plan: Plan, *, head: Head) -> Imported:
    """Publish a plan after the head, which the caller holds, as one batch with what came beside it."""
    published = work_out(connection, job, plan, head=head)
    reading, by, at = job.reading, job.by, job.at
    batch = import_store.begin(connection, format=reading.format, source=job.source, person_id=by.person_id, at=at)
    if published:
        write(connection, published, head=head, by=by, import_id=batch)
    end_batch(connection, batch, published, plan.counts, source=job.source, by=by, at=at)
    _write_beside(connection, job, batch)
    return Imported(tuple(published), plan.counts, reading.notices, batch)


def end_batch(
    connection: Connection,
    batch: int,
    published: Sequence[Published],
    counts: Counts,
    *,
    source: str,
    by: Actor,
    at: datetime,
) -> None:
    """Say of a batch what it made, in its row and in the audit trail."""
    import_store.end(connection, batch, [done.change.number for done in published], counts)
    details = {"source": source, "changes": len(published)}
    audit.record(connection, audit.Event(at, by, "import", f"import {batch}", details))


def _write_beside(connection: Connection, job: Import, batch: int) -> None:
    """What is no change of an entry: dates on which the source checked it, and who belongs to whom."""
    checked = [service for service in job.reading.services if service.checked_at]
    known = known_ids(connection, checked)
    pairs = [
        (known[service.identifier or service.slug or ""], service.checked_at)
        for service in checked
        if service.checked_at
    ]
    import_store.add_checks(connection, pairs, source=job.source, zone=job.zone, import_id=batch)
    codes = [code for each in job.reading.memberships for code in (each.member, each.of)]
    ids = find_ids(connection, "organisation", codes)
    import_store.add_memberships(connection, job.reading.memberships, ids, import_id=batch)
