"""Deliveries: which change is told to whom, matched in the database; and whom a change not yet written would reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    String,
    and_,
    column,
    distinct,
    exists,
    func,
    literal,
    or_,
    select,
    update,
    values,
)

from directory.domain.change import Stage
from directory.store import channel_events, taken_back
from directory.store.database import sort_in_memory
from directory.store.recipients import delivery_rows, recipients, write_rows
from directory.store.sending import PENDING
from directory.store.tables.changes import change_terms, changes
from directory.store.tables.people import people
from directory.store.tables.telling import deliveries, digests, subscription_terms, subscriptions

# Three parameters a row, and SQLite takes 32,766 in a statement.
TERMS_AT_ONCE = 8_000
TOLD_AT: dict[Stage, Column[datetime]] = {"announced": changes.c.announced_at, "in-force": changes.c.told_in_force_at}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change whose stage has not been told; what decides whether it was future-dated when it was published."""

    number: int
    effective_from: date
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a change would reach: people (each once), teams that subscribe, and people by reason, most first.

    `channels` are rooms and programs: Teams, Slack, webhooks.
    """

    people: int
    teams: int
    by_subscription: tuple[tuple[str, int], ...]
    channels: int = 0


def waiting(connection: Connection, stage: Stage, *, today: date, limit: int) -> list[Waiting]:
    """The oldest changes whose stage is still to be told; in-force waits until `today` is the effective day."""
    rows = connection.execute(
        select(changes.c.number, changes.c.effective_from, changes.c.recorded_at)
        .where(_untold(stage, today))
        .order_by(changes.c.number)
        .limit(limit)
    )
    return [Waiting(row.number, row.effective_from, row.recorded_at) for row in rows]


def pass_over(connection: Connection, stage: Stage, *, at: datetime, today: date) -> int:
    """Mark, in one statement, every waiting change that nobody is told of: minor, withdrawn, or of no subscription."""
    met = exists().where(
        change_terms.c.change_number == changes.c.number,
        subscription_terms.c.facet == change_terms.c.facet,
        subscription_terms.c.value == change_terms.c.value,
        subscriptions.c.id == subscription_terms.c.subscription_id,
        subscriptions.c.ended_at.is_(None),
    )
    everything = exists().where(subscriptions.c.facets == 0, subscriptions.c.ended_at.is_(None))
    # Who was told of what a change takes the place of hears of it too.
    unmet = and_(~met, ~everything, changes.c.supersedes.is_(None), changes.c.reverses.is_(None))
    nobody = or_(changes.c.weight != "major", changes.c.status != "published", unmet)
    done = update(changes).where(_untold(stage, today), nobody).values({TOLD_AT[stage]: at})
    return connection.execute(done).rowcount


def mark(connection: Connection, stage: Stage, numbers: Sequence[int], *, at: datetime) -> None:
    """Mark changes as told at a stage, without telling anybody."""
    told = TOLD_AT[stage]
    connection.execute(update(changes).where(changes.c.number.in_(numbers), told.is_(None)).values({told: at}))


def tell(connection: Connection, number: int, stage: Stage, *, subscribed_by: datetime, at: datetime) -> int:
    """Mark one change as told at a stage and write its deliveries (one for each person) and the events of channels.

    Only subscriptions that had begun by an instant count: who subscribes today asks for what comes, not for old news.
    Of a change that takes another's place, those who were told of that one are told that it was withdrawn or amended;
    of one that sets another back, they are told like those who follow it.
    Returns how many; 0 where another process was faster, or the change is minor or withdrawn.
    """
    told = TOLD_AT[stage]
    # The mark comes first: its row lock makes a second process wait, and then find nothing to do.
    change = connection.execute(
        update(changes)
        .where(changes.c.number == number, told.is_(None))
        .values({told: at})
        .returning(changes.c.urgent, changes.c.weight, changes.c.status, changes.c.reverses)
    ).first()
    if change is None or change.weight != "major" or change.status != "published":
        return 0
    written = 0
    sort_in_memory(connection)
    gone = taken_back.gone_before(connection, number) if stage == "announced" else []
    withdrawal = bool(gone) and taken_back.only_withdraws(connection, number)
    if gone:
        instead = "withdrawn" if withdrawal else "amended"
        rows = taken_back.told_rows(gone, number, stage=instead, urgent=change.urgent, at=at)
        written += write_rows(connection, ("change_number", "stage"), rows)
        written += channel_events.tell_instead(connection, number, instead, gone, at=at)
    if not withdrawal:
        mine = change_terms.c.change_number == number
        terms = select(change_terms).where(mine).subquery("terms")
        subjects = connection.scalar(select(func.count(distinct(change_terms.c.subject_id))).where(mine))
        found = recipients(terms, subscribed_by=subscribed_by, one_subject=subjects == 1)
        if gone:
            found = found.where(~taken_back.was_told(people.c.id, literal("mail"), gone))
        about = (literal(number), literal(stage))
        chosen = delivery_rows(found.subquery("found"), about, urgent=change.urgent, at=at)
        # The mark lets one transaction come here for a change and stage, ever: nobody has theirs already.
        written += write_rows(connection, ("change_number", "stage"), chosen, new=True)
        written += channel_events.tell(connection, number, stage, terms, subscribed_by=subscribed_by, at=at)
    if change.reverses and stage == "announced":
        # Whatever they follow by now. Who matched already has their delivery, with its own reasons.
        back = [change.reverses, *taken_back.gone_before(connection, change.reverses)]
        rows = taken_back.told_rows(back, number, stage=stage, urgent=change.urgent, at=at)
        written += write_rows(connection, ("change_number", "stage"), rows)
    return written


def audience(connection: Connection, terms: Iterable[tuple[str, str, str]]) -> Audience:
    """Whom a change with these (service, facet, value) terms would reach now, were it published; nothing is written."""
    told: set[int] = set()
    teams: set[str] = set()
    by_label: dict[str, set[int]] = defaultdict(set)
    rooms: set[int] = set()
    for part in _parts(terms):
        wanted = [column(name, String()) for name in ("subject_id", "facet", "value")]
        given = values(*wanted, name="given").data(part).cte("terms")
        found = recipients(given).subquery()
        columns = (found.c.person_id, found.c.label, found.c.team_id)
        for row in connection.execute(select(*columns).distinct()):
            told.add(row.person_id)
            by_label[row.label].add(row.person_id)
            if row.team_id is not None:
                teams.add(row.team_id)
        rooms |= channel_events.reached(connection, given)
    counts = sorted(((label, len(ids)) for label, ids in by_label.items()), key=lambda found: (-found[1], found[0]))
    return Audience(len(told), len(teams), tuple(counts), len(rooms))


def drop_untellable(connection: Connection, *, at: datetime) -> int:
    """Drop what must not be sent any more: changes withdrawn since, people erased. Leaves alone what is being sent."""
    withdrawn = and_(
        deliveries.c.stage.in_(("announced", "in-force", "amended")),
        deliveries.c.change_number.in_(select(changes.c.number).where(changes.c.status == "withdrawn")),
    )
    erased = deliveries.c.person_id.in_(select(people.c.id).where(people.c.erased_at.is_not(None)))
    return _drop(connection, withdrawn, "the change was withdrawn", at) + _drop(
        connection, erased, "the person was erased", at
    )


def drop_of_person(connection: Connection, person_id: int, *, at: datetime, channel: str = "mail") -> int:
    """Drop what waits for a person who has unsubscribed from a channel."""
    theirs = and_(deliveries.c.person_id == person_id, deliveries.c.channel == channel)
    return _drop(connection, theirs, "unsubscribed", at)


def _drop(connection: Connection, which: ColumnElement[bool], reason: str, at: datetime) -> int:
    sending = and_(deliveries.c.lease.is_not(None), deliveries.c.leased_until > at)
    in_sending_digest = exists().where(
        digests.c.id == deliveries.c.digest_id, digests.c.lease.is_not(None), digests.c.leased_until > at
    )
    return connection.execute(
        update(deliveries)
        .where(deliveries.c.state == PENDING, which, ~sending, ~in_sending_digest)
        .values(state="dropped", settled_at=at, reason=reason, lease=None, leased_until=None)
    ).rowcount


def _untold(stage: Stage, today: date) -> ColumnElement[bool]:
    if stage == "announced":
        return changes.c.announced_at.is_(None)
    # Announced first, so that nobody is told "from today" before hearing what.
    return and_(
        changes.c.told_in_force_at.is_(None), changes.c.effective_from <= today, changes.c.announced_at.is_not(None)
    )


def _parts(terms: Iterable[tuple[str, str, str]]) -> list[list[tuple[str, str, str]]]:
    """The terms in parts that fit a statement; those of one service stay together, as they match together."""
    by_subject: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for term in set(terms):
        by_subject[term[0]].append(term)
    parts: list[list[tuple[str, str, str]]] = []
    for group in by_subject.values():
        if not parts or len(parts[-1]) + len(group) > TERMS_AT_ONCE:
            parts.append([])
        parts[-1].extend(group)
    # Without a term there are still those who asked for every change.
    return parts or [[("", "", "")]]
