"""What Open Referral asks: whole lives of services, when each was last modified, and which meet some filters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from directory.domain.succession import Noun
from directory.store.batches import in_batches, read_json
from directory.store.tables.changes import imports
from directory.store.tables.learning import checks
from directory.store.tables.nouns import (
    organisation_versions,
    organisations,
    service_versions,
    services,
    successions,
    teams,
    version_terms,
)
from directory.store.versions import VERSIONS, VersionRow, in_force, version_row


def lives(
    connection: Connection, ids: Iterable[str], *, on: date, known_at: datetime | None = None
) -> dict[str, list[VersionRow]]:
    """Of each service what held on every day until `on`, the oldest first; of one day, what was recorded last."""
    versions = service_versions
    found: dict[str, list[VersionRow]] = {}
    for batch in in_batches(ids):
        statement = (
            select(services.c.slug, versions)
            .join(services, services.c.id == versions.c.subject_id)
            .where(versions.c.subject_id.in_(batch), versions.c.effective_from <= on)
            .order_by(versions.c.subject_id, versions.c.effective_from, versions.c.number)
        )
        if known_at is not None:
            statement = statement.where(versions.c.recorded_at <= known_at)
        for row in _last_of_each_day(connection.execute(statement)):
            found.setdefault(row.subject_id, []).append(version_row("service", row))
    return found


def _last_of_each_day(rows: Iterable[Any]) -> Iterator[Any]:
    """Before they are read: most of the versions that were overtaken on their day are never looked at."""
    held = None
    for row in rows:
        if held is not None and (held.subject_id, held.effective_from) != (row.subject_id, row.effective_from):
            yield held
        held = row
    if held is not None:
        yield held


def modified(
    connection: Connection, *, on: date, zone: ZoneInfo, ids: Iterable[str] | None = None
) -> dict[str, datetime]:
    """When what is said of a service, its owner among it, was last changed or came into force (UTC), by id.

    A version in force counts from when it was recorded or began, whichever was later; checks and successions count
    from when they were recorded. Without `ids`, of every service that has begun.
    """
    found: dict[str, datetime] = {}

    def note(key: str, at: datetime | None) -> None:
        if at is not None and (key not in found or at > found[key]):
            found[key] = at

    for batch in [None] if ids is None else in_batches(ids):
        owners: dict[str, dict[str, list[str]]] = {"organisation": {}, "team": {}}
        columns = service_versions.c
        wanted = in_force("service", on=on).with_only_columns(
            columns.subject_id, columns.recorded_at, columns.effective_from, columns.owner_organisation,
            columns.owner_team,
        )  # fmt: skip
        for row in connection.execute(_of(wanted, services.c.id, batch)):
            note(row.subject_id, _in_effect(row, zone))
            owners["organisation"].setdefault(row.owner_organisation, []).append(row.subject_id)
            if row.owner_team:
                owners["team"].setdefault(row.owner_team, []).append(row.subject_id)
        _note_owners(connection, owners, note, on=on, zone=zone)
        told = func.max(func.coalesce(imports.c.recorded_at, checks.c.checked_at)).label("at")
        seen = select(checks.c.service_id.label("id"), told).outerjoin(imports, imports.c.id == checks.c.import_id)
        for statement in (_of(seen, checks.c.service_id, batch).group_by(checks.c.service_id), *_links(batch)):
            for row in connection.execute(statement):
                if row.id in found:
                    note(row.id, row.at)
    return found


def _of(statement: Select[Any], column: ColumnElement[str], ids: Sequence[str] | None) -> Select[Any]:
    return statement if ids is None else statement.where(column.in_(ids))


def _in_effect(row: Any, zone: ZoneInfo) -> datetime:
    began = datetime.combine(row.effective_from, time.min, tzinfo=zone).astimezone(UTC)
    recorded: datetime = row.recorded_at
    return max(recorded, began)


def _note_owners(
    connection: Connection,
    owners: Mapping[str, Mapping[str, Sequence[str]]],
    note: Callable[[str, datetime | None], None],
    *,
    on: date,
    zone: ZoneInfo,
) -> None:
    columns: tuple[tuple[Noun, ColumnElement[str]], ...] = (
        ("organisation", organisations.c.id),
        ("team", teams.c.slug),
    )
    for noun, column in columns:
        versions = VERSIONS[noun]
        for batch in in_batches(owners[noun]):
            statement = in_force(noun, on=on).with_only_columns(
                column.label("key"), versions.c.recorded_at, versions.c.effective_from
            )
            for row in connection.execute(statement.where(column.in_(batch))):
                for service in owners[noun][row.key]:
                    note(service, _in_effect(row, zone))


def _links(ids: Sequence[str] | None) -> Iterator[Select[Any]]:
    for end in (successions.c.predecessor, successions.c.successor):
        for at in (successions.c.recorded_at, successions.c.withdrawn_at):
            statement = select(end.label("id"), func.max(at).label("at"))
            yield _of(statement.where(successions.c.noun == "service", at.is_not(None)), end, ids).group_by(end)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which services; what is empty does not narrow, and what is not narrows together.

    `needs` and `areas` are folded; every one of the needs, and one of the areas, has to be met. A service without any
    area meets every area.
    """

    needs: tuple[str, ...] = ()
    any_need: bool = False
    organisations: tuple[str, ...] = ()
    areas: tuple[str, ...] | None = None


