"""Keep a change that somebody is still writing, task by task, and send it when it is ready: once.

What is kept is checked for patient data first; that a change as a whole keeps the rules is for `submit` to say.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions import beginning
from directory.actions.audience import audience_of
from directory.actions.prepare import Published
from directory.actions.screening import personal
from directory.actions.submit import revise, submit
from directory.actions.take_back import withdrawing
from directory.content.reading import draft_from_plain
from directory.content.records import draft_plain
from directory.domain.change import Draft
from directory.domain.offer import Offer
from directory.domain.policy import Actor
from directory.domain.writing import Sent, Writing
from directory.errors import DraftNotFound, Invalid, NotAllowed, OfferOver, Problem
from directory.store import drafts as draft_store
from directory.store import offers as offer_store
from directory.store.database import Database

LISTED = 100
PASSED = "The day from which it was to hold has passed. Choose: from today, or as a correction of the past."


def start(connection: Connection, writing: Writing, *, by: Actor, at: datetime) -> Writing:
    """Keep a new draft for whoever writes it; raises `NotAllowed` where they could publish nothing."""
    made = replace(writing, id=secrets.token_hex(8), person_id=_author(by), updated_at=at)
    draft_store.add(connection, _row(made, at))
    return made


def edit_offer(connection: Connection, ref: str, *, by: Actor, at: datetime, zone: ZoneInfo) -> Writing:
    """The draft in which its author edits what waits, begun or gone on with; of what is over, one to offer it anew.

    Raises `OfferNotFound`, `NotAllowed` for anybody else, and `OfferOver` for what was published.
    """
    offer = offer_store.load(connection, ref)
    if not offer.own(by):
        raise NotAllowed("Only whoever offered this can edit it.")
    if offer.state == "published":
        raise OfferOver(ref, offer.state)
    begun = next((each for each in own(connection, by=by) if each.offer == ref), None)
    if begun is not None:
        return begun
    today, offered_on = at.astimezone(zone).date(), offer.offered_at.astimezone(zone).date()
    return start(connection, beginning.editing(offer, today=today, offered_on=offered_on), by=by, at=at)


def load(connection: Connection, draft_id: str, *, by: Actor, hold: bool = False) -> Writing:
    """A draft of the actor's own; raises `DraftNotFound`, for another's too."""
    row = draft_store.load(connection, draft_id, person_id=_author(by), hold=hold)
    if row is None:
        message = "There is no such draft, or it was deleted. Drafts are kept for 90 days."
        raise DraftNotFound(message, anothers=draft_store.is_there(connection, draft_id))
    return _writing(row)


def own(connection: Connection, *, by: Actor) -> list[Writing]:
    """The actor's drafts, the last saved first."""
    return [_writing(row) for row in draft_store.open_ones(connection, person_id=_author(by), limit=LISTED)]


def save(
    database: Database, draft_id: str, edit: Callable[[Connection, Writing], Writing], *, by: Actor, at: datetime
) -> Writing:
    """Keep what `edit` makes of a draft; raises `DraftNotFound` and, for patient data, `Invalid`: then nothing is kept.

    The draft is held meanwhile, so that what another tab saves of another task is not lost.
    """
    with database.write() as connection:
        held = load(connection, draft_id, by=by, hold=True)
        if held.sent is not None:
            return held
        made = replace(edit(connection, held), updated_at=at)
        if problems := personal(made.draft):
            raise Invalid(problems)
        draft_store.put(connection, _row(made, at))
    return made


def delete(database: Database, draft_id: str, *, by: Actor) -> None:
    """Let go of a draft; raises `DraftNotFound`."""
    with database.write() as connection:
        if not draft_store.remove(connection, draft_id, person_id=_author(by)):
            load(connection, draft_id, by=by)
            raise DraftNotFound("There is no such draft, or it was published or deleted.")


def send(database: Database, draft_id: str, *, override: str, by: Actor, at: datetime, zone: ZoneInfo) -> Writing:
    """Publish a draft, or offer it to those who have to agree: once, the second time it only says what became of it.

    The report that it answers is settled by it; the offer that it edits is offered anew, if it still waits.

    Raises as `submit` does, and `Invalid` while tasks are left, or where its day has passed meanwhile; then nothing is
    written, and the draft stays.
    """
    today = at.astimezone(zone).date()
    with database.write() as connection:
        held = load(connection, draft_id, by=by, hold=True)
        if held.sent is not None:
            return held
        if left := held.next_task():
            raise Invalid([Problem(left.step, "this is still to be done before it can be published")])
        if held.has_passed(today):
            raise Invalid([Problem("passed", PASSED)])
        draft = replace(ready(connection, held, today=today), override=override)
        if held.offer and not offer_store.load(connection, held.offer).over(at):
            done = revise(connection, held.offer, draft, by=by, at=at, zone=zone)
        else:
            answers = [held.report] if held.report else []
            done = submit(connection, draft, by=by, at=at, zone=zone, answers=answers)
        made = replace(held, draft=draft, sent=_sent(connection, done), updated_at=at)
        draft_store.put(connection, _row(made, at))
    return made


def ready(connection: Connection, writing: Writing, *, today: date) -> Draft:
    """The draft as it is to be published on a day: a withdrawal begins then, or with what it withdraws."""
    gone = writing.draft.supersedes
    if gone is None or not writing.withdraws:
        return writing.on(today).draft
    return replace(writing.draft, effective_from=withdrawing(connection, gone, today=today).effective_from)


def _sent(connection: Connection, done: Published | Offer) -> Sent:
    if not isinstance(done, Published):
        return Sent(offer=done.ref)
    found = audience_of(connection, done)
    return Sent(done.change.number, people=found.people, teams=found.teams)


def _author(by: Actor) -> int:
    if by.person_id is None:
        raise NotAllowed("Sign in to write a change: a draft is somebody's own.")
    return by.person_id


def _row(writing: Writing, at: datetime) -> draft_store.Row:
    body = {
        "draft": draft_plain(writing.draft),
        "asked": list(writing.asked),
        "done": sorted(writing.done),
        "dated": writing.dated,
        "report": writing.report,
        "offer": writing.offer,
        "sent": asdict(writing.sent) if writing.sent else None,
    }
    return draft_store.Row(writing.id, writing.person_id, "sent" if writing.sent else "open", body, at)


def _writing(row: draft_store.Row) -> Writing:
    body = row.body
    return Writing(
        id=row.id,
        person_id=row.person_id,
        draft=draft_from_plain(body["draft"]),
        asked=tuple(body["asked"]),
        done=frozenset(body["done"]),
        # Drafts of the version before had neither.
        dated=body.get("dated", "day"),
        report=body["report"],
        offer=body.get("offer", ""),
        updated_at=row.updated_at,
        sent=Sent(**body["sent"]) if body["sent"] else None,
    )
