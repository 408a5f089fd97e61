"""The parameters of an address as values; what cannot be read is named, never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import TypeVar

from starlette.datastructures import QueryParams

from directory.api.problems import BadParameter

T = TypeVar("T")
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
        return default if found is None else self._read(name, lambda: read_whole(found, least=least, most=most))

    def limit(self, default: int = 50, *, most: int = 200) -> int:
        """How many at once."""
        return self.number("limit", default, least=1, most=most)

    def flag(self, name: str) -> bool:
        """Yes or no; no where it is not given."""
        return self.choice(name, ("true", "false", "1", "0")) in ("true", "1")

    def day(self, name: str) -> date | None:
        """A day, written 2026-12-01."""
        found = self.text(name)
        return None if found is None else self._read(name, lambda: read_day(found))

    def instant(self, name: str) -> datetime | None:
        """An instant by RFC 3339, in UTC."""
        found = self.text(name)
        return None if found is None else self._read(name, lambda: read_instant(found))

    def _read(self, name: str, read: Callable[[], T]) -> T:
        try:
            return read()
        except ValueError as error:
            raise BadParameter(name, str(error)) from None


def read_whole(given: str, *, least: int, most: int = LARGEST) -> int:
    """A whole number within bounds; raises ValueError that says what to give."""
    if re.fullmatch(r"[0-9]{1,16}", given) is None or not least <= int(given) <= most:
        raise ValueError(f"give a whole number from {least} to {most}")
    return int(given)


def read_day(given: str) -> date:
    """A day, written 2026-12-01; raises ValueError that says what to give."""
    with suppress(ValueError):
        if _DAY.fullmatch(given):
            return date.fromisoformat(given)
    raise ValueError("give a day, as in 2026-12-01")


def read_instant(given: str) -> datetime:
    """An instant by RFC 3339, in UTC; raises ValueError that says what to give."""
    # A plus sign that was not escaped arrives as a space.
    parts = _INSTANT.fullmatch(given.replace(" ", "+"))
    with suppress(ValueError, OverflowError):
        if parts:
            return datetime.fromisoformat(f"{parts[1]}T{parts[2]}{parts[3].upper()}").astimezone(UTC)
    raise ValueError("give an instant with its zone, as in 2026-12-01T09:30:00Z")
