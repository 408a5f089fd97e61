"""Digest slots: the instants, in the directory's time zone, at which a person's deliveries go out together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from directory.domain.subscription import Frequency

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MADE_UP_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class DigestSlot:
    """One slot: its instant in UTC and the frequencies that are due at it."""

    at: datetime
    frequencies: tuple[Frequency, ...]


@dataclass(frozen=True, slots=True)
class DigestSchedule:
    """At which local time digests go out, and on which weekday the weekly ones do."""

    timezone: ZoneInfo
    at: time = time(7, 0)
    weekday: int = 0

    def slot_on(self, day: date) -> DigestSlot:
        """The slot of a local day. A time that the clocks skip moves forward; one that comes twice is the first."""
        local = datetime.combine(day, self.at, tzinfo=self.timezone)
        weekly: tuple[Frequency, ...] = ("daily", "weekly") if day.weekday() == self.weekday else ("daily",)
        return DigestSlot(local.astimezone(UTC), weekly)

    def latest(self, now: datetime) -> DigestSlot:
        """The last slot that is not after an instant."""
        day = now.astimezone(self.timezone).date()
        slot = self.slot_on(day)
        return slot if slot.at <= now else self.slot_on(day - timedelta(days=1))

    def between(self, after: datetime, until: datetime) -> list[DigestSlot]:
        """Every slot after one instant up to and including another, oldest first; at most those of the last 7 days."""
        after = max(after, until - MADE_UP_WITHIN)
        day = after.astimezone(self.timezone).date()
        slots = []
        while (slot := self.slot_on(day)).at <= until:
            if slot.at > after:
                slots.append(slot)
            day += timedelta(days=1)
        return slots
