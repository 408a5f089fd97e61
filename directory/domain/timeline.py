"""The life of one subject (a service, organisation or team): its versions in the order in which they hold.

What holds on a day is every edit so far, in the order of effective date and, on one day, of publication. An edit that
takes effect before ones already published therefore makes them anew: a correction of the past, or a new telephone
number when an owner change is already scheduled, is not undone when the later version comes into force.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any


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
        # Days of steps too: an edit that changed nothing then may do so now.
        for day in sorted({kept.effective_from for kept in self.steps if kept.effective_from > step.effective_from}):
            after = _fold(after, [kept for kept in self.steps if kept.effective_from == day])
            if after != self.on(day):
                made.append(self._put(day, after))
        return made

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
