"""Imports: batches of changes that came from one file, which of them were undone, and what came beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, bindparam, func, insert, select, update

from directory.domain.organisation import OrganisationMembership
from directory.errors import ImportNotFound
from directory.store.batches import in_batches
from directory.store.fhir_history import wait_for_members
from directory.store.tables.changes import change_subjects, changes, imports
from directory.store.tables.importing import import_memberships, undone_imports
from directory.store.tables.learning import checks
from directory.store.tables.nouns import identifiers, organisation_memberships
from directory.store.tables.people import people


@dataclass(frozen=True, slots=True)
class Counts:
    """How many services an import opened, changed, closed, and found as they were."""

    opened: int = 0
    changed: int = 0
    closed: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """That an import was undone: when, by whom, why, and by which changes (None where it had made none)."""

    at: datetime
    person: str
    why: str
    first_change: int | None
    last_change: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One import: its changes are one run of numbers. `counts` is None for those from before services were counted.

    `person` is the name or address of who did it; empty for the command line, and for who was erased since.
    """

    id: int
    format: str
    source: str
    recorded_at: datetime
    person: str
    first_change: int | None
    last_change: int | None
    counts: Counts | None
    undone: Undone | None

    @property
    def size(self) -> int:
        """How many changes it made."""
        return self.last_change - self.first_change + 1 if self.first_change and self.last_change else 0


def begin(connection: Connection, *, format: str, source: str, person_id: int | None, at: datetime) -> int:
    """The id of a new import."""
    values = {"format": format, "source": source, "person_id": person_id, "recorded_at": at}
    key: int = connection.execute(imports.insert().values(values).returning(imports.c.id)).scalar_one()
    return key


def end(connection: Connection, import_id: int, numbers: Iterable[int], counts: Counts) -> None:
    """Say which changes it made, one run of numbers, and how many services they touched."""
    made = list(numbers)
    values = {
        "first_change": min(made, default=None),
        "last_change": max(made, default=None),
        "opened": counts.opened,
        "changed": counts.changed,
        "closed": counts.closed,
        "unchanged": counts.unchanged,
    }
    connection.execute(update(imports).where(imports.c.id == import_id).values(values))


def load(connection: Connection, import_id: int) -> Batch:
    """One import; raises ImportNotFound."""
    row = connection.execute(_batches().where(imports.c.id == import_id)).one_or_none()
    if row is None:
        raise ImportNotFound(f"There is no import {import_id}.")
    return _batch(row)


