"""The reader of a page: when they read it and, where they said so, from where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from directory.domain.freshness import is_overdue, months_since
from directory.domain.opening import Opening, opening_in_words
from directory.domain.place import Point
from directory.domain.service import Entry, Facts
from directory.web.language import gettext, ngettext


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads at an instant, times in the directory's zone. `opening_of` tells whether a service is open then."""

    at: datetime
    zone: ZoneInfo
    opening_of: Callable[[Facts], Opening | None]
    near: Point | None = None
    # After so many months an entry that nobody has checked says so.
    check_every: int = 6

    def opening(self, facts: Facts) -> str:
        """Whether a service is open now, in words; empty where that is not known."""
        found = self.opening_of(facts)
        return opening_in_words(found, self.at, self.zone, gettext) if found else ""

    def unchecked(self, entry: Entry) -> str:
        """For how long nobody has checked an entry, in words, where that is too long; else empty."""
        since = entry.checked_at or entry.added_at
        if since is None or entry.facts.status == "closed":
            return ""
        day, today = since.astimezone(self.zone).date(), self.at.astimezone(self.zone).date()
        every = entry.check_every or self.check_every
        return _unchecked_for(months_since(day, today)) if is_overdue(day, today, every=every) else ""

    def miles(self, facts: Facts) -> float | None:
        """How far the nearest of its places is, as the crow flies."""
        return facts.miles_from(self.near) if self.near else None


def _unchecked_for(months: int) -> str:
    """How long nobody has checked; by years from two years on."""
    if months >= 24:
        years = months // 12
        return ngettext("Not checked for {count} year", "Not checked for {count} years", years).format(count=years)
    return ngettext("Not checked for a month", "Not checked for {count} months", months).format(count=months)
