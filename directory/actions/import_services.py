"""Import a file: compare what it says with the directory, and publish what differs, all of it or nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions.compare import differing, in_words
from directory.actions.flattened import news
from directory.actions.import_owners import Owners, find_owners
from directory.actions.import_successions import succession_drafts
from directory.actions.prepare import Progress, Published, prepare
from directory.actions.publish import publish_in
from directory.domain.change import Draft, Edit
from directory.domain.policy import Actor, can
from directory.domain.service import Facts, Identifier
from directory.domain.source import Reading, SourceService
from directory.domain.timeline import Timeline
from directory.errors import ImportRefused, NotAllowed, RowProblem
from directory.exchange import services_csv
from directory.store import imports as import_store
from directory.store.changes import read_head
from directory.store.database import Database
from directory.store.versions import find_ids, ids_by_identifier, load_in_force, timelines

AFTER_CLOSING = "Ask its owner what to use instead."


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import published, or would: its changes, what was left as it was, and what a person should know."""

    changes: tuple[Published, ...]
    unchanged: int
    notices: tuple[RowProblem, ...]

    @property
    def services_opened(self) -> int:
        """How many services are new."""
        return sum(newcomer.noun == "service" for done in self.changes for newcomer in done.newcomers)

    @property
    def services_changed(self) -> int:
        """How many services say something else than before."""
        changed = {
            version.subject_id for done in self.changes for version in done.versions if version.noun == "service"
        }
        opened = {newcomer.id for done in self.changes for newcomer in done.newcomers if newcomer.noun == "service"}
        return len(changed - opened)


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


def import_file(database: Database, job: Import) -> Imported:
    """Publish what differs, in one transaction. Raises ImportRefused with every bad row; then nothing is written."""
    _check(job)
    with database.write() as connection:
        drafts, unchanged = _drafts(connection, job)
        import_id = import_store.begin(
            connection, format=job.reading.format, source=job.source, person_id=job.by.person_id, at=job.at
        )
        at = [job.at] * len(drafts)
        published = publish_in(
            connection, drafts, by=job.by, at=at, zone=job.zone, import_id=import_id, progress=job.progress
        )
        import_store.end(connection, import_id, [done.change.number for done in published])
        _write_beside(connection, job)
    return Imported(tuple(published), unchanged, job.reading.notices)


def preview_import(database: Database, job: Import) -> Imported:
    """What importing would publish; writes nothing."""
    _check(job)
    with database.read() as connection:
        drafts, unchanged = _drafts(connection, job)
        published: Sequence[Published] = ()
        if drafts:
            head, at = read_head(connection), [job.at] * len(drafts)
            published = prepare(connection, drafts, by=job.by, head=head, at=at, zone=job.zone)
    return Imported(tuple(published), unchanged, job.reading.notices)


def _check(job: Import) -> None:
    if not can(job.by, "import"):
        raise NotAllowed("You need to be an editor to import.")
    if job.reading.problems:
        raise ImportRefused(job.reading.problems)


def _drafts(connection: Connection, job: Import) -> tuple[list[Draft], int]:
    """What is to be published, in order: owners first, then services, then what took the place of what."""
    owners = find_owners(connection, job.reading, effective_from=job.effective_from, source=job.source)
    drafts = owners.drafts(job.source)
    known = _known(connection, job.reading.services)
    lives = timelines(connection, "service", set(known.values()), steps_after=date.max)
    unchanged = 0
    for service in job.reading.services:
        key = known.get(_key(service))
        found = _opening(service, owners, job) if key is None else _change(service, lives[key], owners, job)
        if found is None:
            unchanged += 1
        else:
            drafts.append(found)
    if job.complete:
        drafts += _closures(connection, job, present=set(known.values()))
    drafts += succession_drafts(connection, job.reading, owners, source=job.source)
    return drafts, unchanged


def _key(service: SourceService) -> Identifier | str:
    return service.identifier or service.slug or ""


def _known(connection: Connection, services: Sequence[SourceService]) -> dict[Identifier | str, str]:
    """The ids of services that are in the directory already, by what the source calls them."""
    values: dict[str, list[str]] = {}
    for service in services:
        if service.identifier:
            values.setdefault(service.identifier.system, []).append(service.identifier.value)
    found: dict[Identifier | str, str] = {}
    for system, wanted in values.items():
        found |= {
            Identifier(system, value): key for value, key in ids_by_identifier(connection, system, wanted).items()
        }
    by_slug = find_ids(connection, "service", [service.slug for service in services if service.slug])
    for service in services:
        if service.slug in by_slug:
            found.setdefault(_key(service), by_slug[service.slug])
    return found


def _opening(service: SourceService, owners: Owners, job: Import) -> Draft:
    facts = {**service.set, "owner": owners.of(service)}
    edit = Edit(service.slug or uuid.uuid4().hex, facts, expected_version=0, slug=service.slug)
    return Draft(
        title=f"{facts['name']} is in the directory",
        effective_from=service.effective_from or job.effective_from,
        kinds=("opened",),
        services=(edit,),
        why=f"{job.source} lists it.",
        what_to_do=AFTER_CLOSING if facts.get("status") == "closed" else "",
    )


def _change(service: SourceService, life: Timeline, owners: Owners, job: Import) -> Draft | None:
    """What differs on the day from which the source says that it holds: what was learnt since is not undone."""
    day = service.effective_from or job.effective_from
    before: Facts = life.on(day) or life.facts[0]
    tolerance = job.reading.coordinate_tolerance
    given = news(before, service.slug or "", service.set) if job.reading.format == services_csv.FORMAT else service.set
    edit = differing(before, given, owners.of(service), coordinate_tolerance=tolerance)
    if not edit:
        return None
    return Draft(
        title=f"{before.name}: {in_words(before, edit)}",
        effective_from=day,
        services=(Edit(life.id, edit),),
        why=f"{job.source} says so.",
        what_to_do="Use what the entry says now." if edit.get("status") != "closed" else AFTER_CLOSING,
    )


def _closures(connection: Connection, job: Import, *, present: set[str]) -> Iterable[Draft]:
    """Services that came from this kind of source and are no longer in it."""
    systems: Mapping[str, None] = dict.fromkeys(
        service.identifier.system for service in job.reading.services if service.identifier
    )
    gone = {key for system in systems for key in import_store.ids_of_system(connection, system)} - present
    for row in load_in_force(connection, "service", sorted(gone), on=job.effective_from).values():
        if row.facts.status != "closed":
            yield Draft(
                title=f"{row.facts.name} is closed",
                effective_from=job.effective_from,
                kinds=("closed",),
                services=(Edit(row.subject_id, {"status": "closed"}),),
                why=f"{job.source} no longer lists it.",
                what_to_do=AFTER_CLOSING,
            )


def _write_beside(connection: Connection, job: Import) -> None:
    """What is no change of an entry: dates on which the source checked it, and who belongs to whom."""
    checked = [service for service in job.reading.services if service.checked_at]
    known = _known(connection, checked)
    pairs = [(known[_key(service)], service.checked_at) for service in checked if service.checked_at]
    import_store.add_checks(connection, pairs, source=job.source, zone=job.zone)
    codes = [code for each in job.reading.memberships for code in (each.member, each.of)]
    ids = find_ids(connection, "organisation", codes)
    import_store.add_memberships(connection, job.reading.memberships, ids)
