"""Imports: which changes came from which file, and what came beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select, update

from directory.domain.organisation import OrganisationMembership
from directory.store.tables.changes import imports
from directory.store.tables.learning import checks
from directory.store.tables.nouns import identifiers, organisation_memberships


def begin(connection: Connection, *, format: str, source: str, person_id: int | None, at: datetime) -> int:
    """The id of a new import."""
    values = {"format": format, "source": source, "person_id": person_id, "recorded_at": at}
    key: int = connection.execute(imports.insert().values(values).returning(imports.c.id)).scalar_one()
    return key


def end(connection: Connection, import_id: int, numbers: Sequence[int]) -> None:
    """Say which changes it made; they are one run of numbers."""
    if numbers:
        values = {"first_change": min(numbers), "last_change": max(numbers)}
        connection.execute(update(imports).where(imports.c.id == import_id).values(values))


def ids_of_system(connection: Connection, system: str) -> list[str]:
    """Every service that a kind of source ever named."""
    statement = select(identifiers.c.service_id).where(identifiers.c.system == system)
    return list(connection.scalars(statement.order_by(identifiers.c.service_id)))


def add_checks(connection: Connection, checked: Iterable[tuple[str, date]], *, source: str, zone: ZoneInfo) -> None:
    """Note the days on which a source checked services, at noon in the zone; only those later than what is known."""
    newest = select(checks.c.service_id, func.max(checks.c.checked_at).label("at")).group_by(checks.c.service_id)
    last = {row.service_id: row.at for row in connection.execute(newest)}
    rows = []
    for service, day in checked:
        at = datetime.combine(day, time(12), tzinfo=zone).astimezone(UTC)
        if service not in last or last[service] < at:
            rows.append({"service_id": service, "checked_at": at, "source": source})
            last[service] = at
    if rows:
        connection.execute(checks.insert(), rows)


def add_memberships(
    connection: Connection, memberships: Iterable[OrganisationMembership], ids: Mapping[str, str]
) -> None:
    """Write memberships, given by codes; one that is known gets its new end."""
    table = organisation_memberships
    known = {(row.member, row.of, row.kind, row.start): row.end for row in connection.execute(select(table))}
    new = {}
    for each in memberships:
        key = (ids[each.member], ids[each.of], each.kind, each.start)
        if key not in known:
            new[key] = each.end
        elif known[key] != each.end:
            condition = (
                (table.c.member == key[0])
                & (table.c.of == key[1])
                & (table.c.kind == key[2])
                & (table.c.start == key[3])
            )
            connection.execute(update(table).where(condition).values(end=each.end))
    if new:
        rows = [
            dict(zip(("member", "of", "kind", "start"), key, strict=True)) | {"end": end} for key, end in new.items()
        ]
        connection.execute(table.insert(), rows)
