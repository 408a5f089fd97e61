"""The services that people keep at hand, and whether they were offered those of their teams."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, exists, select, update
from sqlalchemy.dialects import postgresql

from directory.store.tables.following import favourites
from directory.store.tables.people import memberships, people


def add(connection: Connection, person_id: int, service_ids: Iterable[str], *, at: datetime) -> None:
    """Keep services; one that is kept already stays where it is."""
    rows = [{"person_id": person_id, "service_id": each, "since": at} for each in service_ids]
    # PostgreSQL's spelling of ON CONFLICT is SQLite's too.
    connection.execute(postgresql.insert(favourites).values(rows).on_conflict_do_nothing())


def remove(connection: Connection, person_id: int, service_id: str) -> None:
    """Keep a service no longer."""
    connection.execute(
        delete(favourites).where(favourites.c.person_id == person_id, favourites.c.service_id == service_id)
    )


def of_person(connection: Connection, person_id: int) -> list[str]:
    """The ids of somebody's services, in the order in which they were added."""
    wanted = select(favourites.c.service_id).where(favourites.c.person_id == person_id)
    return list(connection.scalars(wanted.order_by(favourites.c.since, favourites.c.service_id)))


def has(connection: Connection, person_id: int, service_id: str) -> bool:
    """Whether a service is among somebody's own."""
    mine = exists().where(favourites.c.person_id == person_id, favourites.c.service_id == service_id)
    return bool(connection.scalar(select(mine)))


def teams_to_offer(connection: Connection, person_id: int) -> list[str]:
    """The ids of somebody's teams, until they were offered what those run."""
    wanted = (
        select(memberships.c.team_id)
        .join(people, people.c.id == memberships.c.person_id)
        .where(people.c.id == person_id, people.c.offered_at.is_(None))
    )
    return list(connection.scalars(wanted.order_by(memberships.c.team_id)))


def offer_once(connection: Connection, person_id: int, *, at: datetime) -> bool:
    """Mark that somebody was offered their teams' services; whether they had not been before."""
    first = update(people).where(people.c.id == person_id, people.c.offered_at.is_(None)).values(offered_at=at)
    return connection.execute(first).rowcount == 1
