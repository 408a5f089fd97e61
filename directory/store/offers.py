"""Offers: changes that wait for agreement, who has to agree, and what became of each."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, exists, or_, select, update

from directory.domain.offer import Need, Offer, State
from directory.domain.policy import Actor, Role
from directory.errors import OfferNotFound
from directory.store.batches import read_json, write_json
from directory.store.tables.learning import reports
from directory.store.tables.nouns import service_versions, teams
from directory.store.tables.offering import offer_needs, offer_reports, offers
from directory.store.tables.people import memberships, people

# Letters and digits that nobody reads for one another, over the telephone too.
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
_LENGTH = 10


def add(
    connection: Connection,
    plain: Mapping[str, Any],
    *,
    author: Actor,
    needs: Iterable[Need],
    read: Mapping[str, int],
    at: datetime,
    expires_at: datetime,
    report_ids: Iterable[int] = (),
) -> str:
    """Keep a change that waits, as plain data; returns its reference. `report_ids` are the reports that it answers."""
    ref = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    row = {
        "ref": ref,
        "draft": write_json(plain),
        "person_id": author.person_id,
        "actor": author.name,
        "editor": author.editor,
        "teams": write_json(sorted(author.leads)),
        "offered_at": at,
        "expires_at": expires_at,
        "version": 1,
        "read": write_json(read),
        "state": "waiting",
        "reason": "",
    }
    key = connection.execute(offers.insert().values(row).returning(offers.c.id)).scalar_one()
    _insert_needs(connection, key, needs)
    if answered := [{"offer_id": key, "report_id": report} for report in sorted(set(report_ids))]:
        connection.execute(offer_reports.insert(), answered)
    return ref


def rewrite(
    connection: Connection,
    offer: Offer,
    plain: Mapping[str, Any],
    *,
    needs: Iterable[Need],
    read: Mapping[str, int],
    at: datetime,
    expires_at: datetime,
) -> None:
    """Put another draft in place of what waits: nobody has agreed to it yet."""
    values = {
        "draft": write_json(plain),
        "read": write_json(read),
        "version": offer.version + 1,
        "offered_at": at,
        "expires_at": expires_at,
    }
    connection.execute(update(offers).where(offers.c.id == offer.id).values(values))
    connection.execute(delete(offer_needs).where(offer_needs.c.offer_id == offer.id))
    _insert_needs(connection, offer.id, needs)


def add_needs(connection: Connection, offer: Offer, needs: Iterable[Need]) -> None:
    """Have others agree as well."""
    _insert_needs(connection, offer.id, needs)


def _insert_needs(connection: Connection, offer_id: int, needs: Iterable[Need]) -> None:
    rows = [{"offer_id": offer_id, "kind": need.kind, "team": need.team} for need in sorted(needs)]
    connection.execute(offer_needs.insert(), rows)


def load(connection: Connection, ref: str, *, lock: bool = False) -> Offer:
    """One offer; raises OfferNotFound. A lock is held until the transaction ends."""
    statement = select(offers).where(offers.c.ref == ref)
    found = _read(connection, statement.with_for_update() if lock else statement)
    if not found:
        raise OfferNotFound("There is no such offer. Check the address.")
    return found[0]


def of_change(connection: Connection, number: int) -> Offer | None:
    """The offer that a change was published from; None where it did not wait."""
    return next(iter(_read(connection, select(offers).where(offers.c.change_number == number))), None)


def of_report(connection: Connection, report_id: int) -> Offer | None:
    """The last offer that answers a report; None where none does."""
    answering = select(offer_reports.c.offer_id).where(offer_reports.c.report_id == report_id)
    last = select(offers).where(offers.c.id.in_(answering)).order_by(offers.c.id.desc()).limit(1)
    return next(iter(_read(connection, last)), None)


@dataclass(frozen=True, slots=True)
class Agreement:
    """One need of a change that was published, and how it was met: by an editor instead (None: not known), or not."""

    need: Need
    met: bool
    as_editor: bool | None


def agreements(connection: Connection, number: int) -> list[Agreement]:
    """Who had to agree to a change before it was published, and whether they did; empty where nobody was asked."""
    asked = (
        select(offer_needs)
        .join(offers, offers.c.id == offer_needs.c.offer_id)
        .where(offers.c.change_number == number)
        .order_by(offer_needs.c.kind, offer_needs.c.team)
    )
    return [
        Agreement(Need(row.kind, row.team), row.agreed_at is not None, row.as_editor)
        for row in connection.execute(asked)
    ]


def meet(connection: Connection, offer: Offer, needs: Iterable[Need], *, by: Actor, at: datetime) -> None:
    """Write down who agreed, for some needs."""
    for need in needs:
        here = (offer_needs.c.offer_id == offer.id, offer_needs.c.kind == need.kind, offer_needs.c.team == need.team)
        open_one = update(offer_needs).where(*here, offer_needs.c.agreed_at.is_(None))
        as_editor = need.team not in by.leads
        connection.execute(open_one.values(agreed_at=at, agreed_by=by.person_id, as_editor=as_editor))


def settle(
    connection: Connection,
    offer: Offer,
    state: State,
    *,
    at: datetime,
    by: Actor | None = None,
    reason: str = "",
    change: int | None = None,
) -> None:
    """Write down what became of an offer."""
    values = {"state": state, "reason": reason, "settled_at": at, "change_number": change}
    values |= {"settled_by": by.person_id if by else None}
    connection.execute(update(offers).where(offers.c.id == offer.id).values(values))


def expired(connection: Connection, *, at: datetime, limit: int) -> list[Offer]:
    """Those that wait although their time is over, oldest first, held until the transaction ends."""
    over = select(offers).where(offers.c.state == "waiting", offers.c.expires_at <= at)
    return _read(connection, over.order_by(offers.c.expires_at).limit(limit).with_for_update(skip_locked=True))


def any_expired(connection: Connection, *, at: datetime) -> bool:
    """Whether there is any: asked twice a second, it must not keep a writer from the database."""
    over = select(offers.c.id).where(offers.c.state == "waiting", offers.c.expires_at <= at)
    return connection.execute(over.limit(1)).first() is not None


def for_actor(
    connection: Connection, actor: Actor, *, limit: int, after: tuple[bool, int] | None = None
) -> list[Offer]:
    """The offers that an actor may read: those that wait first, then by when they were made, newest first.

    `after` is whether the last one read was waiting, and its id: what settled meanwhile may come twice.
    """
    statement = select(offers)
    if after is not None:
        settled, older = offers.c.state != "waiting", offers.c.id < after[1]
        statement = statement.where(or_(settled, older) if after[0] else and_(settled, older))
    if not actor.editor:
        asked = exists().where(offer_needs.c.offer_id == offers.c.id, offer_needs.c.team.in_(sorted(actor.leads)))
        led = [offers.c.teams.contains(write_json(team), autoescape=True) for team in sorted(actor.leads)]
        statement = statement.where(or_(offers.c.person_id == actor.person_id, asked, *led))
    return _read(connection, statement.order_by((offers.c.state != "waiting"), offers.c.id.desc()).limit(limit))


def leads_of(connection: Connection, slugs: Iterable[str]) -> dict[str, list[int]]:
    """The people, by id, who lead or administer some teams, by the team's slug."""
    statement = (
        select(teams.c.slug, memberships.c.person_id)
        .join(teams, teams.c.id == memberships.c.team_id)
        .join(people, people.c.id == memberships.c.person_id)
        .where(teams.c.slug.in_(sorted(slugs)), memberships.c.role != "reader", people.c.email.is_not(None))
        .order_by(memberships.c.person_id)
    )
    found: dict[str, list[int]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.slug, []).append(row.person_id)
    return found


