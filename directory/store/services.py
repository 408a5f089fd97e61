"""Entries: services as they stand on a day, with the names of those they point to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, Select, bindparam, exists, func, select

from directory.domain.service import Entry, Upcoming
from directory.errors import ServiceNotFound
from directory.store import successions as succession_store
from directory.store.batches import in_batches, read_json
from directory.store.headlines import upcoming
from directory.store.tables.kinds import Instant
from directory.store.tables.learning import checks
from directory.store.tables.nouns import service_versions, services, version_terms
from directory.store.tables.nouns import teams as team_table
from directory.store.tables.offering import check_intervals
from directory.store.tenure import owners_over_time, runs_for
from directory.store.versions import find_ids, in_force, load_in_force

# Later than any check; the last instant that both databases keep, whatever the time zone.
NEVER = datetime(9999, 12, 30, tzinfo=UTC)


def entries(connection: Connection, ids: Sequence[str], *, on: date, known_at: datetime | None = None) -> list[Entry]:
    """The entries of some services on a day, in the order of `ids`; those that had not begun by then are left out.

    A fixed number of statements, whatever the number of services.
    """
    rows = load_in_force(connection, "service", ids, on=on, known_at=known_at)
    present = [row for service in ids if (row := rows.get(service))]
    owners, tenures = owners_over_time(connection, present, on=on, known_at=known_at)
    links = succession_store.touching(connection, "service", rows, known_at=known_at)
    coming = upcoming(connection, rows, on=on, known_at=known_at)
    kept = _upkeep(connection, rows, on=on, known_at=known_at)
    return [
        Entry(
            id=row.subject_id,
            slug=row.slug,
            version=row.version,
            organisation=owners.organisation(row.facts.owner),
            team=owners.team(row.facts.owner),
            owner_since=tenures[row.subject_id].since,
            previous_owner=tenures[row.subject_id].before,
            checked_at=kept[row.subject_id].checked_at,
            succeeded_by=tuple(link for link in links if link.predecessor == row.subject_id),
            replaces=tuple(link for link in links if link.successor == row.subject_id),
            upcoming=tuple(_upcoming(found) for found in coming.get(row.subject_id, ())),
            latest_version=kept[row.subject_id].latest,
            added_at=None if kept[row.subject_id].checked_at else kept[row.subject_id].added_at,
            check_every=kept[row.subject_id].check_every,
            owner_before=tenures[row.subject_id].owner_before,
        )
        for row in present
    ]


def entry(connection: Connection, key: str, *, on: date, known_at: datetime | None = None) -> Entry:
    """One entry by id or slug; raises ServiceNotFound where it does not exist or had not begun."""
    found = entries(connection, [service_id(connection, key)], on=on, known_at=known_at)
    if not found:
        raise ServiceNotFound(f"{key} was not in the directory on {on}.")
    return found[0]


def service_id(connection: Connection, key: str) -> str:
    """The id of a service by id or slug; raises ServiceNotFound."""
    found = find_ids(connection, "service", [key])
    if key not in found:
        raise ServiceNotFound(f"There is no service {key}.")
    return found[key]


def _upcoming(row: Any) -> Upcoming:
    return Upcoming(row.number, row.title, row.effective_from, tuple(read_json(row.kinds)))


def _upkeep(connection: Connection, ids: Iterable[str], *, on: date, known_at: datetime | None) -> dict[str, Any]:
    """Of each service when it was last checked and added, the number of its last version, and its own interval.

    A check made on the day counts; that its last hour may be tomorrow's in London, no date shows.
    """
    ends = datetime.combine(on, time.max, tzinfo=UTC) if on < date.max else NEVER
    until = min(ends, known_at) if known_at is not None else ends
    return {
        row.id: row
        for batch in in_batches(ids)
        for row in connection.execute(_upkeep_of(), {"until": until, "ids": batch})
    }


@cache
def _upkeep_of() -> Select[Any]:
    """Built once, as every page runs it; each of its parts is one look into an index."""
    of_service, checked = service_versions.c.subject_id == services.c.id, checks.c.service_id == services.c.id
    parts = {
        "checked_at": select(func.max(checks.c.checked_at)).where(
            checked, checks.c.checked_at <= bindparam("until", type_=Instant())
        ),
        "added_at": select(func.min(service_versions.c.recorded_at)).where(of_service),
        "latest": select(func.max(service_versions.c.number)).where(of_service),
        "check_every": select(check_intervals.c.months).where(check_intervals.c.service_id == services.c.id),
    }
    columns = [statement.scalar_subquery().label(name) for name, statement in parts.items()]
    return select(services.c.id, *columns).where(services.c.id.in_(bindparam("ids", expanding=True)))


def latest_numbers(connection: Connection, ids: Iterable[str]) -> dict[str, int]:
    """The number of the last version of each service; those that are not there are left out."""
    versions = service_versions
    found: dict[str, int] = {}
    for batch in in_batches(ids):
        statement = select(versions.c.subject_id, func.max(versions.c.number).label("number"))
        rows = connection.execute(statement.where(versions.c.subject_id.in_(batch)).group_by(versions.c.subject_id))
        found |= {row.subject_id: row.number for row in rows}
    return found


@dataclass(frozen=True, slots=True)
class Filter:
    """Which services to list; what is empty does not narrow.

    `owner` is who runs them on the day; of `areas`, folded, one is enough.
    """

    owner: str | None = None
    team: str | None = None
    areas: tuple[str, ...] = ()
    status: str | None = None


def list_ids(
    connection: Connection,
    *,
    after: str,
    limit: int,
    on: date,
    wanted: Filter | None = None,
    known_at: datetime | None = None,
) -> list[str]:
    """Ids of the services in the directory on a day, in the order of their ids, from the one after `after`."""
    wanted = wanted or Filter()
    statement = in_force("service", on=on, known_at=known_at).where(services.c.id > after)
    if wanted.owner is not None:
        owners = runs_for(connection, wanted.owner, on=on, known_at=known_at)
        statement = statement.where(service_versions.c.owner_organisation.in_(owners))
    if wanted.team is not None:
        statement = statement.where(service_versions.c.owner_team == wanted.team)
    if wanted.status is not None:
        statement = statement.where(service_versions.c.status == wanted.status)
    if wanted.areas:
        statement = statement.where(
            exists().where(
                version_terms.c.subject_id == service_versions.c.subject_id,
                version_terms.c.number == service_versions.c.number,
                version_terms.c.facet == "area",
                version_terms.c.value.in_(wanted.areas),
            )
        )
    return list(connection.scalars(statement.with_only_columns(services.c.id).order_by(services.c.id).limit(limit)))


def owned_by(connection: Connection, organisations: Iterable[str], *, today: date) -> dict[str, list[str]]:
    """The services not closed that some organisations run today, or will when what is scheduled is in force."""
    return _run(connection, service_versions.c.owner_organisation, organisations, today=today)


def run_by(connection: Connection, teams: Iterable[str], *, today: date) -> dict[str, list[str]]:
    """The same of teams, by their ids."""
    return _run(connection, team_table.c.id, teams, today=today)


def _run(connection: Connection, who: Column[Any], keys: Iterable[str], *, today: date) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for day in (today, date.max):
        for batch in in_batches(keys):
            statement = (
                in_force("service", on=day)
                .outerjoin(team_table, team_table.c.slug == service_versions.c.owner_team)
                .where(who.in_(batch), service_versions.c.status != "closed")
                .with_only_columns(services.c.id, who.label("who"))
            )
            for row in connection.execute(statement.order_by(services.c.id)):
                found.setdefault(row.who, {})[row.id] = None
    return {key: list(ids) for key, ids in found.items()}


def slugs(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Slugs by id."""
    found: dict[str, str] = {}
    for batch in in_batches(ids):
        found |= {row.id: row.slug for row in connection.execute(select(services).where(services.c.id.in_(batch)))}
    return found
