"""Organisations and teams as they stand on a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, and_, or_, select

from directory.domain.change import fold
from directory.domain.organisation import Organisation, OrganisationMembership, Team
from directory.errors import OrganisationNotFound, TeamNotFound
from directory.store.batches import in_batches
from directory.store.tables.nouns import (
    organisation_memberships,
    organisation_versions,
    organisations,
    team_versions,
    teams,
)
from directory.store.versions import VersionRow, find_ids, in_force, load_in_force, version_row


def organisation_id(connection: Connection, key: str) -> str:
    """The id of an organisation by id, slug or ODS code; raises OrganisationNotFound."""
    found = find_ids(connection, "organisation", [key])
    if key not in found:
        raise OrganisationNotFound(f"There is no organisation {key}.")
    return found[key]


def organisation(connection: Connection, key: str, *, on: date, known_at: datetime | None = None) -> Organisation:
    """One organisation by id, slug or ODS code; raises OrganisationNotFound where it is not there on that day."""
    found = organisations_by_id(connection, [organisation_id(connection, key)], on=on, known_at=known_at)
    if not found:
        raise OrganisationNotFound(f"{key} was not in the directory on {on}.")
    return found[0]


def organisations_by_id(
    connection: Connection, ids: Sequence[str], *, on: date, known_at: datetime | None = None
) -> list[Organisation]:
    """Some organisations on a day, in the order of `ids`, with what they belonged to."""
    rows = load_in_force(connection, "organisation", ids, on=on, known_at=known_at)
    belongs = memberships(connection, rows, on=on)
    return [_organisation(rows[key], belongs.get(key, [])) for key in ids if key in rows]


def list_organisations(connection: Connection, *, after: str, limit: int, on: date) -> list[Organisation]:
    """Organisations in the order of their ids, from the one after `after`."""
    statement = in_force("organisation", on=on).where(organisations.c.id > after)
    rows = connection.execute(statement.order_by(organisations.c.id).limit(limit)).all()
    return [_organisation(version_row("organisation", row), []) for row in rows]


def teams_of(
    connection: Connection, organisations: Iterable[str], *, on: date, known_at: datetime | None = None
) -> list[VersionRow]:
    """The teams of some organisations on a day, in the order of slugs."""
    found: list[VersionRow] = []
    for batch in in_batches(organisations):
        statement = in_force("team", on=on, known_at=known_at).where(team_versions.c.organisation.in_(batch))
        found += [version_row("team", row) for row in connection.execute(statement)]
    return sorted(found, key=lambda row: row.slug)


def ids_by_folded_name(connection: Connection) -> dict[str, str]:
    """Every organisation by the name it has or had, folded; of two with one name, the one that began first."""
    versions = organisation_versions
    rows = connection.execute(
        select(versions.c.subject_id, versions.c.name).order_by(versions.c.number.desc(), versions.c.subject_id.desc())
    )
    return {fold(row.name): row.subject_id for row in rows}


def slugs(connection: Connection) -> dict[str, str]:
    """The slug of every organisation by its id."""
    return {row.id: row.slug for row in connection.execute(select(organisations.c.id, organisations.c.slug))}


def _organisation(row: VersionRow, member_of: Sequence[OrganisationMembership]) -> Organisation:
    return Organisation(
        row.subject_id, row.slug, row.number, row.effective_from, row.recorded_at, row.facts, tuple(member_of)
    )


def memberships(connection: Connection, ids: Iterable[str], *, on: date) -> dict[str, list[OrganisationMembership]]:
    """What some organisations belong to on a day."""
    table = organisation_memberships
    found: dict[str, list[OrganisationMembership]] = {}
    for batch in in_batches(ids):
        statement = select(table).where(
            and_(table.c.member.in_(batch), table.c.start <= on, or_(table.c.end.is_(None), table.c.end > on))
        )
        for row in connection.execute(statement.order_by(table.c.member, table.c.start, table.c.of)):
            found.setdefault(row.member, []).append(
                OrganisationMembership(row.member, row.of, row.kind, row.start, row.end)
            )
    return found


def all_memberships(connection: Connection) -> list[OrganisationMembership]:
    """Everything that ever belonged to something, by ids."""
    table = organisation_memberships
    return [
        OrganisationMembership(row.member, row.of, row.kind, row.start, row.end)
        for row in connection.execute(select(table))
    ]


def memberships_of(connection: Connection, members: Iterable[str]) -> list[OrganisationMembership]:
    """Everything that some organisations, by id, ever belonged to or will."""
    table = organisation_memberships
    found: list[OrganisationMembership] = []
    for batch in in_batches(members):
        rows = connection.execute(select(table).where(table.c.member.in_(batch)).order_by(*table.primary_key))
        found += [OrganisationMembership(row.member, row.of, row.kind, row.start, row.end) for row in rows]
    return found


def team(connection: Connection, slug: str, *, on: date, known_at: datetime | None = None) -> Team:
    """One team by slug; raises TeamNotFound where it does not exist or had not begun."""
    ids = find_ids(connection, "team", [slug])
    rows = load_in_force(connection, "team", ids.values(), on=on, known_at=known_at)
    for row in rows.values():
        return _team(row)
    raise TeamNotFound(f"There is no team {slug}.")


def list_teams(
    connection: Connection, *, after: str = "", limit: int, on: date, organisation: str | None = None
) -> list[Team]:
    """Teams in the order of their slugs, from the one after `after`."""
    statement = in_force("team", on=on).where(teams.c.slug > after)
    if organisation is not None:
        statement = statement.where(team_versions.c.organisation == organisation)
    rows = connection.execute(statement.order_by(teams.c.slug).limit(limit)).all()
    return [_team(version_row("team", row)) for row in rows]


def _team(row: VersionRow) -> Team:
    return Team(row.subject_id, row.slug, row.number, row.effective_from, row.recorded_at, row.facts)
