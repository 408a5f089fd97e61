"""What Open Referral asks: whole lives of services, and which meet some filters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from directory.store.batches import in_batches, read_json
from directory.store.tables.nouns import (
    organisation_versions,
    organisations,
    service_versions,
    services,
    version_terms,
)
from directory.store.versions import VersionRow, in_force, version_row


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
