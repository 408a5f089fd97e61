"""Entries: services as they stand on a day, with the names of those they point to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Connection, func, select

from directory.domain.service import Entry, Facts, OrganisationName, TeamName, Upcoming
from directory.domain.succession import handlers
from directory.errors import ServiceNotFound
from directory.shapes import from_json
from directory.store import changes as change_store
from directory.store import successions as succession_store
from directory.store.batches import in_batches, read_json
from directory.store.tables.learning import checks
from directory.store.tables.nouns import service_versions, services, version_terms
from directory.store.tables.nouns import teams as team_table
from directory.store.versions import VersionRow, find_ids, in_force, load_in_force


def entries(connection: Connection, ids: Sequence[str], *, on: date, known_at: datetime | None = None) -> list[Entry]:
    """The entries of some services on a day, in the order of `ids`; those that had not begun by then are left out.

    A fixed number of statements, whatever the number of services.
    """
    rows = load_in_force(connection, "service", ids, on=on, known_at=known_at)
    present = [row for service in ids if (row := rows.get(service))]
    owners = _Owners.of(connection, [row.facts for row in present], on=on, known_at=known_at)
    tenures = _tenures(connection, [row.subject_id for row in present], on=on, known_at=known_at)
    links = succession_store.touching(connection, "service", rows, known_at=known_at)
    coming = change_store.upcoming(connection, rows, on=on, known_at=known_at)
    checked = _last_checks(connection, rows)
    latest = _latest_numbers(connection, rows)
    return [
        Entry(
            id=row.subject_id,
            slug=row.slug,
            version=row.version,
            organisation=owners.organisation(row.facts),
            team=owners.team(row.facts),
            owner_since=tenures[row.subject_id].since,
            previous_owner=tenures[row.subject_id].before,
            checked_at=checked.get(row.subject_id),
            succeeded_by=tuple(link for link in links if link.predecessor == row.subject_id),
            replaces=tuple(link for link in links if link.successor == row.subject_id),
            upcoming=tuple(_upcoming(found) for found in coming.get(row.subject_id, ())),
            latest_version=latest[row.subject_id],
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


@dataclass(frozen=True, slots=True)
class _Owners:
    """The organisations and teams that some entries name, as they stand on the day.

    Where an organisation has been followed by exactly one other, that one is shown: the owner is the one in force.
    """

    organisations: Mapping[str, VersionRow]
    teams: Mapping[str, VersionRow]
    now: Mapping[str, str]

    @classmethod
    def of(
        cls, connection: Connection, facts: Sequence[Facts], *, on: date, known_at: datetime | None = None
    ) -> _Owners:
        named = {each.owner.organisation for each in facts}
        links = succession_store.following(connection, "organisation", named, known_at=known_at)
        now = {}
        for organisation in named:
            found = handlers(organisation, on, links).ids if organisation in links else ()
            now[organisation] = found[0] if len(found) == 1 else organisation
        organisations = load_in_force(connection, "organisation", named | set(now.values()), on=on, known_at=known_at)
        slugs = {each.owner.team for each in facts if each.owner.team}
        ids = find_ids(connection, "team", slugs)
        teams = load_in_force(connection, "team", ids.values(), on=on, known_at=known_at)
        return cls(organisations, {row.slug: row for row in teams.values()}, now)

    def organisation(self, facts: Facts) -> OrganisationName:
        """The organisation that runs it; its id stands in where its own entry begins later."""
        key = self.now[facts.owner.organisation]
        row = self.organisations.get(key)
        return OrganisationName(key, row.facts.name, row.facts.ods_code) if row else OrganisationName(key, key)

    def team(self, facts: Facts) -> TeamName | None:
        """The team that runs it, where one is named."""
        if not facts.owner.team:
            return None
        row = self.teams.get(facts.owner.team)
        return TeamName(facts.owner.team, row.facts.name if row else facts.owner.team)

    def in_words(self, facts: Facts) -> str:
        """Team and organisation, as a person would say it."""
        team = self.team(facts)
        name = self.organisation(facts).name
        return f"{team.name}, {name}" if team else name


@dataclass(frozen=True, slots=True)
class _Tenure:
    since: date
    before: str | None


def _tenures(connection: Connection, ids: Sequence[str], *, on: date, known_at: datetime | None) -> dict[str, _Tenure]:
    """Since when each service has its owner of the day, and who had it before."""
    versions = service_versions
    periods: dict[str, dict[date, Any]] = {}
    for batch in in_batches(ids):
        statement = (
            select(versions.c.subject_id, versions.c.effective_from, versions.c.facts)
            .where(versions.c.subject_id.in_(batch), versions.c.effective_from <= on)
            .order_by(versions.c.subject_id, versions.c.effective_from, versions.c.number)
        )
        if known_at is not None:
            statement = statement.where(versions.c.recorded_at <= known_at)
        for row in connection.execute(statement):
            # Of several that began on one day, the last recorded stays.
            periods.setdefault(row.subject_id, {})[row.effective_from] = row.facts
    spans = {
        service: _last_owner([(day, from_json(Facts, text)) for day, text in days.items()])
        for service, days in periods.items()
    }
    former = [facts for _, facts in spans.values() if facts is not None]
    owners = _Owners.of(connection, former, on=on, known_at=known_at)
    return {
        service: _Tenure(since, owners.in_words(facts) if facts else None) for service, (since, facts) in spans.items()
    }


def _last_owner(days: Sequence[tuple[date, Facts]]) -> tuple[date, Facts | None]:
    since, present = days[-1]
    for day, facts in reversed(days):
        if facts.owner != present.owner:
            return since, facts
        since = day
    return since, None


def _last_checks(connection: Connection, ids: Iterable[str]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for batch in in_batches(ids):
        statement = select(checks.c.service_id, func.max(checks.c.checked_at).label("at"))
        rows = connection.execute(statement.where(checks.c.service_id.in_(batch)).group_by(checks.c.service_id))
        found |= {row.service_id: row.at for row in rows}
    return found


def _latest_numbers(connection: Connection, ids: Iterable[str]) -> dict[str, int]:
    versions = service_versions
    found: dict[str, int] = {}
    for batch in in_batches(ids):
        statement = select(versions.c.subject_id, func.max(versions.c.number).label("number"))
        rows = connection.execute(statement.where(versions.c.subject_id.in_(batch)).group_by(versions.c.subject_id))
        found |= {row.subject_id: row.number for row in rows}
    return found


@dataclass(frozen=True, slots=True)
class Filter:
    """Which services to list; what is None does not narrow. `area` is compared folded."""

    owner: str | None = None
    team: str | None = None
    area: str | None = None
    status: str | None = None


def list_ids(connection: Connection, *, after: str, limit: int, on: date, wanted: Filter | None = None) -> list[str]:
    """Ids of the services in the directory on a day, in the order of their ids, from the one after `after`."""
    wanted = wanted or Filter()
    statement = in_force("service", on=on).where(services.c.id > after)
    if wanted.owner is not None:
        statement = statement.where(service_versions.c.owner_organisation == wanted.owner)
    if wanted.team is not None:
        statement = statement.where(service_versions.c.owner_team == wanted.team)
    if wanted.status is not None:
        statement = statement.where(service_versions.c.status == wanted.status)
    if wanted.area is not None:
        statement = statement.join(
            version_terms,
            (version_terms.c.subject_id == service_versions.c.subject_id)
            & (version_terms.c.number == service_versions.c.number)
            & (version_terms.c.facet == "area")
            & (version_terms.c.value == wanted.area),
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
