"""Subscriptions: who asked to hear of what, and how often, with the terms that changes are matched against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select, update

from directory.domain.change import fold
from directory.domain.subscription import RANK, Channel, Facet, Frequency, Subscription
from directory.errors import PersonNotFound, SubscriptionNotFound, TeamNotFound
from directory.store.batches import in_batches
from directory.store.tables.nouns import teams
from directory.store.tables.people import people
from directory.store.tables.telling import subscription_terms, subscriptions

FREQUENCY_OF_RANK: Mapping[int, Frequency] = {rank: frequency for frequency, rank in RANK.items()}
# Changes carry these terms folded (`domain.change.facts_terms`); the others are ids, slugs and codes.
FOLDED = frozenset({"area", "need"})

Terms = frozenset[tuple[Facet, str]]
_ENDED = subscriptions.c.ended_at.is_not(None)


def subscribe(
    connection: Connection,
    *,
    criteria: Mapping[Facet, Iterable[str]],
    frequency: Frequency,
    label: str,
    at: datetime,
    person_id: int | None = None,
    team_id: str | None = None,
    channel: Channel = "mail",
    address: str | None = None,
    mandatory: bool = False,
) -> int:
    """Begin a subscription of a person or a team, and return its id; empty criteria ask for every change.

    The same criteria again on the same channel only change the frequency and the label. Raises PersonNotFound or
    TeamNotFound where there is no such subscriber (any more).
    """
    terms = _terms(criteria)
    facets = len({facet for facet, _ in terms})
    subscriber = _lock_subscriber(connection, person_id, team_id)
    # A label becomes one line among the reasons of a delivery.
    what = {"rank": RANK[frequency], "label": " ".join(label.split())}
    same = _with_terms(
        connection, and_(subscriber, subscriptions.c.channel == channel, subscriptions.c.address == address), terms
    )
    if same is not None:
        connection.execute(update(subscriptions).where(subscriptions.c.id == same).values(what))
        return same
    made = connection.execute(
        insert(subscriptions)
        .values(
            person_id=person_id,
            team_id=team_id,
            channel=channel,
            address=address,
            facets=facets,
            created_at=at,
            mandatory=mandatory,
            **what,
        )
        .returning(subscriptions.c.id)
    ).scalar_one()
    if terms:
        beside = {"subscription_id": made, "facets": facets}
        rows = [beside | {"facet": facet, "value": value} for facet, value in sorted(terms)]
        connection.execute(insert(subscription_terms), rows)
    return int(made)


def of_person(connection: Connection, person_id: int) -> list[Subscription]:
    """A person's own subscriptions that have not ended, oldest first; those of their teams are not among them."""
    return _load(connection, subscriptions.c.person_id == person_id)


def of_team(connection: Connection, team_id: str) -> list[Subscription]:
    """A team's subscriptions that have not ended, oldest first."""
    return _load(connection, subscriptions.c.team_id == team_id)


def some(connection: Connection, subscription_ids: Iterable[int]) -> list[Subscription]:
    """These subscriptions, as far as they have not ended, oldest first."""
    return [
        each
        for batch in in_batches(subscription_ids)
        for each in _load(connection, subscriptions.c.id.in_(sorted(batch)))
    ]


def one(connection: Connection, subscription_id: int, *, ended: bool = False, hold: bool = False) -> Subscription:
    """A subscription, with `ended` also one that has ended; `hold` keeps others from changing it in this transaction.

    Raises SubscriptionNotFound.
    """
    if hold:
        wanted = select(subscriptions.c.id).where(subscriptions.c.id == subscription_id).with_for_update()
        connection.execute(wanted)
    found = _load(connection, subscriptions.c.id == subscription_id, ended=ended)
    if not found:
        raise SubscriptionNotFound("There is no such subscription, or it has ended.")
    return found[0]


def alter(
    connection: Connection,
    subscription_id: int,
    *,
    frequency: Frequency,
    paused_until: datetime | None,
    mandatory: bool,
) -> None:
    """Set how often it tells, until when it is held, and whether a team's members must hear of it.

    What waits already is the work of `waiting.replan`, in the same transaction.
    """
    values = {"rank": RANK[frequency], "paused_until": paused_until, "mandatory": mandatory}
    connection.execute(update(subscriptions).where(subscriptions.c.id == subscription_id).values(values))


def pause(connection: Connection, subscription_id: int, *, until: datetime | None) -> None:
    """Hold what matches until an instant, or (None) no longer. What matched meanwhile comes afterwards, not never."""
    connection.execute(update(subscriptions).where(subscriptions.c.id == subscription_id).values(paused_until=until))


def end(connection: Connection, subscription_id: int, *, at: datetime) -> bool:
    """End a subscription; whether it had not ended before. What it matched already is still delivered."""
    return bool(_end(connection, subscriptions.c.id == subscription_id, at))


