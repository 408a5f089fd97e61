"""The numbered, chained log of changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Select, bindparam, exists, func, select, update

from directory.domain.change import Change, Subject
from directory.errors import ChangeNotFound
from directory.shapes import SHAPE_OF_NOUN, set_from_plain, set_to_plain
from directory.store.batches import in_batches, read_json, write_json
from directory.store.successions import of_changes, void_successions
from directory.store.tables.changes import change_subjects, change_terms, changes, counters
from directory.store.tables.importing import undone_imports


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: the last number, the hash of its record and when it was recorded."""

    number: int
    sha256: str
    recorded_at: datetime | None


def lock_head(connection: Connection) -> Head:
    """The end of the chain, held until this transaction ends: numbers commit in order and without holes."""
    statement = select(counters).where(counters.c.name == "change").with_for_update()
    row = connection.execute(statement).one()
    return Head(row.value, row.sha256, row.recorded_at)


def read_head(connection: Connection) -> Head:
    """The end of the chain as it is now."""
    row = connection.execute(select(counters).where(counters.c.name == "change")).one()
    return Head(row.value, row.sha256, row.recorded_at)


def move_head(connection: Connection, head: Head) -> None:
    """Put the end of the chain further on; the caller holds it."""
    connection.execute(
        update(counters)
        .where(counters.c.name == "change")
        .values(value=head.number, sha256=head.sha256, recorded_at=head.recorded_at)
    )


@dataclass(frozen=True, slots=True)
class NewChange:
    """A change to be written: itself, its record's text, and the terms that subscriptions are matched against."""

    change: Change
    record: str
    terms: frozenset[tuple[str, str, str]]


def insert_changes(
    connection: Connection, new: Sequence[NewChange], *, published_by: int | None, import_id: int | None
) -> None:
    """Write changes with what they touched and the terms they can be matched by."""
    connection.execute(
        changes.insert(),
        [
            {**_row(item.change), "record": item.record, "published_by": published_by, "import_id": import_id}
            for item in new
        ],
    )
    subjects = [
        {
            "change_number": item.change.number,
            "noun": subject.noun,
            "subject_id": subject.id,
            "version": subject.version,
            "effective_from": item.change.effective_from,
            "set": write_json(set_to_plain(SHAPE_OF_NOUN[subject.noun], subject.set)),
        }
        for item in new
        for subject in item.change.subjects
    ]
    if subjects:
        connection.execute(change_subjects.insert(), subjects)
    # A set: of two values that differ only beyond what a column holds, one row is enough.
    found = {(item.change.number, subject, facet, value[:300]) for item in new for subject, facet, value in item.terms}
    terms = [dict(zip(("change_number", "subject_id", "facet", "value"), term, strict=True)) for term in sorted(found)]
    if terms:
        connection.execute(change_terms.insert(), terms)


def _row(change: Change) -> dict[str, Any]:
    return {
        "number": change.number,
        "slug": change.slug,
        "title": change.title,
        "kinds": write_json(change.kinds),
        "effective_from": change.effective_from,
        "recorded_at": change.recorded_at,
        "weight": change.weight,
        "urgent": change.urgent,
        "status": change.status,
        "why": change.why,
        "what_to_do": change.what_to_do,
        "in_flight": change.in_flight,
        "sha256": change.sha256,
        "previous": change.previous,
        "supersedes": change.supersedes,
        "reverses": change.reverses,
        "override": change.override,
    }


def mark_superseded(connection: Connection, new: Sequence[Change]) -> None:
    """Withdraw what some new changes supersede, and the successions that it made; all of them are written already."""
    gone = {change.supersedes: change for change in new if change.supersedes is not None}
    if gone:
        withdrawn = update(changes).where(changes.c.number == bindparam("gone"))
        connection.execute(
            withdrawn.values(status="withdrawn", superseded_by=bindparam("by")),
            [{"gone": number, "by": change.number} for number, change in gone.items()],
        )
        void_successions(connection, {number: change.recorded_at for number, change in gone.items()})


