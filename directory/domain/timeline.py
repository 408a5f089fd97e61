"""The life of one subject (a service, organisation or team): its versions in the order in which they hold.

What holds on a day is every edit so far, in the order of effective date and, on one day, of publication. An edit that
takes effect before ones already published therefore makes them anew: a correction of the past, or a new telephone
number when an owner change is already scheduled, is not undone when the later version comes into force.

A change that is withdrawn is taken out: what it set holds no longer, and what was published after it holds without it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import date, timedelta
from typing import Any

from directory.domain.service import Facts


@dataclass(frozen=True, slots=True)
class Step:
    """What one published change set on the subject."""

    effective_from: date
    change_number: int
    set: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Made:
    """A version that an edit makes; the first of several is the edit's own, the others are later ones made anew."""

    number: int
    effective_from: date
    facts: Any


class Orphaned(Exception):
    """An edit stays of something that nothing opens any more; `change_number` made it."""

    def __init__(self, change_number: int) -> None:
        super().__init__(f"change {change_number} edits what nothing opens")
        self.change_number = change_number


@dataclass(slots=True)
class Timeline:
    """What is known of one subject: for each day from which something new holds, the facts from then on.

    `steps` are the edits whose day may come after the next edit's; earlier ones are already in the facts.
    """

    id: str
    shape: type[Any]
    latest_number: int = 0
    days: list[date] = field(default_factory=list)
    facts: list[Any] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def copy(self) -> Timeline:
        """One that can be edited while this one stays: what the facts say never changes."""
        return replace(
            self, days=list(self.days), facts=list(self.facts), numbers=list(self.numbers), steps=list(self.steps)
        )

    def on(self, day: date) -> Any | None:
        """The facts in force on a day; None before the first."""
        place = bisect_right(self.days, day)
        return self.facts[place - 1] if place else None

    def before(self, day: date) -> Any | None:
        """What an edit that takes effect on a day is an edit of; None where it opens something new.

        Of an entry that began earlier than was thought, what its first version says held then too.
        """
        return self.on(day) or (self.facts[0] if self.facts else None)

    def number_on(self, day: date) -> int:
        """The number of the version in force on a day; 0 before the first."""
        place = bisect_right(self.days, day)
        return self.numbers[place - 1] if place else 0

    def edit(self, step: Step) -> list[Made]:
        """Take in a newer edit; returns the versions that it makes, oldest day first (none where nothing differs)."""
        before = self.before(step.effective_from)
        after = before.with_(step.set) if before is not None else self.shape(**step.set)
        self.steps.append(step)
        if after == before:
            return []
        made = [self._put(step.effective_from, after)]
        for day in self._days_from(step.effective_from + timedelta(days=1)):
            after = _fold(after, [kept for kept in self.steps if kept.effective_from == day])
            if after != self.on(day):
                made.append(self._put(day, after))
        return made

    def opened_only_by(self, change_number: int, *, on: date) -> bool:
        """Whether a change that took effect on a day is the only one that opens it."""
        others = (step for step in self.steps if step.change_number != change_number)
        return self.on(on - timedelta(days=1)) is None and not any(map(self._opens, others))

    def without(self, change_number: int, *, on: date, step: Step | None = None) -> list[Made]:
        """Take out what a change set from day `on`, and take in `step` instead; returns the versions that this makes.

        Raises `Orphaned` where only that change opened it, and edits of it stay; the life is then of no more use.
        Needs every step from the earlier of both days. What only that change opened was never open: it is `planned`
        until an edit that stays opens it, and `closed` where none does.
        """
        self.steps = [kept for kept in self.steps if kept.change_number != change_number] + ([step] if step else [])
        first = min(on, step.effective_from) if step else on
        facts = self.on(first - timedelta(days=1))
        made = []
        for day in self._days_from(first):
            set_that_day = [kept for kept in self.steps if kept.effective_from == day]
            if facts is None and set_that_day:
                facts = self._opening()
            facts = _fold(facts, set_that_day)
            says = self._never_open(day) if facts is None else facts
            if says is not None and says != self.on(day):
                made.append(self._put(day, says))
        return sorted(made, key=lambda each: step is None or each.effective_from != step.effective_from)

    def _days_from(self, first: date) -> list[date]:
        """Days on which what holds may begin anew: an edit that changed nothing then may do so now, and one that was
        taken out has left a version.
        """
        return sorted({day for day in (*self.days, *(kept.effective_from for kept in self.steps)) if day >= first})

    def _opening(self) -> Any:
        """What the first edit that says all that is needed says: an edit from before that day is an edit of it."""
        steps = sorted(self.steps, key=lambda step: step.change_number)
        opening = next(filter(self._opens, steps), None)
        if opening is None:
            raise Orphaned(steps[0].change_number)
        return self.shape(**opening.set)

    def _opens(self, step: Step) -> bool:
        required = {field.name for field in fields(self.shape) if field.default is field.default_factory is MISSING}
        return required <= step.set.keys()

    def _never_open(self, day: date) -> Any | None:
        known = self.on(day)
        if known is None or not hasattr(known, "status"):
            return known
        later = any(kept.effective_from > day for kept in self.steps)
        # An organisation is open or closed: nothing else can be read back.
        return known.with_({"status": "planned" if later and self.shape is Facts else "closed"})

    def _put(self, day: date, facts: Any) -> Made:
        self.latest_number += 1
        place = bisect_right(self.days, day)
        if place and self.days[place - 1] == day:
            self.facts[place - 1], self.numbers[place - 1] = facts, self.latest_number
        else:
            self.days.insert(place, day)
            self.facts.insert(place, facts)
            self.numbers.insert(place, self.latest_number)
        return Made(self.latest_number, day, facts)


def _fold(facts: Any, steps: Sequence[Step]) -> Any:
    for step in sorted(steps, key=lambda step: step.change_number):
        facts = facts.with_(step.set)
    return facts
