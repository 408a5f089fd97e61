"""Entries by age, for those who look after them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.domain.freshness import is_overdue, months_since
from directory.notify.check_requests import cutoffs
from directory.store import checks
from directory.store.versions import find_ids
from directory.web.views.names import Named, names_of
from directory.web.words import counted

A_PAGE = 50


@dataclass(frozen=True, slots=True)
class AgeLine:
    """One entry: when it was checked (or, where it never was, added), how long ago, and whether that is too long.

    `every` is how often it is to be checked, in words, where that is not the setting.
    """

    name: str
    href: str
    team: Named | None
    since: date
    checked: bool
    age: str
    overdue: bool
    every: str


@dataclass(frozen=True, slots=True)
class TeamLine:
    """One team's entries; `key` picks them. `team` is None for those without a team."""

    team: Named | None
    key: str
    services: int
    overdue: int
    oldest: str


@dataclass(frozen=True, slots=True)
class FreshnessView:
    """A page of entries, the oldest first, and the teams beside; `next` is from where to go on."""

    lines: tuple[AgeLine, ...]
    teams: tuple[TeamLine, ...]
    next: int | None

    @property
    def overdue(self) -> int:
        """How many are too old, in all teams shown."""
        return sum(line.overdue for line in self.teams)


def freshness_view(
    connection: Connection,
    *,
    teams: Collection[str] | None,
    team: str,
    start: int,
    every: int,
    today: date,
    zone: ZoneInfo,
) -> FreshnessView:
    """The entries of some teams (None: of all), or of one of them where `team` is given."""
    wanted = teams if not team else {team} & set(teams) if teams is not None else {team}
    found = checks.by_age(connection, on=today, teams=wanted, limit=A_PAGE + 1, offset=start)
    by_team = checks.by_team(connection, on=today, until=cutoffs(connection, today, every, zone), teams=teams)
    slugs = {each.owner for each in found if each.owner} | {each.owner for each in by_team if each.owner}
    ids = find_ids(connection, "team", slugs)
    names = names_of(connection, "team", ids.values(), on=today)
    named = {slug: names[key] for slug, key in ids.items()}
    return FreshnessView(
        tuple(_line(each, named, every=every, today=today, zone=zone) for each in found[:A_PAGE]),
        tuple(
            TeamLine(
                named.get(each.owner or ""),
                each.owner or "",
                each.services,
                each.overdue,
                _age(each.oldest.astimezone(zone).date(), today),
            )
            for each in by_team
        ),
        start + A_PAGE if len(found) > A_PAGE else None,
    )


def _line(each: checks.Age, named: dict[str, Named], *, every: int, today: date, zone: ZoneInfo) -> AgeLine:
    since = each.since.astimezone(zone).date()
    overdue = is_overdue(since, today, every=each.every or every)
    return AgeLine(
        each.name,
        f"/services/{each.slug}",
        named.get(each.owner or ""),
        since,
        each.checked,
        _age(since, today),
        overdue,
        counted(each.every, "month") if each.every else "",
    )


def _age(since: date, today: date) -> str:
    months = months_since(since, today)
    return f"{counted(months, 'month')} ago" if months else "less than a month ago"