def load(connection: Connection, number: int) -> Change:
    """One change; raises ChangeNotFound."""
    found = _read(connection, connection.execute(select(changes).where(changes.c.number == number)).all())
    if not found:
        raise ChangeNotFound(f"There is no change {number}.")
    return found[0]


def load_many(connection: Connection, numbers: Iterable[int]) -> list[Change]:
    """Those of some changes that there are, in the order of their numbers."""
    found: list[Change] = []
    for batch in in_batches(sorted(numbers)):
        statement = select(changes).where(changes.c.number.in_(batch)).order_by(changes.c.number)
        found += _read(connection, connection.execute(statement).all())
    return found


@dataclass(frozen=True, slots=True)
class Filter:
    """Which changes to list; what is None does not narrow. Days are compared with the effective date."""

    service: str | None = None
    team: str | None = None
    area: str | None = None
    owner: str | None = None
    kind: str | None = None
    weight: str | None = None
    # Any of these services; any of these changes.
    services: Collection[str] | None = None
    numbers: Collection[int] | None = None
    effective_from: date | None = None
    effective_until: date | None = None
    recorded_until: datetime | None = None


def list_after(connection: Connection, after: int, *, limit: int, wanted: Filter | None = None) -> list[Change]:
    """Changes in the order of their numbers, from the one after `after`."""
    statement = select(changes).where(changes.c.number > after, *_conditions(wanted or Filter()))
    return _read(connection, connection.execute(statement.order_by(changes.c.number).limit(limit)).all())


def list_recent(
    connection: Connection, *, before: int | None = None, limit: int, wanted: Filter | None = None
) -> list[Change]:
    """Changes with the newest publication first, from the one before `before`."""
    statement = select(changes).where(*_conditions(wanted or Filter()))
    if before is not None:
        statement = statement.where(changes.c.number < before)
    return _read(connection, connection.execute(statement.order_by(changes.c.number.desc()).limit(limit)).all())


def list_by_day(connection: Connection, *, limit: int, wanted: Filter) -> list[Change]:
    """Changes in the order of the days on which they take effect."""
    statement = select(changes).where(*_conditions(wanted))
    ordered = statement.order_by(changes.c.effective_from, changes.c.number).limit(limit)
    return _read(connection, connection.execute(ordered).all())


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    few = {"service": wanted.service, "team": wanted.team, "owner": wanted.owner}
    # What few changes touch is looked up first: else SQLite asks of every change whether it is one of them.
    found: list[ColumnElement[bool]] = [
        changes.c.number.in_(touching(facet, value)) for facet, value in few.items() if value is not None
    ]
    # What many touch is met soon when changes are gone through in their order.
    found += [
        exists().where(
            change_terms.c.change_number == changes.c.number,
            change_terms.c.facet == facet,
            change_terms.c.value == value,
        )
        for facet, value in {"area": wanted.area, "kind": wanted.kind}.items()
        if value is not None
    ]
    if wanted.services is not None:
        of_service = change_terms.c.change_number == changes.c.number, change_terms.c.facet == "service"
        found.append(exists().where(*of_service, change_terms.c.value.in_(wanted.services)))
    if wanted.numbers is not None:
        found.append(changes.c.number.in_(wanted.numbers))
    if wanted.weight is not None:
        found.append(changes.c.weight == wanted.weight)
    if wanted.effective_from is not None:
        found.append(changes.c.effective_from >= wanted.effective_from)
    if wanted.effective_until is not None:
        found.append(changes.c.effective_from <= wanted.effective_until)
    if wanted.recorded_until is not None:
        found.append(changes.c.recorded_at <= wanted.recorded_until)
    return found


def touching(facet: str, value: str | BindParameter[str]) -> Select[Any]:
    """The numbers of the changes that touch something."""
    return select(change_terms.c.change_number).where(change_terms.c.facet == facet, change_terms.c.value == value)