def count(connection: Connection, wanted: Wanted, *, on: date) -> int:
    """How many services have begun and meet the filters."""
    statement = _wanted(wanted, on=on).with_only_columns(func.count())
    return int(connection.scalar(statement) or 0)


def ids(connection: Connection, wanted: Wanted, *, on: date, limit: int | None = None, offset: int = 0) -> list[str]:
    """Their ids, in the order of ids."""
    statement = _wanted(wanted, on=on).with_only_columns(services.c.id).order_by(services.c.id)
    if limit is not None:
        statement = statement.limit(limit).offset(offset)
    return list(connection.scalars(statement))


def _wanted(wanted: Wanted, *, on: date) -> Select[Any]:
    statement = in_force("service", on=on)
    if wanted.any_need:
        statement = statement.where(_has("need"))
    for need in wanted.needs:
        statement = statement.where(_has("need", need))
    for organisation in wanted.organisations:
        statement = statement.where(service_versions.c.owner_organisation == organisation)
    if wanted.areas is not None:
        statement = statement.where(or_(~_has("area"), _has("area", *wanted.areas)))
    return statement


def _has(facet: str, *values: str) -> ColumnElement[bool]:
    terms = version_terms
    found = select(terms.c.value).where(
        terms.c.subject_id == service_versions.c.subject_id,
        terms.c.number == service_versions.c.number,
        terms.c.facet == facet,
    )
    return (found.where(terms.c.value.in_([value[:300] for value in values])) if values else found).exists()


def needs_in_use(connection: Connection, *, on: date) -> set[str]:
    """The needs, folded, of services that have begun."""
    statement = (
        in_force("service", on=on)
        .join(
            version_terms,
            (version_terms.c.subject_id == service_versions.c.subject_id)
            & (version_terms.c.number == service_versions.c.number),
        )
        .where(version_terms.c.facet == "need", version_terms.c.value != "")
        .with_only_columns(version_terms.c.value)
        .distinct()
    )
    return set(connection.scalars(statement))


def said_after(connection: Connection, number: int) -> Iterator[tuple[int, str, str]]:
    """Each version of a service that a change after a number made: that number, whose it is, and its facts as JSON."""
    versions = service_versions
    statement = select(versions.c.change_number, versions.c.subject_id, versions.c.facts)
    for row in connection.execute(statement.where(versions.c.change_number > number)):
        yield row.change_number, row.subject_id, row.facts


def said(connection: Connection, wanted: Wanted, *, on: date) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each service that meets the filters and its facts as they are kept, in the order of ids."""
    statement = _wanted(wanted, on=on).with_only_columns(services.c.id, service_versions.c.facts)
    for row in connection.execute(statement.order_by(services.c.id)):
        yield row.id, read_json(row.facts)


def organisation_keys(connection: Connection) -> Iterable[str]:
    """The ids of all organisations that ever were."""
    return connection.scalars(select(organisations.c.id))


def organisations_named(connection: Connection, words: str, *, on: date) -> list[str]:
    """The ids of organisations in force whose name holds some words, in any case; in the order of ids."""
    statement = in_force("organisation", on=on).with_only_columns(organisations.c.id, organisation_versions.c.name)
    # Folded here: SQLite folds no letter beyond ASCII.
    rows = connection.execute(statement.order_by(organisations.c.id))
    return [row.id for row in rows if words.casefold() in row.name.casefold()]


def owned(connection: Connection, organisations: Iterable[str], *, on: date) -> dict[str, list[str]]:
    """The ids of the services, closed ones among them, that some organisations run on a day, by organisation."""
    found: dict[str, list[str]] = {}
    column = service_versions.c.owner_organisation
    for batch in in_batches(organisations):
        statement = in_force("service", on=on).where(column.in_(batch)).with_only_columns(services.c.id, column)
        for row in connection.execute(statement.order_by(services.c.id)):
            found.setdefault(row.owner_organisation, []).append(row.id)
    return found
