"""Import a folder of Markdown: the starter content, an export, or what an editor keeps in a repository.

A file says what holds from its own `effective_from` on, and is compared with the directory on that day: a service that
has changed since is left as it is. The same folder twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions.compare import differing, differing_organisation, in_words
from directory.actions.import_faults import deceiving_files, personal_files
from directory.actions.import_plan import AFTER_CLOSING, reopening
from directory.actions.import_services import Imported, check_may_import, end_batch
from directory.actions.prepare import Published
from directory.actions.publish import publish_in
from directory.content.folder import Folder, SubjectFile
from directory.domain.change import Draft, Edit
from directory.domain.policy import Actor
from directory.domain.service import Owner
from directory.domain.source import SourceService
from directory.domain.succession import Noun
from directory.domain.timeline import Timeline
from directory.errors import Invalid, Problem
from directory.store import areas as area_store
from directory.store import changes as change_store
from directory.store import imports as import_store
from directory.store import pages as page_store
from directory.store import vocabulary as vocabulary_store
from directory.store.database import Database
from directory.store.imports import Counts
from directory.store.versions import find_ids, timelines

FORMAT = "markdown"


@dataclass(slots=True)
class _Comparison:
    """What is to be published, each with its instant, and how many files say nothing new."""

    drafts: list[tuple[Draft, datetime]]
    unchanged: int = 0


def import_folder(
    database: Database,
    folder: Folder,
    *,
    by: Actor,
    at: datetime,
    zone: ZoneInfo,
    source: str = "a folder",
    dry_run: bool = False,
) -> Imported:
    """Publish what a folder says and the directory does not, in one transaction; a dry run takes it all back.

    Raises `Invalid` where something breaks a rule, looks like patient data, or has a name that deceives; then nothing
    is written.
    """
    check_may_import(by)
    if problems := [*personal_files(folder), *deceiving_files(folder)]:
        raise Invalid(problems)
    with database.write() as connection:
        found = _compare(connection, folder, at=at, zone=zone)
        drafts, instants = [draft for draft, _ in found.drafts], [instant for _, instant in found.drafts]
        batch = import_store.begin(connection, format=FORMAT, source=source, person_id=by.person_id, at=at)
        published = publish_in(connection, drafts, by=by, at=instants, zone=zone, import_id=batch)
        counts = _counts(published, found.unchanged)
        numbers = [done.change.number for done in published]
        end_batch(connection, batch, numbers, counts, source=source, by=by, at=at)
        _write_pages_and_words(connection, folder, at=at)
        _write_areas_and_memberships(connection, folder, at=at, import_id=batch)
        if dry_run:
            connection.rollback()
    return Imported(tuple(published), counts, (), None if dry_run else batch)


def _counts(published: Sequence[Published], unchanged: int) -> Counts:
    """How many services some changes open, change and close."""
    opened = {newcomer.id for done in published for newcomer in done.newcomers if newcomer.noun == "service"}
    edits = [subject for done in published for subject in done.change.subjects if subject.noun == "service"]
    closed = {subject.id for subject in edits if subject.set.get("status") == "closed"} - opened
    return Counts(len(opened), len({subject.id for subject in edits} - opened - closed), len(closed), unchanged)


def _compare(connection: Connection, folder: Folder, *, at: datetime, zone: ZoneInfo) -> _Comparison:
    # History is told as it happened only to a directory that has none: a log does not run backwards.
    empty = change_store.read_head(connection).number == 0
    begins = _beginning(folder, at, zone) if empty else at
    found = _Comparison([])
    _compare_owners(connection, "organisation", folder.organisations, found, begins)
    _compare_owners(connection, "team", folder.teams, found, begins)
    _compare_services(connection, folder.services, found, begins)
    published = change_store.titles(connection)
    for change in sorted(folder.changes, key=lambda change: change.published_at or at):
        if (change.draft.title.strip(), change.draft.effective_from) in published:
            found.unchanged += 1
        else:
            found.drafts.append((change.draft, change.published_at if change.published_at and empty else at))
    return found


def _beginning(folder: Folder, at: datetime, zone: ZoneInfo) -> datetime:
    """The morning of the first service's first day, but not after the first change."""
    mornings = [
        datetime.combine(service.effective_from, time(8), tzinfo=zone)
        for service in folder.services
        if service.effective_from
    ]
    changes = [change.published_at for change in folder.changes if change.published_at]
    return min([at, *mornings, *changes])


def _lives(connection: Connection, noun: Noun, slugs: Sequence[str]) -> dict[str, Timeline]:
    ids = find_ids(connection, noun, slugs)
    lives = timelines(connection, noun, set(ids.values()), steps_after=date.max)
    return {slug: lives[key] for slug, key in ids.items()}


