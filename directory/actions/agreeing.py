"""What becomes of an offer: it is accepted or approved, declined, withdrawn, overridden by an editor, or it expires.

Each is one transaction of the caller. The head of the log is held first and the offer after it, as `submit` does: two
who agree at once, or one who agrees while another withdraws, come one after the other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions import offer_letters
from directory.actions.prepare import Published, prepare
from directory.actions.screening import refuse_personal
from directory.actions.submit import Considered, publish_considered, to_approve
from directory.content.reading import draft_from_plain
from directory.domain.change import Draft
from directory.domain.offer import Need, Offer
from directory.domain.policy import Actor
from directory.domain.service import Facts, differing_fields
from directory.errors import Invalid, NotAllowed, OfferEdited, OfferOver, OfferStale, Problem
from directory.shapes import from_json, tidy
from directory.store import audit
from directory.store import offers as store
from directory.store.changes import Head, lock_head, read_head
from directory.store.database import Database

AT_ONCE = 50


def agree(connection: Connection, ref: str, *, version: int, by: Actor, at: datetime, zone: ZoneInfo) -> Offer:
    """Agree to what was read as `version`; once everybody has, the change is published. Returns it as it is then.

    Agreeing again to what was published meanwhile changes nothing. Raises `OfferNotFound`, `NotAllowed`, `OfferOver`,
    `OfferEdited`, `OfferStale` where the services changed since, and as `submit` does.
    """
    head = lock_head(connection)
    offer = store.load(connection, ref, lock=True)
    meets = offer.may_meet(by)
    if not meets:
        raise NotAllowed(_why_not(offer, by))
    if offer.state == "published" and offer.version == version:
        return offer
    _check_open(offer, version=version, at=at)
    store.meet(connection, offer, meets, by=by, at=at)
    _record(connection, "agree to offer", offer, by=by, at=at)
    if set(offer.open_needs) - meets:
        return store.load(connection, ref)
    return _publish(connection, offer, head=head, by=by, at=at, zone=zone)


def override(
    connection: Connection, ref: str, *, version: int, why: str, by: Actor, at: datetime, zone: ZoneInfo
) -> Offer:
    """Publish what waits without those who have not agreed; the reason stands in the record. For editors.

    Raises as `agree` does, and `Invalid` where no reason is given.
    """
    head = lock_head(connection)
    offer = store.load(connection, ref, lock=True)
    if not by.editor:
        raise NotAllowed("Only an editor can publish this without the agreement that it waits for.")
    _check_open(offer, version=version, at=at)
    why = _reason(why, "say why you publish it without their agreement: it stands in the record")
    # An editor who did not write it is a second person themselves.
    approved = {need for need in offer.may_meet(by) if need.kind == "approve"}
    store.meet(connection, offer, approved, by=by, at=at)
    _record(connection, "override offer", offer, by=by, at=at)
    missing = tuple(need for need in offer.open_needs if need not in approved)
    return _publish(connection, offer, head=head, by=by, at=at, zone=zone, missing=missing, why=why)


def decline(connection: Connection, ref: str, *, why: str, by: Actor, at: datetime) -> Offer:
    """Say no, with a reason that the author reads; raises as `agree` does, and `Invalid` where there is none."""
    offer = _load_open(connection, ref, at=at)
    if not offer.may_meet(by):
        raise NotAllowed(_why_not(offer, by))
    return _end(
        connection, offer, "declined", why=_reason(why, "say why: whoever offered it will read it"), by=by, at=at
    )


def withdraw_offer(connection: Connection, ref: str, *, by: Actor, at: datetime) -> Offer:
    """Take back what waits; raises `OfferNotFound`, `NotAllowed`, `OfferOver`."""
    offer = _load_open(connection, ref, at=at)
    if not offer.may_withdraw(by):
        raise NotAllowed("Only those who offered this, or an editor, can withdraw it.")
    return _end(connection, offer, "withdrawn", why="", by=by, at=at)


def expire(database: Database, *, at: datetime) -> int:
    """End what has waited for 14 days, and tell both sides; returns how many."""
    with database.read() as connection:
        if not store.any_expired(connection, at=at):
            return 0
    with database.write() as connection:
        lock_head(connection)
        over = store.expired(connection, at=at, limit=AT_ONCE)
        for offer in over:
            store.settle(connection, offer, "expired", at=at)
            offer_letters.over(connection, offer, at=at, state="expired", by=None)
    return len(over)


def _publish(
    connection: Connection,
    offer: Offer,
    *,
    head: Head,
    by: Actor,
    at: datetime,
    zone: ZoneInfo,
    missing: tuple[Need, ...] = (),
    why: str = "",
) -> Offer:
    done = _worked_out(connection, offer, head=head, at=at, zone=zone, why=why)
    fresh = to_approve(connection, done, offer.author) - set(offer.needs)
    if fresh and not why:
        return _ask_more(connection, offer, fresh, at=at)
    missing = (*missing, *sorted(fresh))
    publish_considered(
        connection,
        Considered(done, missing, may_override=True),
        head=head,
        by=offer.author,
        at=at,
        today=at.astimezone(zone).date(),
        answers=offer.reports,
        instead=by,
    )
    store.settle(connection, offer, "published", at=at, by=by, reason=why, change=done.change.number)
    offer_letters.over(connection, offer, at=at, state="published", reason=why, by=by)
    return store.load(connection, offer.ref)


def anew(offer: Offer) -> Draft:
    """The draft of an offer, upon whatever the directory says now; what it opens must still be new."""
    draft = draft_from_plain(offer.plain)
    edits = tuple(replace(edit, expected_version=edit.expected_version and None) for edit in draft.services)
    return replace(draft, services=edits)


def foresee(connection: Connection, offer: Offer, *, at: datetime, zone: ZoneInfo) -> Published:
    """What agreeing to an offer now would publish; writes nothing. Raises `OfferStale`, and as `submit` does."""
    return _worked_out(connection, offer, head=read_head(connection), at=at, zone=zone, why="")


def _worked_out(
    connection: Connection, offer: Offer, *, head: Head, at: datetime, zone: ZoneInfo, why: str
) -> Published:
    if differing := differing_since(connection, offer):
        raise OfferStale(offer.ref, differing)
    day = offer.day(at.astimezone(zone).date(), offered_on=offer.offered_at.astimezone(zone).date())
    # Their versions are compared above, more strictly.
    draft = replace(anew(offer).moved_to(day), override=why)
    return prepare(connection, [draft], by=offer.author, head=head, at=[at], zone=zone, offered=True)[0]


def _ask_more(connection: Connection, offer: Offer, needs: Collection[Need], *, at: datetime) -> Offer:
    """A service was marked critical while this waited: a second person is asked too."""
    store.add_needs(connection, offer, needs)
    offer = store.load(connection, offer.ref)
    offer_letters.ask(connection, offer, at=at)
    return offer


def differing_since(connection: Connection, offer: Offer) -> dict[str, list[str]]:
    """The fields of each service, by id, that changed since an offer was written; empty where all is as it was."""
    found: dict[str, list[str]] = {}
    for service, rows in store.versions_of(connection, offer.read).items():
        if rows[-1].number > offer.read[service]:
            found[service] = _fields_since(rows, offer.read[service])
    return found


def _fields_since(rows: Sequence[Any], read: int) -> list[str]:
    """The fields that hold otherwise on any day than they did up to version `read`."""
    known = [row for row in rows if row.number <= read]
    if not known:
        return ["it was opened"]
    fields: dict[str, None] = {}
    for day in sorted({row.effective_from for row in rows if row.number > read}):
        before, after = (from_json(Facts, _held(each, day).facts) for each in (known, rows))
        fields |= dict.fromkeys(differing_fields(before, after))
    return list(fields)


def _held(rows: Sequence[Any], day: date) -> Any:
    """The version that holds on a day; the first, of an entry that began later than that."""
    begun = [row for row in rows if row.effective_from <= day]
    return max(begun, key=lambda row: (row.effective_from, row.number)) if begun else rows[0]


def _check_open(offer: Offer, *, version: int, at: datetime) -> None:
    if offer.over(at):
        raise OfferOver(offer.ref, offer.became(at))
    if offer.version != version:
        raise OfferEdited(offer.ref, expected=version, current=offer.version)


def _load_open(connection: Connection, ref: str, *, at: datetime) -> Offer:
    lock_head(connection)
    offer = store.load(connection, ref, lock=True)
    if offer.over(at):
        raise OfferOver(ref, offer.became(at))
    return offer


def _end(connection: Connection, offer: Offer, state: str, *, why: str, by: Actor, at: datetime) -> Offer:
    store.settle(connection, offer, state, at=at, by=by, reason=why)  # type: ignore[arg-type]
    _record(connection, f"offer {state}", offer, by=by, at=at)
    offer_letters.over(connection, offer, at=at, state=state, reason=why, by=by)
    return store.load(connection, offer.ref)


def _reason(why: str, otherwise: str) -> str:
    why = tidy(why)
    if not why:
        raise Invalid([Problem("why", otherwise)])
    refuse_personal("why", why)
    return why


def _record(connection: Connection, deed: str, offer: Offer, *, by: Actor, at: datetime) -> None:
    details = {"title": offer.title, "version": offer.version}
    audit.record(connection, audit.Event(at, by, deed, f"offer {offer.ref}", details))


def _why_not(offer: Offer, by: Actor) -> str:
    if offer.own(by):
        return "This is your own: somebody else has to agree to it."
    teams = ", ".join(sorted(need.team for need in offer.needs if need.team)) or "the directory"
    return f"It takes a lead of {teams} to agree to this."
