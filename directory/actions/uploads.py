"""Look a file through before it is imported: what it would do is kept with it for a day, and only that is done.

Of a file with bad rows only the list of them is kept, without what it says.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions.import_faults import unquoted
from directory.actions.import_plan import Plan, Planned, plan_import
from directory.actions.import_services import Import, check_may_import, work_out, write_plan
from directory.actions.screening import refuse_personal
from directory.domain.change import Draft
from directory.domain.policy import Actor
from directory.domain.service import Facts, Owner
from directory.domain.source import Reading
from directory.errors import ImportNotFound, ImportRefused, Invalid, NotAllowed, Problem, RowProblem
from directory.exchange.reading import read_bytes
from directory.shapes import set_to_plain, settled, to_plain
from directory.store import uploads as store
from directory.store.changes import Head, lock_head, read_head
from directory.store.database import Database
from directory.store.services import slugs
from directory.store.uploads import Line, Upload
from directory.store.versions import find_ids, load_in_force

LARGEST_FILE = 10_000_000
MOST_ROWS = 50_000
LISTED = 20


@dataclass(frozen=True, slots=True)
class SentIn:
    """A file as it was sent, and what its sender chose; `format` is `auto` where the file is to say itself."""

    name: str
    data: bytes
    format: str = "auto"
    effective_from: date | None = None
    complete: bool = False


def keep(database: Database, sent: SentIn, *, by: Actor, at: datetime, zone: ZoneInfo) -> Upload:
    """Work out what a file would do and keep both; the file itself only where it can be imported.

    Raises `NotAllowed`, and `Invalid` where the file is of no known format or too long, or a change breaks a rule that
    no single row can mend: then nothing is kept.
    """
    check_may_import(by)
    upload = Upload(
        id=secrets.token_urlsafe(16),
        person_id=_sender(by),
        name=sent.name,
        format="",
        effective_from=sent.effective_from or at.astimezone(zone).date(),
        complete=sent.complete,
        uploaded_at=at,
        sha256="",
        unchanged=0,
    )
    refuse_personal("file", sent.name)
    reading = read_bytes(sent.data, sent.name, sent.format)
    _check_length(reading)
    job = _job(upload, reading, by=by, at=at, zone=zone)
    with database.read() as connection:
        lines, plan = _looked_through(connection, job, head=read_head(connection))
    if plan is not None:
        upload = replace(upload, data=sent.data, sha256=plan.sha256(today=_today(job)), unchanged=plan.unchanged)
    upload = replace(upload, format=reading.format)
    with database.write() as connection:
        store.add(connection, upload, lines)
    return upload


def confirm(database: Database, upload_id: str, *, seen: str, by: Actor, at: datetime, zone: ZoneInfo) -> int | None:
    """Import a file as it was shown: the number of the import, once, the second time the same one.

    None where it would do something else by now than `seen`, the digest of what was shown: then nothing is imported,
    and what it would do now is shown instead. Raises `ImportNotFound`, and `Invalid` where it has bad rows.
    """
    check_may_import(by)
    with database.write() as connection:
        # Held from here on: what was compared with what was shown is what is written.
        head = lock_head(connection)
        upload = store.load(connection, upload_id, person_id=_sender(by), hold=True)
        if upload is None:
            raise _gone(connection, upload_id)
        if upload.import_id is not None:
            return upload.import_id
        if upload.data is None:
            raise Invalid([Problem("file", "Mend the rows that are bad, and send the file again")])
        reading = read_bytes(upload.data, upload.name, upload.format)
        job = _job(upload, reading, by=by, at=at, zone=zone)
        return _done(connection, upload, job, seen=seen, head=head)


def _done(connection: Connection, upload: Upload, job: Import, *, seen: str, head: Head) -> int | None:
    try:
        plan = plan_import(connection, job.wanted)
        if plan.sha256(today=_today(job)) == seen:
            done = write_plan(connection, job, plan, head=head)
            assert done.batch is not None
            store.settle(connection, upload.id, import_id=done.batch)
            return done.batch
    except ImportRefused:
        # A row is bad by now that was not: nothing was written, and below it is named.
        pass
    lines, changed = _looked_through(connection, job, head=head)
    sha256 = changed.sha256(today=_today(job)) if changed else ""
    unchanged = changed.unchanged if changed else 0
    store.show_anew(connection, upload.id, lines, sha256=sha256, unchanged=unchanged)
    return None


def own(connection: Connection, upload_id: str, *, by: Actor) -> Upload:
    """A file that the actor sent; raises `ImportNotFound`, for another's too."""
    upload = store.load(connection, upload_id, person_id=_sender(by))
    if upload is None:
        raise _gone(connection, upload_id)
    return upload