def _compare_owners(
    connection: Connection, noun: Noun, files: Sequence[SubjectFile], found: _Comparison, begins: datetime
) -> None:
    lives = _lives(connection, noun, [file.slug for file in files])
    organisations = find_ids(connection, "organisation", [str(file.set.get("organisation", "")) for file in files])
    opened: dict[date, list[Edit]] = {}
    for file in files:
        if file.slug not in lives:
            code = str(file.set["ods_code"]) if file.set.get("ods_code") else None
            edit = Edit(file.slug, file.set, expected_version=0, slug=file.slug, ods_code=code)
            opened.setdefault(file.effective_from, []).append(edit)
            continue
        said = dict(file.set)
        if "organisation" in said:
            said["organisation"] = organisations.get(str(said["organisation"]), said["organisation"])
        life = lives[file.slug]
        if edited := differing_organisation(life.on(file.effective_from) or life.facts[0], said):
            title = f"{file.set['name']}: details corrected"
            found.drafts.append((_owners_draft(noun, title, [Edit(file.slug, edited)], file.effective_from), begins))
        else:
            found.unchanged += 1
    for day, edits in sorted(opened.items()):
        names = " and ".join(str(edit.set["name"]) for edit in edits) if len(edits) <= 2 else f"{len(edits)} {noun}s"
        title = f"{names} added"
        found.drafts.append((_owners_draft(noun, title, edits, day), begins))


def _owners_draft(noun: Noun, title: str, edits: Sequence[Edit], day: date) -> Draft:
    return Draft(
        title=title,
        effective_from=day,
        organisations=tuple(edits) if noun == "organisation" else (),
        teams=tuple(edits) if noun == "team" else (),
        why="The directory's files say so.",
        weight="minor",
    )


def _compare_services(
    connection: Connection, services: Sequence[SourceService], found: _Comparison, begins: datetime
) -> None:
    lives = _lives(connection, "service", [service.slug for service in services if service.slug])
    organisations = find_ids(connection, "organisation", [service.organisation.name or "" for service in services])
    shut = [life.id for life in lives.values() if life.facts[-1].status == "closed"]
    unopened = import_store.only_undone(connection, "service", shut)
    for service in services:
        slug, day = service.slug or "", service.effective_from
        assert day is not None
        named = service.organisation.name or ""
        owner = Owner(organisations.get(named, named), service.team)
        if slug not in lives:
            edit = Edit(slug, {**service.set, "owner": owner}, expected_version=0, slug=slug)
            found.drafts.append((_opening(service.set, edit, day), begins))
            continue
        if lives[slug].id in unopened:
            edit = reopening(lives[slug].id, {**service.set, "owner": owner})
            found.drafts.append((replace(_opening(service.set, edit, day), kinds=()), begins))
            continue
        before = lives[slug].on(day) or lives[slug].facts[0]
        edited: Mapping[str, object] = differing(before, service.set, owner, coordinate_tolerance=0.0)
        if edited:
            title = f"{before.name}: {in_words(before, edited)}"
            what = "Use what the entry says now."
            draft = Draft(
                title=title,
                effective_from=day,
                services=(Edit(slug, edited),),
                why="Its file says so.",
                what_to_do=what,
            )
            found.drafts.append((draft, begins))
        else:
            found.unchanged += 1


def _opening(said: Mapping[str, object], edit: Edit, day: date) -> Draft:
    return Draft(
        title=f"{said['name']} is in the directory",
        effective_from=day,
        kinds=("opened",),
        services=(edit,),
        why="It was there when the directory began.",
        # One that was closed when the folder was written needs a word on what to do, as every closure does.
        what_to_do=AFTER_CLOSING if said.get("status") == "closed" else "",
        weight="minor",
    )


def _write_pages_and_words(connection: Connection, folder: Folder, *, at: datetime) -> None:
    for page in folder.pages:
        page_store.put(connection, page_store.Page(page.slug, 0, page.kind, page.title, page.updated, at, page.text))
    known = {term: (means, kind) for term, means, kind in vocabulary_store.terms(connection)}
    vocabulary_store.put(
        connection, [line for line in folder.vocabulary if known.get(line[0]) != (line[1], line[2])], at=at
    )


def _write_areas_and_memberships(connection: Connection, folder: Folder, *, at: datetime, import_id: int) -> None:
    """Raises `Invalid` naming the organisations of memberships that nobody knows."""
    known = set(area_store.load(connection))
    area_store.put(connection, [area for area in folder.areas if area not in known], at=at)
    ends = {end: None for each in folder.memberships for end in (each.member, each.of)}
    ids = find_ids(connection, "organisation", ends)
    if unknown := [end for end in ends if end not in ids]:
        raise Invalid([Problem("memberships.yaml", f"there is no organisation {end}") for end in unknown])
    import_store.add_memberships(connection, folder.memberships, ids, import_id=import_id)