def _read(connection: Connection, rows: Sequence[Any]) -> list[Change]:
    numbers = [row.number for row in rows]
    touched = _subjects(connection, numbers)
    links = of_changes(connection, numbers)
    return [
        Change(
            number=row.number,
            title=row.title,
            slug=row.slug,
            kinds=tuple(read_json(row.kinds)),
            effective_from=row.effective_from,
            recorded_at=row.recorded_at,
            weight=row.weight,
            urgent=row.urgent,
            why=row.why,
            what_to_do=row.what_to_do,
            in_flight=row.in_flight,
            status=row.status,
            sha256=row.sha256,
            previous=row.previous,
            supersedes=row.supersedes,
            superseded_by=row.superseded_by,
            reverses=row.reverses,
            override=row.override,
            subjects=tuple(touched.get(row.number, ())),
            succession=tuple(links.get(("service", row.number), ())),
            organisation_succession=tuple(links.get(("organisation", row.number), ())),
        )
        for row in rows
    ]


def _subjects(connection: Connection, numbers: Sequence[int]) -> Mapping[int, list[Subject]]:
    found: dict[int, list[Subject]] = {}
    statement = select(change_subjects).order_by(change_subjects.c.noun, change_subjects.c.subject_id)
    for row in connection.execute(statement.where(change_subjects.c.change_number.in_(numbers))):
        edit = set_from_plain(SHAPE_OF_NOUN[row.noun], read_json(row.set))
        found.setdefault(row.change_number, []).append(Subject(row.noun, row.subject_id, row.version, edit))
    return found


def services_reached(connection: Connection, numbers: Iterable[int]) -> dict[int, list[str]]:
    """The ids of the services that each change reaches, also those that it reaches through their owner."""
    table = change_terms
    statement = (
        select(table.c.change_number, table.c.subject_id)
        .where(table.c.change_number.in_(list(numbers)), table.c.facet == "service")
        .order_by(table.c.change_number, table.c.subject_id)
    )
    found: dict[int, list[str]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.change_number, []).append(row.subject_id)
    return found


def unwritten(connection: Connection, *, limit: int) -> list[Any]:
    """Changes whose record is not yet on disk, in order: rows of number, slug, recorded_at, record."""
    statement = select(changes.c.number, changes.c.slug, changes.c.recorded_at, changes.c.record)
    return list(
        connection.execute(statement.where(changes.c.written_at.is_(None)).order_by(changes.c.number).limit(limit))
    )


def mark_written(connection: Connection, numbers: Sequence[int], *, at: datetime) -> None:
    """Their records are on disk, synced."""
    connection.execute(update(changes).where(changes.c.number.in_(numbers)).values(written_at=at))


def mark_told(connection: Connection, *, at: datetime, today: date) -> None:
    """Nobody is to be told of any change again, nor its record to be written: they come from the records."""
    connection.execute(update(changes).values(announced_at=at, written_at=at))
    connection.execute(update(changes).where(changes.c.effective_from <= today).values(told_in_force_at=at))


def records(connection: Connection, *, after: int, limit: int) -> list[Any]:
    """The records as published, in order: rows of number, slug, recorded_at, record, sha256, previous, written_at."""
    columns = [
        changes.c[name] for name in ("number", "slug", "recorded_at", "record", "sha256", "previous", "written_at")
    ]
    statement = select(*columns).where(changes.c.number > after).order_by(changes.c.number).limit(limit)
    return list(connection.execute(statement))


def sha256_of(connection: Connection, number: int) -> str | None:
    """The hash of a change's record; None where there is no such change."""
    return connection.execute(select(changes.c.sha256).where(changes.c.number == number)).scalar()


def record(connection: Connection, number: int) -> str:
    """The record of one change, as published; raises ChangeNotFound."""
    text = connection.scalar(select(changes.c.record).where(changes.c.number == number))
    if text is None:
        raise ChangeNotFound(f"There is no change {number}.")
    return str(text)


def count(connection: Connection) -> int:
    """How many changes there are."""
    return int(connection.scalar(select(func.count()).select_from(changes)) or 0)


def titles(connection: Connection) -> set[tuple[str, date]]:
    """The title and effective day of every change, but for those of imports that were undone."""
    undone = exists().where(undone_imports.c.import_id == changes.c.import_id)
    statement = select(changes.c.title, changes.c.effective_from).where(~undone)
    return {(row.title, row.effective_from) for row in connection.execute(statement)}
