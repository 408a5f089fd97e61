"""What subscriptions would have told in the past, and what was sent to somebody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, distinct, func, or_, select

from directory.domain.change import fold
from directory.domain.subscription import Facet
from directory.store.sending import reasons_of
from directory.store.subscriptions import FOLDED
from directory.store.tables.changes import change_terms, changes
from directory.store.tables.learning import page_versions
from directory.store.tables.telling import deliveries


@dataclass(frozen=True, slots=True)
class Heard:
    """One change, or version of a page, that somebody hears or would have heard of."""

    title: str
    href: str
    day: date


@dataclass(frozen=True, slots=True)
class Sent:
    """A change or a version of a page as it was told: when the relay took the message, and for which reasons."""

    title: str
    href: str
    stage: str
    sent_at: datetime
    reasons: tuple[str, ...]
    digest: bool


@dataclass(frozen=True, slots=True)
class StillToTell:
    """A change or a version of a page that waits for somebody's next message, and not before an instant."""

    title: str
    href: str
    rank: int
    not_before: datetime | None


def would_have_told(
    connection: Connection, criteria: Mapping[Facet, Iterable[str]], *, since: datetime, first: date, today: date
) -> list[Heard]:
    """What these criteria would have told since an instant, on the day `first`, until today; the newest first.

    Told is what was published since then, and what took effect since then and had been published before.
    """
    wanted = {facet: [fold(value) if facet in FOLDED else value for value in each] for facet, each in criteria.items()}
    if "page" in wanted:
        return _of_pages(connection, wanted["page"], since)
    told = or_(changes.c.recorded_at >= since, changes.c.effective_from.between(first, today))
    statement = select(changes.c.number, changes.c.title, changes.c.effective_from).where(
        told, changes.c.status == "published", changes.c.weight == "major"
    )
    if wanted:
        met = or_(
            *(and_(change_terms.c.facet == facet, change_terms.c.value.in_(values)) for facet, values in wanted.items())
        )
        matched = (
            select(change_terms.c.change_number)
            .where(met)
            .group_by(change_terms.c.change_number, change_terms.c.subject_id)
            .having(func.count(distinct(change_terms.c.facet)) == len(wanted))
        )
        statement = statement.where(changes.c.number.in_(matched))
    rows = connection.execute(statement.order_by(changes.c.number.desc()))
    return [Heard(row.title, f"/changes/{row.number}", row.effective_from) for row in rows]


def _of_pages(connection: Connection, slugs: Sequence[str], since: datetime) -> list[Heard]:
    rows = connection.execute(
        select(page_versions.c.title, page_versions.c.page_id, page_versions.c.recorded_at)
        .where(page_versions.c.page_id.in_(slugs), page_versions.c.recorded_at >= since)
        .where(page_versions.c.weight == "major", page_versions.c.number > 1)
        .order_by(page_versions.c.recorded_at.desc(), page_versions.c.number.desc())
    )
    return [Heard(row.title, f"/pages/{row.page_id}", row.recorded_at.date()) for row in rows]


def sent_to(connection: Connection, person_id: int, *, since: datetime, limit: int) -> list[Sent]:
    """What the relay accepted for somebody since an instant, the newest first."""
    accepted = and_(deliveries.c.state == "accepted", deliveries.c.settled_at >= since)
    rows: Iterable[Any] = connection.execute(
        _told_to(person_id)
        .where(accepted)
        .order_by(deliveries.c.settled_at.desc(), deliveries.c.id.desc())
        .limit(limit)
    )
    return [
        Sent(*_named(row), row.stage, row.settled_at, reasons_of(row.reasons), row.digest_id is not None)
        for row in rows
    ]


def waiting_for(connection: Connection, person_id: int) -> list[StillToTell]:
    """What is still to be told to somebody by mail, in the order in which it was matched."""
    pending = and_(deliveries.c.state == "pending", deliveries.c.channel == "mail")
    rows = connection.execute(_told_to(person_id).where(pending).order_by(deliveries.c.id))
    return [StillToTell(*_named(row), row.rank, row.next_attempt_at) for row in rows]


def _told_to(person_id: int) -> Select[Any]:
    version = and_(page_versions.c.page_id == deliveries.c.page_id, page_versions.c.number == deliveries.c.page_number)
    return (
        select(changes.c.title, changes.c.number, page_versions.c.title.label("page"), deliveries)
        .outerjoin(changes, changes.c.number == deliveries.c.change_number)
        .outerjoin(page_versions, version)
        .where(deliveries.c.person_id == person_id)
    )


def _named(row: Any) -> tuple[str, str]:
    """A title and where it is."""
    return (row.page, f"/pages/{row.page_id}") if row.page_id else (row.title, f"/changes/{row.number}")


def known_values(connection: Connection, facet: Facet) -> set[str]:
    """Every need or area, as it is compared, that an entry has or had: of another, nobody would ever hear."""
    return set(connection.scalars(select(change_terms.c.value).where(change_terms.c.facet == facet).distinct()))