def discard(database: Database, upload_id: str, *, by: Actor) -> None:
    """Let go of a file that is not to be imported; raises `ImportNotFound`."""
    with database.write() as connection:
        if not store.remove(connection, upload_id, person_id=_sender(by)):
            raise _gone(connection, upload_id)


def _gone(connection: Connection, upload_id: str) -> ImportNotFound:
    return ImportNotFound(GONE, anothers=store.is_there(connection, upload_id))


GONE = "There is no such file, or it is gone: files are kept for one day. Send it again."


def _sender(by: Actor) -> int:
    if by.person_id is None:
        raise NotAllowed("Sign in to import: a file that waits is somebody's own.")
    return by.person_id


def _job(upload: Upload, reading: Reading, *, by: Actor, at: datetime, zone: ZoneInfo) -> Import:
    return Import(reading, upload.name, by, at, zone, upload.effective_from, upload.complete)


def _today(job: Import) -> date:
    return job.at.astimezone(job.zone).date()


def _check_length(reading: Reading) -> None:
    rows = len(reading.services) + len(reading.successions) + len(reading.memberships) + len(reading.organisations)
    if rows > MOST_ROWS:
        reason = f"It has {rows:,} rows, and {MOST_ROWS:,} is the most here. Import it with the command line"
        raise Invalid([Problem("file", reason)])


def _looked_through(connection: Connection, job: Import, *, head: Head) -> tuple[list[Line], Plan | None]:
    """Every line of a preview; no plan where rows are bad."""
    notes = [_row_line("note", note) for note in unquoted(job.reading.notices)]
    try:
        plan = plan_import(connection, job.wanted)
        work_out(connection, job, plan, head=head)
    except ImportRefused as refusal:
        return [*(_row_line("problem", problem) for problem in refusal.problems), *notes], None
    return [*_lines(connection, plan, on=job.effective_from), *notes], plan


def _row_line(kind: store.LineKind, found: RowProblem) -> Line:
    return Line(kind, found.row, found.column, {"reason": found.reason})


def _lines(connection: Connection, plan: Plan, *, on: date) -> list[Line]:
    known = slugs(connection, [each.draft.services[0].id for each in plan.planned if each.before is not None])
    names = _names(connection, plan, on=on)
    return [_line(each, known, names) for each in plan.planned]


def _line(planned: Planned, known: Mapping[str, str], names: Mapping[str, str]) -> Line:
    if planned.sort == "other":
        return Line("other", planned.row, planned.draft.title)
    (edit,) = planned.draft.services
    if planned.before is None:
        facts = Facts(**settled(Facts, edit.set))  # type: ignore[arg-type]
        return Line("new", planned.row, facts.name, {"facts": to_plain(facts), "owner": _owner(facts.owner, names)})
    before = planned.before
    after = before.with_(edit.set)
    body = {
        "slug": known[edit.id],
        "from": str(planned.draft.effective_from),
        "before": to_plain(before),
        "set": set_to_plain(Facts, edit.set),
        "owners": [_owner(before.owner, names), _owner(after.owner, names)],
    }
    return Line(planned.sort, planned.row, before.name, body)


def _owner(owner: Owner, names: Mapping[str, str]) -> str:
    organisation = names.get(owner.organisation, owner.organisation)
    return f"{names.get(owner.team, owner.team)}, {organisation}" if owner.team else organisation


def _names(connection: Connection, plan: Plan, *, on: date) -> dict[str, str]:
    """What the owners of a plan are called: organisations by id, teams by slug, those that it opens too."""
    owners = {owner for each in plan.planned for owner in _owners(each)}
    organisations = load_in_force(connection, "organisation", {owner.organisation for owner in owners}, on=on)
    ids = find_ids(connection, "team", {owner.team for owner in owners if owner.team})
    teams = load_in_force(connection, "team", ids.values(), on=on)
    names = {key: row.facts.name for key, row in organisations.items()}
    names |= {row.slug: row.facts.name for row in teams.values()}
    return names | dict(_opened(plan.drafts))


def _owners(planned: Planned) -> Iterable[Owner]:
    if planned.before is not None:
        yield planned.before.owner
    for edit in planned.draft.services:
        owner = edit.set.get("owner")
        if isinstance(owner, Owner):
            yield owner


def _opened(drafts: Iterable[Draft]) -> Iterable[tuple[str, str]]:
    for draft in drafts:
        for edit in (*draft.organisations, *draft.teams):
            if "name" in edit.set:
                yield edit.id, str(edit.set["name"])
