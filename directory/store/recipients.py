"""Who hears of something, and the rows that say so: subscriptions × what they are matched against, in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    and_,
    case,
    distinct,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.dialects import postgresql

from directory.store.tables.kinds import Instant
from directory.store.tables.people import memberships, people
from directory.store.tables.telling import deliveries, subscription_terms, subscriptions
from directory.store.team_subscriptions import does_not_want

# Written out, as the index of those who asked for every change is.
OF_EVERYTHING = literal_column("0", Integer())
# One facet, met by any of its terms, is the whole subscription: nothing to count, and most are so.
ALONE = literal_column("1", Integer())
_READ = ("id", "person_id", "team_id", "rank", "label", "paused_until", "mandatory")


def recipients(
    terms: FromClause,
    *,
    of_everything: bool = True,
    subscribed_by: datetime | None = None,
    one_subject: bool = False,
) -> Select[Any]:
    """A row for each matched subscription by mail and person behind it: a team's are its members of this moment.

    Of several terms that it matches by itself, a subscription may come once for each.

    `terms` has a row for each `subject_id`, `facet` and `value`; `one_subject` promises that the first is the same in
    all, which is quicker. `of_everything` says whether those who asked for every change are meant too; what began
    after `subscribed_by` is not.
    """
    found = _met(_meeting(terms, of_everything=of_everything, one_subject=one_subject), subscribed_by)
    person = func.coalesce(found.c.person_id, memberships.c.person_id)
    return (
        select(
            people.c.id.label("person_id"),
            found.c.label,
            found.c.rank,
            held_until(found).label("paused_until"),
            found.c.team_id,
        )
        .select_from(found)
        .outerjoin(memberships, memberships.c.team_id == found.c.team_id)
        .join(people, people.c.id == person)
        .where(people.c.erased_at.is_(None), ~does_not_want(found))
    )


def held_until(of: FromClause = subscriptions) -> ColumnElement[Any]:
    """The later of the ends of a subscription's pause and of its recipient's leave, in a query that joins both."""
    later = or_(of.c.paused_until.is_(None), people.c.away_until > of.c.paused_until)
    return case((later, people.c.away_until), else_=of.c.paused_until)


def delivery_rows(found: FromClause, about: Sequence[ColumnElement[Any]], *, urgent: bool, at: datetime) -> Select[Any]:
    """The rows to insert, in the order of `write_rows`, `about` first: what they tell of.

    One for each person, with the strictest rank and their reasons; whoever reads these leaves out repeated ones.

    A paused subscription holds its delivery until the pause ends, unless another one matches too.
    """
    paused = found.c.paused_until > at
    rank_now = func.min(case((paused, null()), else_=found.c.rank))
    return select(
        *about,
        found.c.person_id,
        literal("mail"),
        literal(0) if urgent else func.coalesce(rank_now, func.min(found.c.rank)),
        literal(urgent),
        func.aggregate_strings(found.c.label, "\n"),
        literal(at, Instant()),
        literal("pending"),
        case((rank_now.is_(None), func.min(case((paused, found.c.paused_until))))),
    ).group_by(found.c.person_id)


def write_rows(connection: Connection, about: Sequence[str], rows: Select[Any], *, new: bool = False) -> int:
    """Write deliveries, `about` being the names of the columns that say what they tell of; those there already stay.

    `new` promises that none of them is there, which is quicker.
    """
    columns = [*about, "person_id", "channel", "rank", "urgent", "reasons", "matched_at", "state", "next_attempt_at"]
    # PostgreSQL's spelling of ON CONFLICT is SQLite's too.
    statement = postgresql.insert(deliveries).from_select(columns, rows)
    if not new:
        statement = statement.on_conflict_do_nothing()
    return connection.execute(statement.execution_options(preserve_rowcount=True)).rowcount


def _met(met: FromClause, subscribed_by: datetime | None) -> FromClause:
    """What `recipients` needs of each subscription by mail that is met."""
    found = (
        select(*(subscriptions.c[name] for name in _READ))
        .select_from(met)
        .join(subscriptions, and_(subscriptions.c.id == met.c.id, subscriptions.c.facets == met.c.facets))
        .where(subscriptions.c.ended_at.is_(None), subscriptions.c.channel == "mail")
    )
    if subscribed_by is not None:
        found = found.where(subscriptions.c.created_at <= subscribed_by)
    return found.subquery("met")


def _meeting(terms: FromClause, *, of_everything: bool, one_subject: bool) -> FromClause:
    """The ids of subscriptions with how many of their facets one subject meets: of those that match, all of them."""
    # Nothing but the index of terms is read and sorted here: their rows are looked up once it is known which.
    theirs, of_facets = subscription_terms.c.subscription_id, subscription_terms.c.facets
    met = and_(subscription_terms.c.facet == terms.c.facet, subscription_terms.c.value == terms.c.value)
    alone = select(theirs.label("id"), ALONE.label("facets")).join(terms, met).where(of_facets == ALONE)
    counted = (
        select(theirs.label("id"), func.count(distinct(subscription_terms.c.facet)).label("facets"))
        .join(terms, met)
        .where(of_facets != ALONE)
        .group_by(theirs, terms.c.subject_id)
    )
    # Who follows several of the services that a change touches would be found once for each.
    parts = [alone, counted] if one_subject else [select(union(alone, counted).subquery("narrowed"))]
    if not of_everything:
        return union_all(*parts).subquery("meeting")
    everything = select(subscriptions.c.id, literal(0).label("facets")).where(subscriptions.c.facets == OF_EVERYTHING)
    return union_all(*parts, everything).subquery("meeting")
