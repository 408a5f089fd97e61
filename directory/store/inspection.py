"""What is wrong, or will be: each question one statement over the whole directory, for the nightly look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, and_, case, exists, func, or_, select

from directory.domain.change import KINDS
from directory.store import pages as page_store
from directory.store.tables.changes import change_terms, changes
from directory.store.tables.channels import channels
from directory.store.tables.learning import pages
from directory.store.tables.nouns import service_versions, services, teams
from directory.store.tables.people import memberships
from directory.store.tables.telling import deliveries, digests, subscription_terms, subscriptions
from directory.store.versions import in_force

MOST = 1_000
SILENT = timedelta(days=90)
# What was matched this lately may still wait for its slot.
MAY_WAIT = timedelta(days=8)
LEASE_LAPSED = timedelta(hours=1)
FAILED_LONG = timedelta(hours=1)
_REFERS = "(service:"


@dataclass(frozen=True, slots=True)
class Found:
    """Something that needs looking at: about what (a stable key), and in words."""

    subject: str
    detail: str


def subscriptions_that_never_fire(connection: Connection, *, on: date) -> Sequence[Found]:
    """Those that ask for something no change has ever been about, or only for services that have closed."""
    term = subscription_terms
    ever = exists().where(change_terms.c.facet == term.c.facet, change_terms.c.value == term.c.value)
    closed = in_force("service", on=on).where(service_versions.c.status == "closed").subquery("closed")
    is_closed = exists().where(term.c.facet == "service", closed.c.id == term.c.value)
    is_page = exists().where(term.c.facet == "page", pages.c.slug == term.c.value)
    is_kind = and_(term.c.facet == "kind", term.c.value.in_(KINDS))
    can_fire = or_(and_(ever, ~is_closed), is_page, is_kind)
    # Facets narrow: one that can meet nothing is enough.
    dead = (
        select(term.c.subscription_id)
        .group_by(term.c.subscription_id, term.c.facet)
        .having(func.max(case((can_fire, 1), else_=0)) == 0)
    )
    rows = connection.execute(
        select(subscriptions.c.id, subscriptions.c.label, subscriptions.c.person_id, teams.c.slug)
        .outerjoin(teams, teams.c.id == subscriptions.c.team_id)
        .where(subscriptions.c.ended_at.is_(None), subscriptions.c.id.in_(dead))
        .order_by(subscriptions.c.id)
        .limit(MOST)
    )
    return [
        Found(f"subscription {row.id}", f"{row.label}, of {f'team {row.slug}' if row.slug else f'person {row[2]}'}")
        for row in rows
    ]


def teams_that_hear_nothing(connection: Connection, *, on: date) -> Sequence[Found]:
    """Teams that run services, while neither they nor any of their members subscribe to anything."""
    theirs = (
        in_force("service", on=on)
        .where(service_versions.c.status.in_(("active", "paused")), service_versions.c.owner_team.is_not(None))
        .with_only_columns(service_versions.c.owner_team.label("slug"), func.count().label("services"))
        .group_by(service_versions.c.owner_team)
        .subquery("theirs")
    )
    own = exists().where(subscriptions.c.team_id == teams.c.id, subscriptions.c.ended_at.is_(None))
    of_member = exists().where(
        memberships.c.team_id == teams.c.id,
        subscriptions.c.person_id == memberships.c.person_id,
        subscriptions.c.ended_at.is_(None),
    )
    rows = connection.execute(
        select(theirs)
        .join(teams, teams.c.slug == theirs.c.slug)
        .where(~own, ~of_member)
        .order_by(theirs.c.slug)
        .limit(MOST)
    )
    return [Found(f"team {row.slug}", f"runs {row.services}") for row in rows]


def changes_without_audience(connection: Connection, *, since: datetime) -> Sequence[Found]:
    """Changes that were to be told since an instant, and that met nobody."""
    met = exists().where(deliveries.c.change_number == changes.c.number)
    rows = connection.execute(
        select(changes.c.number, changes.c.title)
        .where(
            changes.c.weight == "major",
            changes.c.status == "published",
            changes.c.recorded_at >= since,
            changes.c.announced_at.is_not(None),
            ~met,
        )
        .order_by(changes.c.number)
        .limit(MOST)
    )
    return [Found(f"change {row.number}", row.title) for row in rows]


def people_not_reached(connection: Connection, *, at: datetime) -> Sequence[Found]:
    """People for whom something was matched, while nothing was accepted for them in 90 days."""
    matched = deliveries.c.matched_at
    waits = func.sum(case((and_(matched < at - MAY_WAIT, deliveries.c.state.in_(("pending", "failed"))), 1), else_=0))
    reached = func.sum(case((deliveries.c.state == "accepted", 1), else_=0))
    rows = connection.execute(
        select(deliveries.c.person_id, waits.label("waits"))
        .where(matched >= at - SILENT, deliveries.c.channel == "mail")
        .group_by(deliveries.c.person_id)
        .having(and_(waits > 0, reached == 0))
        .order_by(deliveries.c.person_id)
        .limit(MOST)
    )
    return [Found(f"person {row.person_id}", f"{row.waits} not delivered") for row in rows]


def stale_leases(connection: Connection, *, at: datetime) -> Sequence[Found]:
    """Messages that a worker took and neither sent nor gave back."""
    return [
        Found(f"{name} {row.id}", f"taken, and nothing heard since {row.leased_until:%d %B %Y %H:%M} UTC")
        for name, table in (("delivery", deliveries), ("digest", digests))
        for row in connection.execute(
            select(table.c.id, table.c.leased_until)
            .where(table.c.state == "pending", table.c.leased_until < at - LEASE_LAPSED)
            .order_by(table.c.id)
            .limit(MOST)
        )
    ]


def receivers_that_fail(connection: Connection, *, at: datetime) -> Sequence[Found]:
    """Webhooks, Teams, Slack and FHIR subscriptions that have taken nothing for long, or were given up; and why."""
    since = channels.c.failing_since
    rows = connection.execute(
        select(channels.c.subscription_id, subscriptions.c.label, subscriptions.c.address, since, channels.c.reason)
        .add_columns(channels.c.stopped_at)
        .join(subscriptions, subscriptions.c.id == channels.c.subscription_id)
        .where(subscriptions.c.ended_at.is_(None), or_(since < at - FAILED_LONG, channels.c.stopped_at.is_not(None)))
        .order_by(channels.c.subscription_id)
        .limit(MOST)
    )
    return [
        Found(
            f"subscription {row.subscription_id}",
            f"{row.label}, to {row.address}: {'given up' if row.stopped_at else 'tried again'}, failing since "
            f"{row.failing_since or row.stopped_at:%d %B %Y %H:%M} UTC, {row.reason or 'nobody answers'}",
        )
        for row in rows
    ]


def texts_that_link(connection: Connection, *, on: date) -> Iterator[tuple[str, str]]:
    """What services not closed, and pages, say that links to a service: (about what, the text)."""
    entries = (
        in_force("service", on=on)
        .where(service_versions.c.facts.contains(_REFERS), service_versions.c.status != "closed")
        .with_only_columns(services.c.slug, service_versions.c.facts)
        .order_by(services.c.slug)
    )
    for row in connection.execute(entries):
        yield f"service {row.slug}", row.facts
    for page in page_store.every(connection):
        yield f"page {page.slug}", page.text
