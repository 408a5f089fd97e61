"""Awareness: who has read a change, how soon, and what of that may be shown without telling on anybody."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from directory.domain.working_days import Holidays, working_days_after

Key = TypeVar("Key", bound=Hashable)
# Of fewer people a share would say who it was.
SMALL = 5
# An urgent change is to be read within so many working days.
URGENT_DAYS = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """Of some people: how many were told, and how many of these have said that they have read it.

    The medians are in seconds, over those who have read it: since publication, and since the day began on which the
    change takes effect, which is less than nothing where they read it in time. None where nobody has.
    """

    told: int
    read: int
    after_publication: int | None = None
    after_effect: int | None = None

    @property
    def share(self) -> float | None:
        """How many of those who were told have read it, from 0 to 1; None where nobody was told."""
        return self.read / self.told if self.told else None


@dataclass(frozen=True, slots=True)
class TeamReading:
    """What is shown of a team, by its slug: None instead of figures that would say who it was.

    `spoken_at` is when somebody first said for the team that it has been told.
    """

    team: str
    reading: Reading | None
    spoken_at: datetime | None = None


def hidden_among(sizes: Mapping[Key, int]) -> set[Key]:
    """Which of some groups, by how many people each has, may not be shown where their total is.

    Those of fewer than five people; and where these have fewer than five among them, the smallest of the others: what
    is left once the others are taken away would say it otherwise.
    """
    hidden = {key for key, people in sizes.items() if people < SMALL}
    beyond = sum(sizes[key] for key in hidden)
    large = sorted((people, index, key) for index, (key, people) in enumerate(sizes.items()) if people >= SMALL)
    if hidden and beyond < SMALL and large:
        hidden.add(large[0][2])
    return hidden


def shown(overall: Reading, teams: Sequence[TeamReading]) -> tuple[Reading | None, tuple[TeamReading, ...]]:
    """What may be shown: nothing of fewer than five people, nor what is left once the others are taken away."""
    hidden = hidden_among({index: each.reading.told for index, each in enumerate(teams) if each.reading is not None})
    seen = tuple(
        TeamReading(each.team, None if index in hidden else each.reading, each.spoken_at)
        for index, each in enumerate(teams)
    )
    return (overall if overall.told >= SMALL else None), seen


def due_at(recorded_at: datetime, zone: ZoneInfo, holidays: Holidays) -> datetime:
    """By when an urgent change is to be read: the end of the second working day after it was published, in `zone`."""
    last = working_days_after(recorded_at.astimezone(zone), URGENT_DAYS, holidays).date()
    return datetime.combine(last + timedelta(days=1), time.min, tzinfo=zone) - timedelta(seconds=1)


def seconds_after(at: datetime, recorded_at: datetime, effective_from: date, zone: ZoneInfo) -> tuple[int, int]:
    """How long after its publication, and after it took effect, a change was read, in whole seconds."""
    began = datetime.combine(effective_from, time.min, tzinfo=zone)
    return max(0, int((at - recorded_at).total_seconds())), int((at - began).total_seconds())


def in_words(seconds: int) -> str:
    """A length of time as people say it.

    >>> in_words(40), in_words(5_400), in_words(200_000)
    ('less than an hour', '1 hour', '2 days')
    """
    hours = abs(seconds) // 3600
    if hours < 1:
        return "less than an hour"
    if hours < 48:
        return "1 hour" if hours == 1 else f"{hours} hours"
    return f"{hours // 24} days"
