"""Import a file: compare it with the directory, and publish what differs as one batch, all of it or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions.import_faults import row_problems
from directory.actions.import_plan import Plan, Wanted, known_ids, plan_import
from directory.actions.overruling import Merge
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

# So many changes are worked out and written at a time.
AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Tally:
    """How many changes, and how many of each kind."""

    changes: int
    kinds: Mapping[str, int]

    @classmethod
    def of(cls, published: Sequence[Published]) -> Tally:
        """Counted."""
        return cls(len(published), Counter(kind for done in published for kind in done.change.kinds))

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.changes + other.changes, Counter(self.kinds) + Counter(other.kinds))


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import published, or would: its changes, how many services they touch, and what a person should know.

    `batch` is its number; None where nothing was written. `changes` are empty of an import that was not to keep them;
    `of_kinds` then says how many there are, and of which kinds.
    """

    changes: tuple[Published, ...]
    counts: Counts
    notices: tuple[RowProblem, ...]
    batch: int | None = None
    of_kinds: Tally | None = None

    @property
    def tally(self) -> Tally:
        """How many changes there are, kept or not."""
        return self.of_kinds or Tally.of(self.changes)

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
    # Whether whoever imports wants every change back: of 200,000 they take a gigabyte.
    keeps: bool = True
    # What is known of a feed that is read again and again.
    merge: Merge | None = None

    @property
    def wanted(self) -> Wanted:
        """What is to be done, without by whom and when."""
        return Wanted(
            reading=self.reading,
            source=self.source,
            effective_from=self.effective_from,
            complete=self.complete,
            merge=self.merge,
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
    faults: list[RowProblem] = []
    published = _work_out(connection, job, plan, 0, len(plan.planned), head=head, faults=faults)
    if faults:
        raise ImportRefused(faults)
    return published


def _work_out(
    connection: Connection, job: Import, plan: Plan, start: int, end: int, *, head: Head, faults: list[RowProblem]
) -> Sequence[Published]:
    """The changes of a stretch of a plan; what breaks a rule is added to the faults."""
    if start == end:
        return ()

    def refused(place: int, invalid: Invalid) -> None:
        row = plan.planned[start + place].row
        if not row:
            raise invalid
        faults.extend(row_problems(row, invalid))

    def progress(done: int, _of: int) -> None:
        job.progress(start + done, len(plan.planned))

    drafts = [each.draft for each in plan.planned[start:end]]
    return prepare(
        connection,
        drafts,
        by=job.by,
        head=head,
        at=[job.at] * len(drafts),
        zone=job.zone,
        refused=refused,
        progress=progress,
    )


def write_plan(connection: Connection, job: Import, plan: Plan, *, head: Head) -> Imported:
    """Publish a plan after the head, which the caller holds, as one batch with what came beside it.

    Some at a time are worked out and written, so that memory does not grow with what each says. It is one transaction
    all the same: raises ImportRefused with every row of which a change breaks a rule, and then nothing stays.
    """
    reading, by, at = job.reading, job.by, job.at
    batch = import_store.begin(connection, format=reading.format, source=job.source, person_id=by.person_id, at=at)
    faults: list[RowProblem] = []
    kept: list[Published] = []
    numbers: list[int] = []
    tally = Tally(0, {})
    for start in range(0, len(plan.planned), AT_ONCE):
        end = min(start + AT_ONCE, len(plan.planned))
        published = _work_out(connection, job, plan, start, end, head=head, faults=faults)
        if published:
            # Even beside a fault, for which all of it is taken back: what follows may stand upon it.
            head = write(connection, published, head=head, by=by, import_id=batch)
        kept += published if job.keeps else ()
        numbers += [done.change.number for done in published]
        tally += Tally.of(published)
    if faults:
        raise ImportRefused(faults)
    end_batch(connection, batch, numbers, plan.counts, source=job.source, by=by, at=at)
    write_beside(connection, job, batch)
    return Imported(tuple(kept), plan.counts, reading.notices, batch, tally)


def end_batch(
    connection: Connection,
    batch: int,
    numbers: Sequence[int],
    counts: Counts,
    *,
    source: str,
    by: Actor,
    at: datetime,
) -> None:
    """Say of a batch what it made, in its row and in the audit trail."""
    import_store.end(connection, batch, numbers, counts)
    details = {"source": source, "changes": len(numbers)}
    audit.record(connection, audit.Event(at, by, "import", f"import {batch}", details))


def write_beside(connection: Connection, job: Import, batch: int | None) -> None:
    """What is no change of an entry: dates on which the source checked it, and who belongs to whom."""
    services = job.reading.services
    for start in range(0, len(services), AT_ONCE):
        checked = [service for service in services[start : start + AT_ONCE] if service.checked_at]
        known = known_ids(connection, checked)
        pairs = [
            (known[service.identifier or service.slug or ""], service.checked_at)
            for service in checked
            if service.checked_at
        ]
        import_store.add_checks(connection, pairs, source=job.source, zone=job.zone, at=job.at, import_id=batch)
    codes = [code for each in job.reading.memberships for code in (each.member, each.of)]
    ids = find_ids(connection, "organisation", codes)
    import_store.add_memberships(connection, job.reading.memberships, ids, import_id=batch)
