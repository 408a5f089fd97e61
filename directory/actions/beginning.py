"""Begin to write a change: of a service, of one that is new, or of a change that was published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Literal, get_args

from sqlalchemy import Connection

from directory.actions.screening import refuse_personal
from directory.actions.take_back import amending, reversing, withdrawing
from directory.content.reading import draft_from_plain
from directory.domain.change import KIND_OF_FIELD, Draft, Edit, Kind
from directory.domain.offer import Offer
from directory.domain.service import Facts, Owner, slug_of
from directory.domain.succession import Succession
from directory.domain.timeline import Timeline
from directory.domain.writing import CHOICES, Dated, Task, Writing, fields_of, status_of
from directory.errors import AlreadyWithdrawn, Invalid, Problem
from directory.store import changes as change_store
from directory.store import services as service_store
from directory.store.versions import find_ids, timelines

# What can be done about a change that was published.
How = Literal["amend", "move", "withdraw", "set-back"]
HOWS: tuple[How, ...] = get_args(How)


def changing(connection: Connection, key: str, *, today: date) -> Writing:
    """A change of one service, by id or slug, as far as it is known now; raises `ServiceNotFound`."""
    service = service_store.service_id(connection, key)
    read = service_store.latest_numbers(connection, [service])
    edit = Edit(service, {}, read.get(service, 0))
    found = life_of(connection, service).before(today)
    name = found.name if found else key
    return _new(Draft(title=f"A change to {name}", effective_from=today, services=(edit,)), dated="at-once")


def replacing(connection: Connection, gone: str, kept: str, *, today: date) -> Writing:
    """A change in which one of two entries of the same service takes over from the other; raises `ServiceNotFound`."""
    made = changing(connection, gone, today=today)
    into = service_store.service_id(connection, kept)
    subject = made.subject
    if subject is None or subject.id == into:
        raise Invalid([Problem("other", "choose two services")])
    names = [found.name if (found := life_of(connection, key).before(today)) else key for key in (subject.id, into)]
    link = Succession(subject.id, into, "replaced", made.draft.effective_from)
    title = f"{names[0]}: it stood in the directory twice"
    why = f"It is the same service as {names[1]}, under whose entry it is found from now on."
    draft = replace(made.draft, title=title, why=why, succession=(link,))
    whole = replace(made, asked=("replaced",), draft=draft)
    return replace(whole, done=frozenset(Task(step).key for step in ("what", "after")))


def opening(connection: Connection, name: str, owner: Owner, *, today: date) -> Writing:
    """A change that opens a service; raises `Invalid` where it has no name."""
    edit = newcomer(connection, name, owner)
    draft = Draft(title=f"{edit.set['name']} opens", effective_from=today, services=(edit,))
    return replace(_new(draft, dated="at-once"), asked=("opened",))


def newcomer(connection: Connection, name: str, owner: Owner, *, beside: Sequence[Edit] = ()) -> Edit:
    """What opens a service of a name, under an id that nothing else has."""
    name = " ".join(name.split())
    if not name:
        raise Invalid([Problem("name", "say what the service is called")])
    refuse_personal("name", name)
    wanted = slug_of(name, limit=60)
    names = [wanted, *(f"{wanted}-{number}" for number in range(2, 50))]
    taken = set(find_ids(connection, "service", names)) | {edit.id for edit in beside}
    free = next((each for each in names if each not in taken), "")
    if not free:
        raise Invalid([Problem("name", "there are too many services of that name: choose another")])
    return Edit(free, {"name": name, "owner": owner}, 0, slug=free)


def taking_back(connection: Connection, number: int, how: How, *, today: date) -> Writing:
    """A draft that withdraws, amends or moves a change in its own place, or sets back what it did.

    Raises `ChangeNotFound`, `AlreadyWithdrawn`, and `Invalid` where it did what cannot be set back.
    """
    change = change_store.load(connection, number)
    if change.status != "published":
        raise AlreadyWithdrawn(number, by=change.superseded_by)
    if change.sets_nothing:
        raise Invalid([Problem("change", f"change {number} is a withdrawal: publish what is to hold instead")])
    if how == "withdraw":
        return _new(withdrawing(connection, number, today=today))
    if how == "set-back":
        return _whole(_new(_set_back(connection, number, today=today), dated="at-once"), change.kinds)
    draft = _with_subject(connection, amending(connection, number))
    # In the place of what holds already: that is what amending it means.
    dated: Dated = "correction" if draft.effective_from < today else "day"
    return _whole(_new(draft, dated=dated), change.kinds, ask_day=how == "move")


def editing(offer: Offer, *, today: date, offered_on: date) -> Writing:
    """What waits, to be written again: every task is done, and what was read of each service is as it was then."""
    draft = draft_from_plain(offer.plain)
    edits = tuple(replace(edit, expected_version=offer.read.get(edit.id)) for edit in draft.services)
    states = {edit.set.get("status") for edit in edits}
    paused: list[Kind] = ["paused"] if "paused" in states else []
    resumed: list[Kind] = ["resumed"] if "active" in states else []
    dated: Dated = "day" if draft.effective_from > offered_on else "correction"
    if draft.effective_from == offered_on:
        dated = "at-once"
    made = _new(replace(draft, services=edits, override=""), dated=dated)
    report = next(iter(offer.reports), "")
    return replace(_whole(made, [*paused, *resumed]), offer=offer.ref, report=report).on(today)


def _set_back(connection: Connection, number: int, *, today: date) -> Draft:
    found = reversing(connection, number, on=today)
    if found.draft.sets_nothing:
        raise Invalid([Problem("change", "everything that it set was changed again since: there is nothing left")])
    left = ", ".join(sorted({field.replace("_", " ") for _, field in found.left}))
    stays = f" What was changed again since stays as it is: {left}." if left else ""
    return replace(found.draft, why=found.draft.why + stays)


def _whole(writing: Writing, kinds: Sequence[Kind], *, ask_day: bool = False) -> Writing:
    """A draft that says all already: what is left is its words, to look at it and, where it moves, the day."""
    asked = _asked(writing.draft, kinds)
    known = replace(writing, asked=asked)
    said = [task for task in known.tasks() if task.step in ("what", "details", "after", "date")]
    left = "date" if ask_day else ""
    return replace(known, done=frozenset(task.key for task in said if task.step != left))


def _asked(draft: Draft, before: Sequence[Kind]) -> tuple[Kind, ...]:
    given = {field for edit in draft.services for field in edit.set}
    kinds = {KIND_OF_FIELD.get(field, "correction") for field in given - {"status"}}
    kinds |= {link.kind for link in draft.succession if link.kind != "renamed"}
    kinds |= {kind for kind in before if kind in ("paused", "resumed") and "status" in given}
    kinds |= {kind for kind in draft.kinds if kind == "capacity"}
    return tuple(kind for kind in CHOICES if kind in kinds)


def _with_subject(connection: Connection, draft: Draft) -> Draft:
    """The same, with the version that each service is at, and with what only a succession names."""
    edits = list(draft.services)
    named = {edit.id for edit in edits}
    edits += [Edit(key, {}) for key in dict.fromkeys(link.predecessor for link in draft.succession) if key not in named]
    read = service_store.latest_numbers(connection, [edit.id for edit in edits])
    return replace(draft, services=tuple(replace(edit, expected_version=read.get(edit.id)) for edit in edits))


def _new(draft: Draft, *, dated: Dated = "day") -> Writing:
    return Writing(id="", person_id=0, draft=draft, dated=dated)


def life_of(connection: Connection, service: str) -> Timeline:
    """The life of one service as it is known now; empty for what is not there."""
    found: Timeline = timelines(connection, "service", [service], steps_after=date.max).get(
        service, Timeline(service, Facts)
    )
    return found


def held(connection: Connection, writing: Writing, edit: Edit) -> Facts | None:
    """What a service says on the day of a draft without it; None where it is new."""
    found: Facts | None = life_of(connection, edit.id).before(writing.draft.effective_from)
    return found


def chosen(writing: Writing, asked: Sequence[Kind]) -> Writing:
    """The same of other kinds: what they do not ask for is not set any more, and the status follows from them."""
    subject = writing.subject
    if subject is None:
        return writing
    wanted = fields_of(asked)
    kept = {field: value for field, value in subject.set.items() if field in wanted}
    if status := status_of(asked):
        kept["status"] = status
    again = replace(writing, asked=tuple(asked))
    free: tuple[Kind, ...] = ("capacity",) if "capacity" in asked else ()
    draft = replace(again.with_edit(replace(subject, set=kept)), kinds=free)
    if again.ending != writing.ending:
        draft = _ended(draft, subject.id, again.ending)
    return replace(again, done=_undone(again, draft)).saved(Task("what"), draft)


def _ended(draft: Draft, main: str, ending: Kind | None) -> Draft:
    if ending == "closed":
        return replace(draft, succession=(Succession(main, None, "closed", draft.effective_from),))
    # One that has no successors yet: they are asked next.
    return replace(draft, succession=(), services=draft.services[:1])


def _undone(writing: Writing, draft: Draft) -> frozenset[str]:
    """The tasks that stay done: not those that other kinds ask otherwise."""
    asked_anew = {"after"} | {Task("details", edit.id).key for edit in draft.services}
    return frozenset(key for key in writing.done if key not in asked_anew)
