"""The parameters of an address as values; what cannot be read is named, never guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime

from starlette.datastructures import QueryParams

from directory.api.problems import BadParameter

LONGEST = 500
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# The largest whole number that every JSON reader keeps exactly.
LARGEST = 2**53 - 1
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"([0-9-]{10})[Tt]([0-9:]{8}(?:\.[0-9]{1,9})?)([Zz]|[+-][0-9]{2}:[0-9]{2})")


class Parameters:
    """What follows the question mark; a parameter that is empty counts as not given."""

    def __init__(self, given: QueryParams) -> None:
        for name, value in given.multi_items():
            # A NUL is no text to a database, and no control character is meant.
            if CONTROL.search(value):
                raise BadParameter(name[:40], "take out the control characters")
            if len(value) > LONGEST:
                raise BadParameter(name[:40], f"at most {LONGEST} characters")
        self._given = given

    def text(self, name: str) -> str | None:
        """Some text, without space around it."""
        return self._given.get(name, "").strip() or None

    def required(self, name: str) -> str:
        """Some text that must be there."""
        found = self.text(name)
        if found is None:
            raise BadParameter(name, "this is needed")
        return found

    def choice(self, name: str, among: Sequence[str]) -> str | None:
        """One of some words."""
        found = self.text(name)
        if found is not None and found not in among:
            raise BadParameter(name, f"give one of {', '.join(among)}")
        return found

    def number(self, name: str, default: int, *, least: int, most: int = LARGEST) -> int:
        """A whole number within bounds."""
        found = self.text(name)
        if found is None:
            return default
        if re.fullmatch(r"[0-9]{1,16}", found) is None or not least <= int(found) <= most:
            raise BadParameter(name, f"give a whole number from {least} to {most}")
        return int(found)

    def limit(self, default: int = 50, *, most: int = 200) -> int:
        """How many at once."""
        return self.number("limit", default, least=1, most=most)

    def flag(self, name: str) -> bool:
        """Yes or no; no where it is not given."""
        return self.choice(name, ("true", "false", "1", "0")) in ("true", "1")

    def day(self, name: str) -> date | None:
        """A day, written 2026-12-01."""
        found = self.text(name)
        if found is None:
            return None
        try:
            if _DAY.fullmatch(found):
                return date.fromisoformat(found)
        except ValueError:
            pass
        raise BadParameter(name, "give a day, as in 2026-12-01")

    def instant(self, name: str) -> datetime | None:
        """An instant by RFC 3339, in UTC."""
        found = self.text(name)
        if found is None:
            return None
        # A plus sign that was not escaped arrives as a space.
        parts = _INSTANT.fullmatch(found.replace(" ", "+"))
        try:
            if parts:
                return datetime.fromisoformat(f"{parts[1]}T{parts[2]}{parts[3].upper()}").astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise BadParameter(name, "give an instant with its zone, as in 2026-12-01T09:30:00Z")
