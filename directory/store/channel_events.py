"""The events of channels: one change, or one version of a page, for one subscription, numbered from 1 without a hole.

They are written where deliveries are, in the same transaction, by the same matching. A number is given by moving the
channel's own counter while its row is held: it commits with its event, or neither does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    delete,
    distinct,
    func,
    insert,
    literal,
    or_,
    select,
    union,
    update,
)

from directory.store.tables.changes import changes
from directory.store.tables.channels import channel_events, channels
from directory.store.tables.fhir_subscriptions import fhir_events
from directory.store.tables.kinds import Instant
from directory.store.tables.telling import subscription_terms, subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelEvent:
    """One event of a subscription. It tells of a change or of a version of a `page` (its id and number).

    `supersedes` is the change whose place it takes. `withdrawn` says that the change itself was withdrawn since.
    """

    subscription_id: int
    sequence: int
    change_number: int | None
    page: tuple[str, int] | None
    stage: str
    matched_at: datetime
    sent_at: datetime | None
    supersedes: int | None
    withdrawn: bool


def tell(
    connection: Connection, number: int, stage: str, terms: FromClause, *, subscribed_by: datetime, at: datetime
) -> int:
    """Write the events of a change at a stage, for the channels that its `terms` meet; returns how many.

    `terms` are as `recipients` takes them. A channel that was told already that the change takes another's place is
    left out.
    """
    told = select(channel_events.c.subscription_id).where(channel_events.c.change_number == number)
    if stage != "announced":
        told = told.where(channel_events.c.stage == stage)
    if not _any(connection):
        return 0
    met = _met(terms, subscribed_by)
    chosen = select(met.c.id).where(met.c.id.not_in(told))
    return _write(connection, chosen, {"change_number": number, "stage": stage}, at=at)


def tell_of_page(
    connection: Connection, page: tuple[str, int], terms: FromClause, *, subscribed_by: datetime, at: datetime
) -> int:
    """The same of a version of a page, by its page's id and its number."""
    about = {"page_id": page[0], "page_number": page[1], "stage": "announced"}
    if not _any(connection):
        return 0
    met = _met(terms, subscribed_by, of_everything=False)
    return _write(connection, select(met.c.id), about, at=at)


def tell_instead(connection: Connection, number: int, stage: str, gone: list[int], *, at: datetime) -> int:
    """Write the events that say `gone` changes were withdrawn or amended by another; returns how many.

    A program has read, or will, every event of its subscription; people in a room only what was posted to it.
    """
    posting = channels.c.lease.is_not(None) & (channels.c.leased_until > at)
    read = or_(subscriptions.c.channel == "webhook", channel_events.c.sent_at.is_not(None), posting)
    told = (
        select(channels.c.subscription_id)
        .join(subscriptions, subscriptions.c.id == channels.c.subscription_id)
        .join(channel_events, channel_events.c.subscription_id == channels.c.subscription_id)
        .where(channel_events.c.change_number.in_(gone), subscriptions.c.ended_at.is_(None), read)
    )
    return _write(connection, told, {"change_number": number, "stage": stage}, at=at)


def reached(connection: Connection, terms: FromClause) -> set[int]:
    """The subscriptions on channels that `terms` meet now; nothing is written."""
    if not _any(connection):
        return set()
    return {row.id for row in connection.execute(select(_met(terms).c.id))}


def after(connection: Connection, subscription_id: int, number: int, *, limit: int) -> list[ChannelEvent]:
    """The events of a subscription that come after a number, in order."""
    wanted = (
        select(channel_events, changes.c.supersedes, changes.c.status)
        .outerjoin(changes, changes.c.number == channel_events.c.change_number)
        .where(channel_events.c.subscription_id == subscription_id, channel_events.c.sequence > number)
        .order_by(channel_events.c.sequence)
        .limit(limit)
    )
    return [_event(row) for row in connection.execute(wanted)]


def forget_ended(connection: Connection, *, before: datetime) -> int:
    """Let go of the events of subscriptions that ended before an instant; returns how many.

    Those of others stay, however old: when a change is taken back after years, whoever was told of it is told of that.
    Their numbers are not given again, should one of these subscriptions go on.
    """
    ended = select(subscriptions.c.id).where(subscriptions.c.channel != "mail", subscriptions.c.ended_at < before)
    waits = (channels.c.subscription_id.in_(ended), channels.c.sent < channels.c.written)
    connection.execute(update(channels).where(*waits).values(sent=channels.c.written))
    of_fhir = connection.execute(delete(fhir_events).where(fhir_events.c.subscription_id.in_(ended))).rowcount
    theirs = channel_events.c.subscription_id.in_(ended)
    return of_fhir + connection.execute(delete(channel_events).where(theirs)).rowcount


def _any(connection: Connection) -> bool:
    """Whether there is a channel at all: most directories have none, and matching is not free."""
    return connection.execute(select(channels.c.subscription_id).limit(1)).first() is not None


def _met(terms: FromClause, subscribed_by: datetime | None = None, *, of_everything: bool = True) -> FromClause:
    """The channels of which, on one subject, every facet meets one of its values; and those that ask for everything."""
    live: list[ColumnElement[bool]] = [subscriptions.c.ended_at.is_(None)]
    if subscribed_by is not None:
        live.append(subscriptions.c.created_at <= subscribed_by)
    term = and_(subscription_terms.c.facet == terms.c.facet, subscription_terms.c.value == terms.c.value)
    of_channels = select(subscriptions.c.id).join(channels, channels.c.subscription_id == subscriptions.c.id)
    narrowed = (
        of_channels.join(subscription_terms, subscription_terms.c.subscription_id == subscriptions.c.id)
        .join(terms, term)
        .where(*live)
        .group_by(subscriptions.c.id, terms.c.subject_id, subscriptions.c.facets)
        .having(func.count(distinct(subscription_terms.c.facet)) == subscriptions.c.facets)
    )
    if not of_everything:
        return narrowed.subquery("met")
    return union(narrowed, of_channels.where(subscriptions.c.facets == 0, *live)).subquery("met")


def _write(connection: Connection, chosen: Select[tuple[int]], about: dict[str, Any], *, at: datetime) -> int:
    mine = channels.c.subscription_id.in_(chosen)
    # Held in one order: of two processes at two changes, the second waits here and then counts on from the first.
    held = select(channels.c.subscription_id).where(mine).order_by(channels.c.subscription_id).with_for_update()
    if not connection.execute(held).all():
        return 0
    values = [literal(value) for value in about.values()]
    rows = select(channels.c.subscription_id, channels.c.written + 1, *values, literal(at, Instant())).where(mine)
    columns = ["subscription_id", "sequence", *about, "matched_at"]
    written = insert(channel_events).from_select(columns, rows).execution_options(preserve_rowcount=True)
    count = connection.execute(written).rowcount
    connection.execute(
        update(channels)
        .where(
            channel_events.c.subscription_id == channels.c.subscription_id,
            channel_events.c.sequence == channels.c.written + 1,
            *(channel_events.c[name] == value for name, value in about.items()),
        )
        .values(written=channels.c.written + 1)
    )
    return count


def _event(row: Any) -> ChannelEvent:
    return ChannelEvent(
        subscription_id=row.subscription_id,
        sequence=row.sequence,
        change_number=row.change_number,
        page=(row.page_id, row.page_number) if row.page_id is not None else None,
        stage=row.stage,
        matched_at=row.matched_at,
        sent_at=row.sent_at,
        supersedes=row.supersedes,
        withdrawn=row.status == "withdrawn",
    )
