"""A mirror as another directory would write it: it knows only /api/v1, keeps a file, and may be killed anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

# What an entry says of this moment or of a check is read again with the entry; neither is a change.
PASSING = ("open_now", "opens_at", "closes_at", "checked_at", "check_due_on", "check_overdue")
KINDS = ("services", "organisations", "teams")
Get = Callable[[str], Any]


class Mirror:
    """A copy of every entry, organisation and team as they stand today."""

    def __init__(self, file: Path, get: Get) -> None:
        self._file, self._get = file, get
        self.kept: dict[str, Any] = {"number": 0, "due": {}, **{kind: {} for kind in KINDS}}
        if file.exists():
            self.kept = json.loads(file.read_text(encoding="utf-8"))

    def follow(self, *, today: date, limit: int) -> bool:
        """Take in one page of changes, and what falls due today; returns whether there may be more."""
        page = self._get(f"/changes?after={self.kept['number']}&limit={limit}")
        touched: dict[str, set[str]] = {kind: set() for kind in KINDS}
        for change in page["items"]:
            named = _named(change)
            # What is announced for later is read again on its day.
            for day in _days(change):
                if day > today.isoformat():
                    _add(self.kept["due"].setdefault(day, {}), named)
            _add(touched, named)
        for day in [day for day in self.kept["due"] if day <= today.isoformat()]:
            _add(touched, self.kept["due"][day])
        self._read(touched)
        # Only now: whoever is killed before takes the same page in again.
        self.kept["due"] = {day: named for day, named in self.kept["due"].items() if day > today.isoformat()}
        if page["items"]:
            self.kept["number"] = page["items"][-1]["number"]
        self._write()
        return page["next"] is not None

    def _read(self, touched: dict[str, set[str]]) -> None:
        # What is held says what others are called: their name may be what has changed.
        slugs = {self.kept["teams"][key]["slug"] for key in touched["teams"] & self.kept["teams"].keys()}
        again = set()
        for key, entry in self.kept["services"].items():
            links, owner = (*entry["succeeded_by"], *entry["replaces"]), entry["owner"]
            before = entry["owner_before"] or {"organisation": None, "team": None}
            owned = {owner["organisation"]["id"], before["organisation"]}
            teams = {owner["team"]["slug"] if owner["team"] else None, before["team"]}
            if (
                any({link["from"], link["to"]} & touched["services"] for link in links)
                or owned & touched["organisations"]
                or teams & slugs
            ):
                again.add(key)
        touched["services"] |= again
        for key, team in self.kept["teams"].items():
            if team["organisation"]["id"] in touched["organisations"]:
                touched["teams"].add(key)
        for kind, keys in touched.items():
            for key in sorted(keys):
                found = self._get(f"/{kind}/{key}")
                if found is None:
                    self.kept[kind].pop(key, None)
                else:
                    self.kept[kind][key] = lasting(found)

    def _write(self) -> None:
        aside = self._file.with_suffix(".new")
        aside.write_text(json.dumps(self.kept, default=sorted), encoding="utf-8")
        aside.replace(self._file)


def lasting(body: dict[str, Any]) -> dict[str, Any]:
    """What is said for good."""
    return {key: value for key, value in body.items() if key not in PASSING}


def _named(change: dict[str, Any]) -> dict[str, set[str]]:
    named = {kind: {each["id"] for each in change[kind]} for kind in KINDS}
    for kind, links in (("services", change["succession"]), ("organisations", change["organisation_succession"])):
        named[kind] |= {end for link in links for end in (link["from"], link["to"]) if end}
    return named


def _days(change: dict[str, Any]) -> set[str]:
    links = (*change["succession"], *change["organisation_succession"])
    return {change["effective_from"], *(link["effective_from"] for link in links)}


def _add(to: dict[str, Any], named: Mapping[str, Iterable[str]]) -> None:
    for kind, keys in named.items():
        to[kind] = {*to.get(kind, ()), *keys}