def editors(connection: Connection) -> list[int]:
    """Every editor who can be written to, by id."""
    statement = select(people.c.id).where(people.c.editor.is_(True), people.c.email.is_not(None))
    return list(connection.scalars(statement.order_by(people.c.id)))


def addresses(connection: Connection, ids: Iterable[int]) -> list[str]:
    """The addresses of some people, each once."""
    statement = select(people.c.email).where(people.c.id.in_(sorted(set(ids))), people.c.email.is_not(None))
    return list(connection.scalars(statement.order_by(people.c.id)))


def versions_of(connection: Connection, ids: Iterable[str]) -> dict[str, list[Any]]:
    """Every version of some services, in the order of their numbers: rows of number, effective_from and facts."""
    versions = service_versions
    columns = (versions.c.subject_id, versions.c.number, versions.c.effective_from, versions.c.facts)
    asked = select(*columns).where(versions.c.subject_id.in_(sorted(ids)))
    found: dict[str, list[Any]] = {}
    for row in connection.execute(asked.order_by(versions.c.subject_id, versions.c.number)):
        found.setdefault(row.subject_id, []).append(row)
    return found


def _read(connection: Connection, statement: Select[Any]) -> list[Offer]:
    rows = connection.execute(statement).all()
    ids = [row.id for row in rows]
    needs, answered = _needs(connection, ids), _reports(connection, ids)
    return [_offer(row, needs.get(row.id, ()), answered.get(row.id, ())) for row in rows]


def _needs(connection: Connection, ids: Sequence[int]) -> dict[int, list[Any]]:
    statement = select(offer_needs).where(offer_needs.c.offer_id.in_(ids))
    found: dict[int, list[Any]] = {}
    for row in connection.execute(statement.order_by(offer_needs.c.kind, offer_needs.c.team)):
        found.setdefault(row.offer_id, []).append(row)
    return found


def _reports(connection: Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    statement = select(offer_reports.c.offer_id, reports.c.ref).join(reports, reports.c.id == offer_reports.c.report_id)
    found: dict[int, list[str]] = {}
    for row in connection.execute(statement.where(offer_reports.c.offer_id.in_(ids)).order_by(reports.c.id)):
        found.setdefault(row.offer_id, []).append(row.ref)
    return found


def _offer(row: Any, needs: Iterable[Any], answered: Iterable[str]) -> Offer:
    asked = [(Need(need.kind, need.team), need.agreed_at is not None) for need in needs]
    roles: dict[str, Role] = dict.fromkeys(read_json(row.teams), "lead")
    author = Actor(row.actor, row.person_id, row.editor, roles)
    return Offer(
        id=row.id,
        ref=row.ref,
        plain=read_json(row.draft),
        state=row.state,
        author=author,
        offered_at=row.offered_at,
        expires_at=row.expires_at,
        version=row.version,
        read=read_json(row.read),
        needs=tuple(need for need, _ in asked),
        agreed=frozenset(need for need, met in asked if met),
        reason=row.reason,
        settled_at=row.settled_at,
        change_number=row.change_number,
        reports=tuple(answered),
    )
