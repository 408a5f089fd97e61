"""What messages would say of a change that is worked out and not written, put together as of one that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from directory.domain.change import Change
from directory.domain.succession import Noun
from directory.shapes import to_json
from directory.store.batches import write_json
from directory.store.changes import NewChange
from directory.store.services import slugs
from directory.store.told import NAMED, ToldChange, Unwritten, told_if_written
from directory.store.told_history import UnwrittenVersion
from directory.store.versions import NewVersion


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of `changes`, as far as messages read it."""

    number: int
    title: str
    kinds: str
    effective_from: date
    recorded_at: datetime
    urgent: bool
    status: str
    why: str
    what_to_do: str
    in_flight: str


@dataclass(frozen=True, slots=True)
class _SubjectRow:
    change_number: int
    noun: Noun
    subject_id: str
    version: int | None
    effective_from: date


@dataclass(frozen=True, slots=True)
class _ReachedRow:
    change_number: int
    subject_id: str
    reached: int


def foretold(
    connection: Connection, new: NewChange, versions: Sequence[NewVersion], opened: dict[tuple[Noun, str], str]
) -> ToldChange:
    """A change as messages would tell it; `opened` gives the slugs of what it opens, by noun and id."""
    change = new.change
    known = slugs(connection, [version.subject_id for version in versions if version.noun == "service"])
    made: dict[Noun, list[UnwrittenVersion]] = {}
    for version in versions:
        facts = version.made.facts
        slug = opened.get((version.noun, version.subject_id)) or known.get(version.subject_id, version.subject_id)
        row = UnwrittenVersion(
            version.subject_id, slug, version.made.number, version.made.effective_from, facts.name, to_json(facts)
        )
        made.setdefault(version.noun, []).append(row)
    rows = [
        _SubjectRow(change.number, subject.noun, subject.id, subject.version, change.effective_from)
        for subject in sorted(change.subjects, key=lambda subject: (subject.noun, subject.id))
    ]
    links = {
        ("service", change.number): change.succession,
        ("organisation", change.number): change.organisation_succession,
    }
    return told_if_written(connection, Unwritten(_row(change), rows, links, _reached(connection, new), made))


def _row(change: Change) -> _Row:
    return _Row(
        number=change.number,
        title=change.title,
        kinds=write_json(change.kinds),
        effective_from=change.effective_from,
        recorded_at=change.recorded_at,
        urgent=change.urgent,
        status=change.status,
        why=change.why,
        what_to_do=change.what_to_do,
        in_flight=change.in_flight,
    )


def _reached(connection: Connection, new: NewChange) -> list[_ReachedRow]:
    """The services that it reaches only through their owner: the first few by slug, each with how many in all."""
    change = new.change
    named = {subject.id for subject in change.subjects} | {link.successor for link in change.succession}
    ids = {subject for subject, facet, _ in new.terms if facet == "service"} - named
    by_slug = sorted(slugs(connection, ids).items(), key=lambda found: found[1])
    return [_ReachedRow(change.number, service, len(ids)) for service, _ in by_slug[:NAMED]]
