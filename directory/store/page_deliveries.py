"""Deliveries of knowledge pages: which version is told to whom, matched in the database as changes are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, literal, or_, select, update

from directory.store import channel_events
from directory.store.recipients import delivery_rows, recipients, write_rows
from directory.store.tables.learning import page_versions
from directory.store.tables.telling import subscription_terms, subscriptions

FACET = "page"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A version that has not been told."""

    page_id: str
    number: int
    recorded_at: datetime


def waiting(connection: Connection, *, limit: int) -> list[Waiting]:
    """The oldest versions that are still to be told."""
    rows = connection.execute(
        select(page_versions.c.page_id, page_versions.c.number, page_versions.c.recorded_at)
        .where(page_versions.c.told_at.is_(None))
        .order_by(page_versions.c.recorded_at, page_versions.c.page_id, page_versions.c.number)
        .limit(limit)
    )
    return [Waiting(row.page_id, row.number, row.recorded_at) for row in rows]


def pass_over(connection: Connection, *, at: datetime) -> int:
    """Mark, in one statement, every waiting version that nobody is told of: minor, the first, or of no subscription."""
    met = exists().where(
        subscription_terms.c.facet == FACET,
        subscription_terms.c.value == page_versions.c.page_id,
        subscriptions.c.id == subscription_terms.c.subscription_id,
        subscriptions.c.ended_at.is_(None),
    )
    nobody = or_(page_versions.c.weight != "major", page_versions.c.number == 1, ~met)
    done = update(page_versions).where(page_versions.c.told_at.is_(None), nobody).values(told_at=at)
    return connection.execute(done).rowcount


def tell(connection: Connection, version: Waiting, *, subscribed_by: datetime, at: datetime) -> int:
    """Mark one version as told and write its deliveries (one for each person) and the events of channels.

    Only subscriptions that had begun by an instant count. Returns how many; 0 where another process was faster.
    """
    # The mark comes first: its row lock makes a second process wait, and then find nothing to do.
    mark = (
        update(page_versions)
        .where(page_versions.c.page_id == version.page_id, page_versions.c.number == version.number)
        .where(page_versions.c.told_at.is_(None))
        .values(told_at=at)
    )
    if not connection.execute(mark).rowcount:
        return 0
    page = literal(version.page_id)
    term = select(page.label("subject_id"), literal(FACET).label("facet"), page.label("value")).subquery("terms")
    found = recipients(term, of_everything=False, subscribed_by=subscribed_by, one_subject=True)
    about = (page, literal(version.number), literal("announced"))
    rows = delivery_rows(found.subquery("found"), about, urgent=False, at=at)
    written = write_rows(connection, ("page_id", "page_number", "stage"), rows)
    version_id = (version.page_id, version.number)
    return written + channel_events.tell_of_page(connection, version_id, term, subscribed_by=subscribed_by, at=at)
