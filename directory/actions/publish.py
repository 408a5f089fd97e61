"""Publish changes: one transaction that writes versions, successions, the change with its record, and the audit row.

Nothing is sent here. The worker finds the change by its own state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions.follow_fhir import follow_published
from directory.actions.prepare import Progress, Published, prepare
from directory.domain.change import Change, Draft
from directory.domain.policy import Actor
from directory.domain.service import Facts
from directory.store import audit
from directory.store.changes import Head, insert_changes, lock_head, mark_superseded, move_head, read_head
from directory.store.database import Database
from directory.store.successions import insert_successions
from directory.store.versions import SUBJECTS, insert_identifiers, insert_subjects, insert_versions


def publish(database: Database, draft: Draft, *, by: Actor, at: datetime, zone: ZoneInfo) -> Published:
    """Publish one change; when this returns it is on disk, numbered, and will be told.

    Raises `Invalid`, `EditConflict`, `NotAllowed`; then nothing is written.
    """
    with database.write() as connection:
        return publish_in(connection, [draft], by=by, at=[at], zone=zone)[0]


def preview(database: Database, draft: Draft, *, by: Actor, at: datetime, zone: ZoneInfo) -> Published:
    """What publishing would do, with the same refusals; writes nothing."""
    with database.read() as connection:
        return prepare(connection, [draft], by=by, head=read_head(connection), at=[at], zone=zone)[0]


def publish_in(
    connection: Connection,
    drafts: Sequence[Draft],
    *,
    by: Actor,
    at: Sequence[datetime],
    zone: ZoneInfo,
    import_id: int | None = None,
    progress: Progress = lambda _done, _all: None,
) -> list[Published]:
    """Publish several changes in the caller's transaction, in order, each seeing what those before it did."""
    if not drafts:
        return []
    # Taken first: whoever publishes at the same time waits here, and then sees what this one did.
    head = lock_head(connection)
    published = prepare(connection, drafts, by=by, head=head, at=at, zone=zone, progress=progress)
    write(connection, published, head=head, by=by, import_id=import_id)
    if import_id is None:
        follow_published(connection, today=at[-1].astimezone(zone).date(), at=at[-1])
    return published


def write(
    connection: Connection, published: Sequence[Published], *, head: Head, by: Actor, import_id: int | None = None
) -> Head:
    """Write what was worked out after the head, which the caller holds; returns where the chain ends now."""
    _write(connection, published, by=by, import_id=import_id)
    last = published[-1].change
    moved = replace(head, number=last.number, sha256=last.sha256, recorded_at=last.recorded_at)
    move_head(connection, moved)
    return moved


def _write(connection: Connection, published: Sequence[Published], *, by: Actor, import_id: int | None) -> None:
    for noun in SUBJECTS:
        insert_subjects(
            connection,
            noun,
            [
                {"id": newcomer.id, "slug": newcomer.slug}
                | ({"ods_code": newcomer.ods_code} if noun == "organisation" else {})
                for done in published
                for newcomer in done.newcomers
                if newcomer.noun == noun
            ],
        )
    insert_changes(connection, [done.new for done in published], published_by=by.person_id, import_id=import_id)
    versions = [version for done in published for version in done.versions]
    insert_versions(connection, versions)
    insert_identifiers(
        connection,
        [
            (identifier.system, identifier.value, version.subject_id)
            for version in versions
            if isinstance(version.made.facts, Facts)
            for identifier in version.made.facts.identifiers
        ],
    )
    insert_successions(
        connection, "service", [(done.change, link) for done in published for link in done.change.succession]
    )
    insert_successions(
        connection,
        "organisation",
        [(done.change, link) for done in published for link in done.change.organisation_succession],
    )
    mark_superseded(connection, [done.change for done in published])
    audit.record_many(connection, [_event(done.change, by) for done in published])


def _event(change: Change, by: Actor) -> audit.Event:
    return audit.Event(change.recorded_at, by, "publish", f"change {change.number}", {"title": change.title})
