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

from directory.actions.audience import audience_of
from directory.actions.prepare import Published
from directory.actions.reports import settle_by_change
from directory.actions.screening import personal_problems
from directory.actions.submit import submit
from directory.actions.take_back import withdrawing
from directory.content.reading import draft_from_plain
from directory.content.records import draft_plain
from directory.domain.change import Draft
from directory.domain.offer import Offer
from directory.domain.policy import Actor
from directory.domain.service import Facts
from directory.domain.writing import Sent, Writing
from directory.errors import DraftNotFound, Invalid, NotAllowed, Problem
from directory.shapes import set_to_plain, to_plain
from directory.store import drafts as draft_store
from directory.store.database import Database

LISTED = 100
# Where telephone numbers stand: one in eleven of those written +44 would pass for an NHS number.
NUMBERS = frozenset({"value", "address", "code"})


def start(connection: Connection, writing: Writing, *, by: Actor, at: datetime) -> Writing:
    """Keep a new draft for whoever writes it; raises `NotAllowed` where they could publish nothing."""
    made = replace(writing, id=secrets.token_hex(8), person_id=_author(by), updated_at=at)
    draft_store.add(connection, _row(made, at))
    return made


def load(connection: Connection, draft_id: str, *, by: Actor, hold: bool = False) -> Writing:
    """A draft of the actor's own; raises `DraftNotFound`, for another's too."""
    row = draft_store.load(connection, draft_id, person_id=_author(by), hold=hold)
    if row is None:
        raise DraftNotFound("There is no such draft, or it was deleted. Drafts are kept for 90 days.")
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
            raise DraftNotFound("There is no such draft, or it was published or deleted.")


def send(database: Database, draft_id: str, *, override: str, by: Actor, at: datetime, zone: ZoneInfo) -> Writing:
    """Publish a draft, or offer it to those who have to agree: once, the second time it only says what became of it.

    The report that it answers is settled by it.

    Raises as `submit` does, and `Invalid` while tasks are left; then nothing is written, and the draft stays.
    """
    with database.write() as connection:
        held = load(connection, draft_id, by=by, hold=True)
        if held.sent is not None:
            return held
        if left := held.next_task():
            raise Invalid([Problem(left.step, "this is still to be done before it can be published")])
        draft = replace(ready(connection, held, today=at.astimezone(zone).date()), override=override)
        if problems := personal(draft):
            raise Invalid(problems)
        done = submit(connection, draft, by=by, at=at, zone=zone)
        if held.report and isinstance(done, Published):
            today = at.astimezone(zone).date()
            settle_by_change(connection, [held.report], done.change.number, by=by, at=at, today=today)
        made = replace(held, draft=draft, sent=_sent(connection, done), updated_at=at)
        draft_store.put(connection, _row(made, at))
    return made


def ready(connection: Connection, writing: Writing, *, today: date) -> Draft:
    """The draft as it is to be published on a day: a withdrawal begins then, or with what it withdraws."""
    gone = writing.draft.supersedes
    if gone is None or not writing.withdraws:
        return writing.draft
    return replace(writing.draft, effective_from=withdrawing(connection, gone, today=today).effective_from)


def _sent(connection: Connection, done: Published | Offer) -> Sent:
    if not isinstance(done, Published):
        return Sent(offer=done.ref)
    found = audience_of(connection, done)
    return Sent(done.change.number, people=found.people, teams=found.teams)


def personal(draft: Draft) -> list[Problem]:
    """What looks like patient data in anything that people wrote, each by the field in which it stands."""
    texts = [(name, getattr(draft, name)) for name in ("title", "why", "what_to_do", "in_flight", "override")]
    for edit in draft.services:
        texts += [(name, text) for name, value in set_to_plain(Facts, edit.set).items() for text in _texts(value)]
    texts += [("part", text) for link in draft.succession if link.part for text in _texts(to_plain(link.part))]
    return [problem for where, text in texts for problem in personal_problems(where, text)]


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = [inner for key, inner in value.items() if key not in NUMBERS]
    return [text for each in value for text in _texts(each)] if isinstance(value, list) else []


def _author(by: Actor) -> int:
    if by.person_id is None:
        raise NotAllowed("Sign in to write a change: a draft is somebody's own.")
    return by.person_id


def _row(writing: Writing, at: datetime) -> draft_store.Row:
    body = {
        "draft": draft_plain(writing.draft),
        "asked": list(writing.asked),
        "done": sorted(writing.done),
        "report": writing.report,
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
        report=body["report"],
        updated_at=row.updated_at,
        sent=Sent(**body["sent"]) if body["sent"] else None,
    )
