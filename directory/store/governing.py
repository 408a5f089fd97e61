"""How services are governed: which need two people, what one published alone, and which nobody answers for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, or_, select, update

from directory.domain.policy import Actor
from directory.store.batches import in_batches, read_json, write_json
from directory.store.tables.changes import changes
from directory.store.tables.nouns import service_versions, services, teams
from directory.store.tables.offering import critical_services, overrides, reviews
from directory.store.tables.people import memberships, people
from directory.store.tenure import closed_owners
from directory.store.versions import in_force


def mark_critical(connection: Connection, service: str, *, by: int | None, at: datetime) -> bool:
    """Mark a service, by id; whether it was not marked before."""
    if critical_among(connection, [service]):
        return False
    connection.execute(critical_services.insert().values(service_id=service, since=at, person_id=by))
    return True


def unmark_critical(connection: Connection, service: str) -> bool:
    """Take the mark away; whether there was one."""
    return connection.execute(delete(critical_services).where(critical_services.c.service_id == service)).rowcount == 1


def critical_among(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Those of some services, by id, that are marked."""
    found: set[str] = set()
    for batch in in_batches(ids):
        marked = select(critical_services.c.service_id).where(critical_services.c.service_id.in_(batch))
        found |= set(connection.scalars(marked))
    return found


def critical_ones(connection: Connection) -> list[str]:
    """Every service that is marked, by id."""
    return list(connection.scalars(select(critical_services.c.service_id).order_by(critical_services.c.service_id)))


@dataclass(frozen=True, slots=True)
class Review:
    """A change that one person published alone: why, until when another looks at it, and whether one has."""

    number: int
    title: str
    override: str
    recorded_at: datetime
    due_at: datetime
    person_id: int | None
    reviewed_at: datetime | None
    status: str


def add_review(connection: Connection, number: int, *, by: int | None, due_at: datetime) -> None:
    """Have a change reviewed."""
    connection.execute(reviews.insert().values(change_number=number, person_id=by, due_at=due_at))


def note_override(connection: Connection, number: int, *, by: Actor) -> None:
    """Keep in which role somebody published a change without the agreement that it took."""
    row = {"change_number": number, "editor": by.editor, "teams": write_json(sorted(by.leads))}
    connection.execute(overrides.insert().values(row))


@dataclass(frozen=True, slots=True)
class Override:
    """Who did without an agreement: an editor or, by their slugs, a lead of some teams."""

    editor: bool
    teams: tuple[str, ...]


def override_of(connection: Connection, number: int) -> Override | None:
    """The role of whoever published a change without agreement; None where it is not known, or nobody did."""
    row = connection.execute(select(overrides).where(overrides.c.change_number == number)).one_or_none()
    return Override(row.editor, tuple(read_json(row.teams))) if row else None


def review_of(connection: Connection, number: int, *, lock: bool = False) -> Review | None:
    """The review of a change; None where it needs none."""
    statement = _reviews().where(reviews.c.change_number == number)
    found = _read(connection, statement.with_for_update(of=reviews) if lock else statement)
    return found[0] if found else None


def list_reviews(connection: Connection, *, limit: int) -> list[Review]:
    """What is to be reviewed, the most pressing first; then what was, newest first."""
    order = (reviews.c.reviewed_at.is_not(None), reviews.c.reviewed_at.desc(), reviews.c.due_at)
    return _read(connection, _reviews().order_by(*order).limit(limit))


def overdue_reviews(connection: Connection, *, at: datetime) -> list[str]:
    """The titles of changes that stand, and that another person should have looked at by an instant, oldest first."""
    late = _reviews().where(reviews.c.reviewed_at.is_(None), reviews.c.due_at <= at, changes.c.status == "published")
    return [review.title for review in _read(connection, late.order_by(reviews.c.due_at))]


def close_review(connection: Connection, number: int, *, by: int | None, at: datetime) -> None:
    """Write down that another person has looked at a change."""
    values = {"reviewed_at": at, "reviewed_by": by}
    connection.execute(update(reviews).where(reviews.c.change_number == number).values(values))


def _reviews() -> Any:
    columns = [changes.c[name] for name in ("number", "title", "override", "recorded_at", "status")]
    return select(*columns, reviews.c.person_id, reviews.c.due_at, reviews.c.reviewed_at).join(
        reviews, reviews.c.change_number == changes.c.number
    )


def _read(connection: Connection, statement: Any) -> list[Review]:
    names = ("number", "title", "override", "recorded_at", "due_at", "person_id", "reviewed_at", "status")
    return [Review(*(getattr(row, name) for name in names)) for row in connection.execute(statement)]


@dataclass(frozen=True, slots=True)
class Orphan:
    """A service for which nobody answers: its organisation closed, it has no team, or nobody leads its team."""

    id: str
    slug: str
    name: str
    team: str | None
    organisation: str
    closed: bool


def orphans(connection: Connection, *, on: date, limit: int) -> Sequence[Orphan]:
    """The services not closed for which nobody answers on a day, by name.

    A few statements, whatever the number of services.
    """
    owners = in_force("service", on=on).where(service_versions.c.status != "closed")
    organisations = connection.scalars(owners.with_only_columns(service_versions.c.owner_organisation).distinct())
    closed = closed_owners(connection, organisations, on=on)
    led = exists().where(
        teams.c.slug == service_versions.c.owner_team,
        memberships.c.team_id == teams.c.id,
        memberships.c.role != "reader",
        people.c.id == memberships.c.person_id,
        people.c.erased_at.is_(None),
    )
    gone = [service_versions.c.owner_organisation.in_(batch) for batch in in_batches(closed)]
    found = owners.where(or_(~led, *gone)).with_only_columns(
        services.c.id,
        services.c.slug,
        service_versions.c.name,
        service_versions.c.owner_team,
        service_versions.c.owner_organisation,
    )
    rows = connection.execute(found.order_by(service_versions.c.name, services.c.id).limit(limit))
    return [
        Orphan(row.id, row.slug, row.name, row.owner_team, row.owner_organisation, row.owner_organisation in closed)
        for row in rows
    ]