def end_all(connection: Connection, person_id: int, *, at: datetime, channel: Channel = "mail") -> int:
    """End every subscription of a person's own on a channel, and return how many there were.

    They all carry this instant as their end, by which an undo finds them.
    """
    return _end(connection, and_(subscriptions.c.person_id == person_id, subscriptions.c.channel == channel), at)


def restore(connection: Connection, subscription_id: int) -> bool:
    """Let a subscription go on that was ended; whether it had ended. Not where its subscriber began the same anew."""
    ended = _load(connection, and_(subscriptions.c.id == subscription_id, _ENDED), ended=True)
    return bool(ended) and _restore(connection, ended) == 1


def restore_all(connection: Connection, person_id: int, *, ended_at: datetime, channel: Channel = "mail") -> int:
    """Let go on what `end_all` ended at an instant; returns how many."""
    theirs = and_(subscriptions.c.person_id == person_id, subscriptions.c.channel == channel)
    return _restore(connection, _load(connection, and_(theirs, subscriptions.c.ended_at == ended_at), ended=True))


def last_ended(connection: Connection, person_id: int, *, channel: Channel = "mail") -> datetime | None:
    """When the last of a person's own subscriptions ended."""
    theirs = and_(subscriptions.c.person_id == person_id, subscriptions.c.channel == channel)
    found: datetime | None = connection.scalar(select(func.max(subscriptions.c.ended_at)).where(theirs))
    return found


def _restore(connection: Connection, ended: list[Subscription]) -> int:
    if not ended:
        return 0
    first = ended[0]
    subscriber = _lock_subscriber(connection, first.person_id, first.team_id)
    live = {(each.channel, _terms(each.criteria)) for each in _load(connection, subscriber)}
    again = [each.id for each in ended if (each.channel, _terms(each.criteria)) not in live]
    connection.execute(update(subscriptions).where(subscriptions.c.id.in_(again)).values(ended_at=None))
    return len(again)


def _end(connection: Connection, which: ColumnElement[bool], at: datetime) -> int:
    return connection.execute(
        update(subscriptions).where(which, subscriptions.c.ended_at.is_(None)).values(ended_at=at)
    ).rowcount


def _terms(criteria: Mapping[Facet, Iterable[str]]) -> Terms:
    return frozenset(
        (facet, fold(value) if facet in FOLDED else value) for facet, values in criteria.items() for value in values
    )


def _lock_subscriber(connection: Connection, person_id: int | None, team_id: str | None) -> ColumnElement[bool]:
    """Hold the subscriber's row: of two requests at once, the second must see what the first has made."""
    if (person_id is None) == (team_id is None):
        raise ValueError("a subscription is of a person or of a team")
    if person_id is not None:
        person = select(people.c.id).where(people.c.id == person_id, people.c.erased_at.is_(None)).with_for_update()
        if connection.execute(person).first() is None:
            raise PersonNotFound(f"There is no person {person_id}.")
        return subscriptions.c.person_id == person_id
    team = select(teams.c.id).where(teams.c.id == team_id).with_for_update()
    if connection.execute(team).first() is None:
        raise TeamNotFound(f"There is no team {team_id}.")
    return subscriptions.c.team_id == team_id


def _with_terms(connection: Connection, which: ColumnElement[bool], terms: Terms) -> int | None:
    found = _load(connection, which)
    return next((each.id for each in found if _terms(each.criteria) == terms), None)


def _load(connection: Connection, which: ColumnElement[bool], *, ended: bool = False) -> list[Subscription]:
    statement = (
        select(subscriptions, subscription_terms.c.facet, subscription_terms.c.value)
        .outerjoin(subscription_terms, subscription_terms.c.subscription_id == subscriptions.c.id)
        .where(which)
        .order_by(subscriptions.c.id, subscription_terms.c.facet, subscription_terms.c.value)
    )
    rows = connection.execute(statement if ended else statement.where(subscriptions.c.ended_at.is_(None))).all()
    criteria: dict[int, dict[Facet, tuple[str, ...]]] = {}
    for row in rows:
        facets = criteria.setdefault(row.id, {})
        if row.facet is not None:
            facets[row.facet] = (*facets.get(row.facet, ()), row.value)
    return [
        Subscription(
            id=row.id,
            person_id=row.person_id,
            team_id=row.team_id,
            criteria=criteria[row.id],
            frequency=FREQUENCY_OF_RANK[row.rank],
            channel=row.channel,
            label=row.label,
            created_at=row.created_at,
            paused_until=row.paused_until,
            ended_at=row.ended_at,
            mandatory=row.mandatory,
        )
        for row in {row.id: row for row in rows}.values()
    ]