def newest(connection: Connection, *, before: int | None = None, limit: int) -> list[Batch]:
    """Imports, the newest first, from the one before `before`."""
    statement = _batches().order_by(imports.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(imports.c.id < before)
    return [_batch(row) for row in connection.execute(statement)]


def _batches() -> Select[Any]:
    undoer = people.alias("undoer")
    return (
        select(
            imports,
            func.coalesce(func.nullif(people.c.name, ""), people.c.email, "").label("person"),
            undone_imports.c.undone_at,
            undone_imports.c.why,
            undone_imports.c.first_change.label("undone_first"),
            undone_imports.c.last_change.label("undone_last"),
            func.coalesce(func.nullif(undoer.c.name, ""), undoer.c.email, "").label("undoer"),
        )
        .outerjoin(people, people.c.id == imports.c.person_id)
        .outerjoin(undone_imports, undone_imports.c.import_id == imports.c.id)
        .outerjoin(undoer, undoer.c.id == undone_imports.c.person_id)
    )


def _batch(row: Any) -> Batch:
    undone = None
    if row.undone_at is not None:
        undone = Undone(
            at=row.undone_at,
            person=row.undoer,
            why=row.why,
            first_change=row.undone_first,
            last_change=row.undone_last,
        )
    counted = row.opened is not None
    return Batch(
        id=row.id,
        format=row.format,
        source=row.source,
        recorded_at=row.recorded_at,
        person=row.person,
        first_change=row.first_change,
        last_change=row.last_change,
        counts=Counts(row.opened, row.changed, row.closed, row.unchanged) if counted else None,
        undone=undone,
    )


def ids_of_system(connection: Connection, system: str) -> list[str]:
    """Every service that a kind of source ever named."""
    statement = select(identifiers.c.service_id).where(identifiers.c.system == system)
    return list(connection.scalars(statement.order_by(identifiers.c.service_id)))


def only_undone(connection: Connection, noun: str, ids: Iterable[str]) -> set[str]:
    """Those that an undone import brought and nothing else says anything of: they are there, and were never open."""
    found: set[str] = set()
    subjects = change_subjects
    for batch in in_batches(sorted(ids)):
        of_these = (subjects.c.noun == noun, subjects.c.subject_id.in_(batch), subjects.c.set != "{}")
        touching = select(subjects.c.subject_id).join(changes, changes.c.number == subjects.c.change_number).distinct()
        undone = touching.join(undone_imports, undone_imports.c.import_id == changes.c.import_id)
        found |= set(connection.scalars(undone.where(*of_these)))
        found -= set(connection.scalars(touching.where(*of_these, changes.c.status == "published")))
    return found


def add_checks(
    connection: Connection,
    checked: Iterable[tuple[str, date]],
    *,
    source: str,
    zone: ZoneInfo,
    at: datetime,
    import_id: int | None = None,
) -> None:
    """Note the days on which a source checked services, at noon in the zone; only those later than what is known.

    `at` (UTC) is when that is written down.
    """
    given = list(checked)
    newest = select(checks.c.service_id, func.max(checks.c.checked_at).label("at")).group_by(checks.c.service_id)
    last: dict[str, datetime] = {}
    for batch in in_batches(service for service, _ in given):
        rows = connection.execute(newest.where(checks.c.service_id.in_(batch)))
        last |= {row.service_id: row.at for row in rows}
    new: dict[str, datetime] = {}
    for service, day in given:
        noon = datetime.combine(day, time(12), tzinfo=zone).astimezone(UTC)
        if service not in last or last[service] < noon:
            new[service] = last[service] = noon
    same = {"recorded_at": at, "source": source, "import_id": import_id}
    if new:
        connection.execute(
            checks.insert(), [{"service_id": service, "checked_at": at_, **same} for service, at_ in new.items()]
        )


def add_memberships(
    connection: Connection,
    memberships: Iterable[OrganisationMembership],
    ids: Mapping[str, str],
    *,
    import_id: int | None = None,
) -> None:
    """Write memberships, given by codes; one that is known gets its new end. What was before is kept for the import."""
    table = organisation_memberships
    known = {(row.member, row.of, row.kind, row.start): row.end for row in connection.execute(select(table))}
    given = {(ids[each.member], ids[each.of], each.kind, each.start): each.end for each in memberships}
    new = {key: end for key, end in given.items() if key not in known}
    moved = {key: end for key, end in given.items() if key in known and known[key] != end}
    _put_memberships(connection, new=new, moved=moved)
    wait_for_members(connection, (key[0] for key in (*new, *moved)))
    if import_id is not None and (new or moved):
        rows = [
            {**_named(key), "import_id": import_id, "new": key in new, "end_before": known.get(key), "end": given[key]}
            for key in (*new, *moved)
        ]
        connection.execute(insert(import_memberships), rows)


_Key = tuple[str, str, str, date]
_KEY = ("member", "of", "kind", "start")


def _named(key: _Key) -> dict[str, Any]:
    return dict(zip(_KEY, key, strict=True))


def _put_memberships(
    connection: Connection, *, new: Mapping[_Key, date | None], moved: Mapping[_Key, date | None]
) -> None:
    table = organisation_memberships
    if new:
        connection.execute(table.insert(), [{**_named(key), "end": end} for key, end in new.items()])
    if moved:
        this = [table.c[name] == bindparam(f"its_{name}") for name in _KEY]
        rows = [
            {f"its_{name}": value for name, value in _named(key).items()} | {"until": end} for key, end in moved.items()
        ]
        connection.execute(update(table).where(*this).values(end=bindparam("until")), rows)
