"""Who hears of something, and the rows that say so: subscriptions × what they are matched against, in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    case,
    distinct,
    func,
    literal,
    null,
    select,
    union,
)
from sqlalchemy.dialects import postgresql

from directory.store.tables.kinds import Instant
from directory.store.tables.people import memberships, people
from directory.store.tables.telling import deliveries, subscription_terms, subscriptions


def recipients(terms: FromClause, *, of_everything: bool = True) -> Select[Any]:
    """A row for each matched subscription and person behind it: a team's are its members of this moment.

    `terms` has a row for each `subject_id`, `facet` and `value`. `of_everything` says whether those who asked for every
    change are meant too.
    """
    matched = _matched(terms, of_everything=of_everything)
    person = func.coalesce(subscriptions.c.person_id, memberships.c.person_id)
    return (
        select(
            people.c.id.label("person_id"),
            subscriptions.c.channel,
            subscriptions.c.label,
            subscriptions.c.rank,
            subscriptions.c.paused_until,
            subscriptions.c.team_id,
        )
        .select_from(matched)
        .join(subscriptions, subscriptions.c.id == matched.c.id)
        .outerjoin(memberships, memberships.c.team_id == subscriptions.c.team_id)
        .join(people, people.c.id == person)
        .where(people.c.erased_at.is_(None))
    )


def delivery_rows(found: FromClause, about: Sequence[ColumnElement[Any]], *, urgent: bool, at: datetime) -> Select[Any]:
    """The rows to insert, in the order of `write_rows`, `about` first: what they tell of.

    One for each person and channel, with the strictest rank and every reason once.

    A paused subscription holds its delivery until the pause ends, unless another one matches too.
    """
    paused = found.c.paused_until > at
    # Grouped by label first: SQLite cannot join distinct strings with a separator.
    reason = (
        select(
            found.c.person_id,
            found.c.channel,
            found.c.label,
            func.min(found.c.rank).label("rank"),
            func.min(case((paused, null()), else_=found.c.rank)).label("rank_now"),
            func.min(case((paused, found.c.paused_until))).label("held_until"),
        )
        .group_by(found.c.person_id, found.c.channel, found.c.label)
        .subquery("reason")
    )
    rank_now = func.min(reason.c.rank_now)
    return select(
        *about,
        reason.c.person_id,
        reason.c.channel,
        literal(0) if urgent else func.coalesce(rank_now, func.min(reason.c.rank)),
        func.aggregate_strings(reason.c.label, "\n"),
        literal(at, Instant()),
        literal("pending"),
        case((rank_now.is_(None), func.min(reason.c.held_until))),
    ).group_by(reason.c.person_id, reason.c.channel)


def write_rows(connection: Connection, about: Sequence[str], rows: Select[Any]) -> int:
    """Write deliveries, `about` being the names of the columns that say what they tell of; those there already stay."""
    columns = [*about, "person_id", "channel", "rank", "reasons", "matched_at", "state", "next_attempt_at"]
    # PostgreSQL's spelling of ON CONFLICT is SQLite's too.
    statement = postgresql.insert(deliveries).from_select(columns, rows).on_conflict_do_nothing()
    return connection.execute(statement.execution_options(preserve_rowcount=True)).rowcount


def _matched(terms: FromClause, *, of_everything: bool) -> FromClause:
    """The ids of subscriptions of which, on one subject, every facet meets one of its values; and those without any."""
    narrowed = (
        select(subscriptions.c.id)
        .select_from(terms)
        .join(
            subscription_terms,
            and_(subscription_terms.c.facet == terms.c.facet, subscription_terms.c.value == terms.c.value),
        )
        .join(subscriptions, subscriptions.c.id == subscription_terms.c.subscription_id)
        .where(subscriptions.c.ended_at.is_(None))
        .group_by(subscriptions.c.id, terms.c.subject_id, subscriptions.c.facets)
        .having(func.count(distinct(subscription_terms.c.facet)) == subscriptions.c.facets)
    )
    if not of_everything:
        return narrowed.subquery("matched")
    everything = select(subscriptions.c.id).where(subscriptions.c.facets == 0, subscriptions.c.ended_at.is_(None))
    return union(narrowed, everything).subquery("matched")
