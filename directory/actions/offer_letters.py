"""Who is written to about what waits: those who can agree when it is offered, both sides when it is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from directory.domain.change import Change
from directory.domain.offer import REVIEW_WITHIN, Need, Offer
from directory.domain.policy import Actor
from directory.store import letters
from directory.store import offers as store
from directory.store.versions import find_ids, load_in_force

# How long the news of what became of an offer is worth sending.
NEWS_FOR = timedelta(days=3)


def ask(connection: Connection, offer: Offer, *, at: datetime) -> None:
    """Ask those who can agree: the leads of each team or, where there is none, the editors."""
    facts = {"ref": offer.ref, "title": offer.title, "until": offer.expires_at.isoformat()}
    facts |= {"day": offer.effective_from.isoformat(), "by": _named(connection, offer.teams, on=offer.effective_from)}
    people = _who_can(connection, offer.open_needs) - {offer.author.person_id}
    _write(connection, "offer", people, facts, at=at, until=offer.expires_at)


def over(connection: Connection, offer: Offer, *, at: datetime, state: str, reason: str = "", by: Actor | None) -> None:
    """Tell both sides what became of it, but not whoever did it."""
    facts = {"ref": offer.ref, "title": offer.title, "state": state, "reason": reason}
    author = {offer.author.person_id} if offer.author.person_id is not None else _leads(connection, offer.teams)
    people = (author | _who_can(connection, offer.needs)) - {by.person_id if by else None}
    _write(connection, "offer-over", people, facts, at=at, until=at + NEWS_FOR)


def emergency(connection: Connection, change: Change, *, by: Actor, at: datetime) -> None:
    """Tell the editors of a change that one person published alone."""
    facts = {"number": change.number, "title": change.title, "reason": change.override}
    people = set(store.editors(connection)) - {by.person_id}
    _write(connection, "emergency", people, facts, at=at, until=at + max(NEWS_FOR, REVIEW_WITHIN))


def _named(connection: Connection, slugs: Iterable[str], *, on: date) -> str:
    ids = find_ids(connection, "team", slugs)
    rows = load_in_force(connection, "team", ids.values(), on=on)
    return ", ".join(sorted(row.facts.name for row in rows.values()))


def _who_can(connection: Connection, needs: Iterable[Need]) -> set[int | None]:
    needs = tuple(needs)
    leads = store.leads_of(connection, {need.team for need in needs})
    found: set[int | None] = {person for people in leads.values() for person in people}
    if any(need.team not in leads for need in needs):
        found |= set(store.editors(connection))
    return found


def _leads(connection: Connection, teams: Iterable[str]) -> set[int | None]:
    return {person for people in store.leads_of(connection, teams).values() for person in people}


def _write(
    connection: Connection,
    kind: str,
    people: Iterable[int | None],
    facts: Mapping[str, object],
    *,
    at: datetime,
    until: datetime,
) -> None:
    to = store.addresses(connection, [person for person in people if person is not None])
    letters.queue_all(connection, [(kind, email, facts) for email in to], at=at, expires_at=until)
