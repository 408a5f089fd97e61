"""The reader of a page: when they read it and, where they said so, from where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from directory.domain.opening import Opening, opening_in_words
from directory.domain.place import Point
from directory.domain.service import Facts


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads at an instant, times in the directory's zone. `opening_of` tells whether a service is open then."""

    at: datetime
    zone: ZoneInfo
    opening_of: Callable[[Facts], Opening | None]
    near: Point | None = None

    def opening(self, facts: Facts) -> str:
        """Whether a service is open now, in words; empty where that is not known."""
        found = self.opening_of(facts)
        return opening_in_words(found, self.at, self.zone) if found else ""

    def miles(self, facts: Facts) -> float | None:
        """How far the nearest of its places is, as the crow flies."""
        return facts.miles_from(self.near) if self.near else None
