"""Take back what was published: withdraw a change, amend it or move its day, or set back what it did.

A change that is withdrawn or amended stays in the log with its record, marked by the one that took its place. What is
in force already can be withdrawn too, where it never held; where it did, a new change sets it back from a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions import rules
from directory.actions.prepare import Published
from directory.actions.submit import submit
from directory.content.reading import read_change
from directory.domain.change import Change, Draft, Edit
from directory.domain.offer import Offer
from directory.domain.policy import Actor, Thing
from directory.domain.service import Facts
from directory.domain.timeline import Timeline
from directory.errors import Invalid, Problem
from directory.store import changes as change_store
from directory.store.versions import timelines


def withdraw(
    connection: Connection, number: int, *, why: str, by: Actor, at: datetime, zone: ZoneInfo, override: str = ""
) -> Published | Offer:
    """Publish that a change does not hold, or have that wait as `submit` does; those who were told of it are told.

    Raises `ChangeNotFound`, `AlreadyWithdrawn`, `NotAllowed`, and `Invalid` where later changes stand on it or `why` is
    empty.
    """
    if not why.strip():
        raise Invalid([Problem("why", "say why it is withdrawn: those who were told of it will read it")])
    draft = withdrawing(connection, number, today=at.astimezone(zone).date())
    return submit(connection, replace(draft, why=why, override=override), by=by, at=at, zone=zone)


def withdrawing(connection: Connection, number: int, *, today: date) -> Draft:
    """The draft that withdraws a change, but for why; raises `ChangeNotFound`."""
    return withdrawal_of(change_store.load(connection, number), today=today)


def withdrawal_of(change: Change, *, today: date) -> Draft:
    """The same of a change that was read already."""
    return Draft(
        title=f"Withdrawn: {change.title}",
        # What lies ahead is off from today; what should never have held is put right from its day.
        effective_from=min(change.effective_from, today),
        weight=change.weight,
        urgent=change.urgent,
        supersedes=change.number,
    )


def amending(connection: Connection, number: int, *, effective_from: date | None = None) -> Draft:
    """The draft that publishes a change again in its own place, from another day where one is given.

    What it is to say otherwise is for the caller to replace. Raises `ChangeNotFound`.
    """
    draft = read_change(change_store.record(connection, number)).draft
    day = effective_from or draft.effective_from
    # What a succession closes is worked out anew: the author never wrote it.
    closed = {link.predecessor for link in draft.succession}
    services = tuple(edit for edit in draft.services if edit.id not in closed or edit.set != {"status": "closed"})
    # The kinds follow from what it does; what only its author knows stays.
    kinds = tuple(kind for kind in draft.kinds if kind == "capacity")
    # Why nobody was asked then is no reason not to ask now.
    return replace(draft, services=services, supersedes=number, kinds=kinds, override="").moved_to(day)


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whose a change is: a lead of all these teams may put another in its place, or set back what it did."""

    replacing: Thing
    setting_back: Thing


def concerned(connection: Connection, change: Change, *, today: date) -> Concerned:
    """The teams to ask, as publishing will ask them."""
    ids = [subject.id for subject in change.subjects if subject.noun == "service"]
    lives = timelines(connection, "service", ids, steps_after=date.max)
    parties = rules.parties(withdrawal_of(change, today=today), change, lives, {}, today=today)
    now = frozenset(facts.owner.team or "" for life in lives.values() if (facts := life.on(today)))
    if not parties.services_only:
        return Concerned(Thing(), Thing())
    return Concerned(Thing(parties.owning), Thing(now))


@dataclass(frozen=True, slots=True)
class Reversal:
    """The draft that sets back what a change did, and what it leaves alone: (service, field) that differ by now."""

    draft: Draft
    left: tuple[tuple[str, str], ...]


def reversing(connection: Connection, number: int, *, on: date) -> Reversal:
    """What sets back from a day what a change set on services; what was changed again since is left as it is.

    Raises `ChangeNotFound`, and `Invalid` where it did more than that: a succession is not undone by setting a field.
    """
    change = change_store.load(connection, number)
    ids = [subject.id for subject in change.subjects if subject.noun == "service"]
    if change.succession or change.organisation_succession or len(ids) < len(change.subjects):
        raise Invalid(
            [Problem("change", f"change {number} does more than set fields of services: publish what is to hold now")]
        )
    lives = timelines(connection, "service", ids, steps_after=date.max)
    edits, left = [], []
    for subject in change.subjects:
        back, kept = _set_back(lives[subject.id], subject.set, made=subject.version, on=on)
        left += [(subject.id, name) for name in kept]
        if back:
            edits.append(Edit(subject.id, back, lives[subject.id].latest_number))
    title = f"Set back: {change.title}"
    why = f"Change {number} is set back."
    draft = Draft(title=title, effective_from=on, services=tuple(edits), why=why, reverses=number)
    return Reversal(draft, tuple(left))


def _set_back(
    life: Timeline, given: Mapping[str, object], *, made: int | None, on: date
) -> tuple[dict[str, object], list[str]]:
    """The fields as they were before a version, and those that another change has set since."""
    place = life.numbers.index(made) if made in life.numbers else None
    now = life.on(on)
    if not place or now is None:
        return {}, list(given)
    before: Facts = life.facts[place - 1]
    names = [field.name for field in fields(Facts) if field.name in given]
    kept = [name for name in names if getattr(now, name) != given[name]]
    back = {name: getattr(before, name) for name in names if name not in kept}
    return {name: value for name, value in back.items() if value != getattr(now, name)}, kept
