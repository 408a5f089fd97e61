"""What people hear of because their team is subscribed, and which of it they have opted out of."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, FromClause, and_, delete, exists, func, select
from sqlalchemy.dialects import postgresql

from directory.domain.subscription import Subscription
from directory.store import subscriptions as own
from directory.store.tables.following import opt_outs
from directory.store.tables.nouns import teams
from directory.store.tables.people import memberships, people
from directory.store.tables.telling import subscriptions


@dataclass(frozen=True, slots=True)
class TeamSubscription:
    """A subscription of a team (slug), as one of its members has it."""

    subscription: Subscription
    team: str
    opted_out: bool

    @property
    def heard(self) -> bool:
        """Whether they hear of it."""
        return self.subscription.mandatory or not self.opted_out


def of_member(connection: Connection, person_id: int) -> list[TeamSubscription]:
    """What a person's teams are subscribed to, oldest first."""
    rows = connection.execute(
        select(subscriptions.c.id, teams.c.slug, opt_outs.c.at)
        .join(teams, teams.c.id == subscriptions.c.team_id)
        .join(memberships, and_(memberships.c.team_id == teams.c.id, memberships.c.person_id == person_id))
        .outerjoin(opt_outs, and_(opt_outs.c.subscription_id == subscriptions.c.id, opt_outs.c.person_id == person_id))
        .where(subscriptions.c.ended_at.is_(None))
    ).all()
    found = {row.id: row for row in rows}
    return [
        TeamSubscription(each, found[each.id].slug, found[each.id].at is not None)
        for each in own.some(connection, found)
    ]


def slug_of(connection: Connection, team_id: str) -> str:
    """A team's slug."""
    return str(connection.scalar(select(teams.c.slug).where(teams.c.id == team_id)))


def members(connection: Connection, team_id: str) -> list[int]:
    """The ids of the people of a team."""
    return list(connection.scalars(select(memberships.c.person_id).where(memberships.c.team_id == team_id)))


def opt_out(connection: Connection, person_id: int, subscription_ids: Iterable[int], *, at: datetime) -> int:
    """Let a person hear no more of what their team is subscribed to; returns how much they heard of until now."""
    rows = [{"subscription_id": each, "person_id": person_id, "at": at} for each in subscription_ids]
    if not rows:
        return 0
    # PostgreSQL's spelling of ON CONFLICT is SQLite's too.
    statement = postgresql.insert(opt_outs).values(rows).on_conflict_do_nothing()
    return connection.execute(statement.execution_options(preserve_rowcount=True)).rowcount


def opt_in(
    connection: Connection,
    person_id: int,
    *,
    subscription_ids: Collection[int] | None = None,
    since: datetime | None = None,
) -> int:
    """Let a person hear of it again: of these, or of what they opted out of at an instant; returns how much."""
    which = [opt_outs.c.person_id == person_id]
    if subscription_ids is not None:
        which.append(opt_outs.c.subscription_id.in_(subscription_ids))
    if since is not None:
        which.append(opt_outs.c.at == since)
    return connection.execute(delete(opt_outs).where(*which)).rowcount


def last_opt_out(connection: Connection, person_id: int) -> datetime | None:
    """When a person last opted out of something."""
    found: datetime | None = connection.scalar(select(func.max(opt_outs.c.at)).where(opt_outs.c.person_id == person_id))
    return found


def does_not_want(of: FromClause = subscriptions) -> ColumnElement[bool]:
    """Whether `people` opted out of subscriptions, in a query that joins both."""
    given_up = exists().where(opt_outs.c.subscription_id == of.c.id, opt_outs.c.person_id == people.c.id)
    return and_(of.c.team_id.is_not(None), of.c.mandatory.is_(False), given_up)
