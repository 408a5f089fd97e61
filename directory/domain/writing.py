"""A change that somebody is still writing: what they said of it, and which tasks are left before it can be published.

It always holds a whole `Draft`, which can be tried at any time; what nobody said yet has a default that the tasks ask
for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from directory.domain.change import KIND_OF_FIELD, Draft, Edit, Kind

# Its day: as soon as it is published; one that lay ahead when it was chosen; one gone by, which it corrects.
Dated = Literal["at-once", "day", "correction"]

# The order in which they are done.
Step = Literal["what", "details", "after", "date", "words", "told", "message"]
STEPS: tuple[Step, ...] = ("what", "details", "after", "date", "words", "told", "message")
# These only show what will happen: what is changed afterwards has to be looked at again.
LOOKED_AT: frozenset[Step] = frozenset({"told", "message"})

# Of these there is one, and it ends the entry as it was.
ENDINGS: tuple[Kind, ...] = ("replaced", "moved", "merged", "split", "closed")
# In the order in which people choose them; `opened` is where one begins with nothing.
CHOICES: tuple[Kind, ...] = (
    "owner", "referral-route", "contact", "hours", "location", "eligibility", "capacity", "renamed", "paused",
    "resumed", "correction", *ENDINGS,
)  # fmt: skip
OPENING_FIELDS = (
    "name", "owner", "setting", "summary", "referral_routes", "contacts", "eligibility", "needs", "areas", "locations",
    "hours", "description",
)  # fmt: skip
# What says in words what no other field does.
_IN_WORDS: Mapping[Kind, tuple[str, ...]] = {
    "capacity": ("summary", "description"),
    "correction": ("summary", "description", "setting"),
}


def fields_of(kinds: Sequence[Kind]) -> tuple[str, ...]:
    """The fields that changes of some kinds are about, in the order in which they are asked."""
    wanted = {field for field, kind in KIND_OF_FIELD.items() if kind in kinds}
    wanted |= {field for kind in kinds for field in _IN_WORDS.get(kind, ())}
    return tuple(field for field in OPENING_FIELDS if field in wanted)


def status_of(kinds: Sequence[Kind]) -> str | None:
    """The status that changes of some kinds give a service; None where they leave it."""
    return "paused" if "paused" in kinds else "active" if "resumed" in kinds else None


def ending_of(kinds: Sequence[Kind]) -> Kind | None:
    """How an entry ends that changes in some ways; None where it goes on."""
    return next((kind for kind in ENDINGS if kind in kinds), None)


@dataclass(frozen=True, slots=True)
class Task:
    """One task of the list: which step, and of which service where there are several."""

    step: Step
    service: str = ""

    @property
    def key(self) -> str:
        """How it is written down."""
        return f"{self.step} {self.service}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """A draft with its author's place in it.

    `asked` are the kinds that the author chose, which decide what is asked; `done` the keys of the tasks they saved;
    `report` the reference of the report that it answers, `offer` that of the offer which it edits. `sent` is set once:
    what became of it.
    """

    id: str
    person_id: int
    draft: Draft
    asked: tuple[Kind, ...] = ()
    done: frozenset[str] = frozenset()
    dated: Dated = "day"
    report: str = ""
    offer: str = ""
    updated_at: datetime | None = None
    sent: Sent | None = None

    @property
    def ending(self) -> Kind | None:
        """How the entry ends, if it does."""
        return ending_of(self.asked)

    @property
    def withdraws(self) -> bool:
        """Whether all it does is to withdraw a published change."""
        return self.draft.supersedes is not None and self.draft.sets_nothing

    @property
    def subject(self) -> Edit | None:
        """The service that it is about first."""
        return self.draft.services[0] if self.draft.services else None

    def on(self, today: date) -> Writing:
        """The same on a day: what begins as soon as it is published begins then."""
        if self.dated != "at-once" or self.sent or self.draft.effective_from >= today:
            return self
        return replace(self, draft=self.draft.moved_to(today))

    def has_passed(self, today: date) -> bool:
        """Whether its day lay ahead when it was chosen and does not any more: its author has to say what is meant."""
        return self.dated == "day" and not self.withdraws and self.draft.effective_from < today

    def edit_of(self, service: str) -> Edit | None:
        """What it sets on one service."""
        return next((edit for edit in self.draft.services if edit.id == service), None)

    def fields(self, edit: Edit) -> tuple[str, ...]:
        """The fields that are asked of one service: all of what is new, else those of the chosen kinds.

        What it sets already is asked too, so that nothing is published unseen.
        """
        if edit.expected_version == 0:
            return OPENING_FIELDS
        asked = fields_of(self.asked) if self.subject is edit else ()
        return tuple(field for field in OPENING_FIELDS if field in asked or field in edit.set)

    def tasks(self) -> tuple[Task, ...]:
        """What has to be done, in order; only what applies."""
        return tuple(self._tasks())

    def _tasks(self) -> Iterator[Task]:
        if not self.withdraws:
            subject = self.subject
            if subject is None or subject.expected_version != 0:
                yield Task("what")
            for edit in self.draft.services:
                if self.fields(edit):
                    yield Task("details", edit.id)
            if self.ending and self.ending != "closed":
                yield Task("after")
            yield Task("date")
        yield from (Task(step) for step in ("words", "told", "message"))

    def is_done(self, task: Task) -> bool:
        """Whether a task was saved."""
        return task.key in self.done

    def can_start(self, task: Task) -> bool:
        """What will happen can be looked at once everything before it is said."""
        said = (each for each in self.tasks() if each.step not in LOOKED_AT)
        return task.step not in LOOKED_AT or all(map(self.is_done, said))

    def next_task(self) -> Task | None:
        """The first task that is left; None where it can be checked and published."""
        return next((task for task in self.tasks() if not self.is_done(task)), None)

    def saved(self, task: Task, draft: Draft | None = None) -> Writing:
        """The same with a task done and, where it says something, what was looked at to be looked at again."""
        if draft is None:
            return replace(self, done=self.done | {task.key})
        kept = {key for key in self.done if key not in LOOKED_AT}
        return replace(self, draft=draft, done=frozenset(kept | {task.key}))

    def with_edit(self, edit: Edit) -> Draft:
        """The draft with what it sets on one service, in its place or as the last."""
        edits = [edit if each.id == edit.id else each for each in self.draft.services]
        known = any(each.id == edit.id for each in edits)
        return replace(self.draft, services=(*edits, *(() if known else (edit,))))


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a draft: the number of the change, or the reference of the offer; and whom it reaches."""

    change: int | None = None
    offer: str = ""
    people: int = 0
    teams: int = 0
