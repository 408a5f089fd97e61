"""What a reader typed, as values: cleaned, bounded, and named where it is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from starlette.requests import Request

from directory.domain.change import KINDS, is_likely
from directory.domain.query import Query
from directory.domain.service import SETTINGS
from directory.errors import Invalid, NotFound, Problem
from directory.web.language import gettext

LONGEST_QUESTION = 300
LONGEST_KEY = 200
LONGEST_PLACE = 200
LARGEST_NUMBER = 2**31 - 1
# Results are shown so many at a time, and no further than this page: who is still reading has not found it.
PAGE, LAST_PAGE = 20, 50


def text_of(request: Request, name: str, *, limit: int = LONGEST_QUESTION) -> str:
    """A parameter as one line of printable text."""
    given = request.query_params.get(name, "")[: 4 * limit]
    return " ".join("".join(char if char.isprintable() else " " for char in given).split())[:limit]


def key_of(request: Request, name: str = "slug") -> str:
    """An id or slug from the path; raises NotFound for what cannot be one."""
    key = str(request.path_params[name])
    if not key.isprintable() or len(key) > LONGEST_KEY:
        raise NotFound("There is no such page.")
    return key


def number_of(text: str) -> int | None:
    """A whole number that the store can hold; None where it is not one."""
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) and int(text) <= LARGEST_NUMBER else None


def day_of(text: str, *, where: str) -> date:
    """A day written 2026-12-01 or 1/12/2026; raises Invalid that quotes what was typed."""
    found = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text)
    parts = found.groups() if found else None
    if parts is None and (found := re.fullmatch(r"(\d{1,2})[/ .](\d{1,2})[/ .](\d{4})", text)):
        parts = found.groups()[::-1]
    try:
        if parts is not None and is_likely(day := date(int(parts[0]), int(parts[1]), int(parts[2]))):
            return day
    except ValueError:
        pass
    raise Invalid(
        [
            Problem(
                where, gettext("“{text}” is not a date we know. Enter a date such as 1/12/2026.").format(text=text[:40])
            )
        ]
    )


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The last instant of a day in the directory's time zone."""
    midnight = datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)
    return midnight.astimezone(UTC) - timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was typed, and the query that it makes; None where nothing was asked or something is wrong.

    `near` is from where the reader counts distances, as typed; `by_distance` lists the nearest services first.
    """

    text: str
    area: str
    setting: str
    as_of: str
    query: Query | None
    problems: tuple[Problem, ...] = ()
    near: str = ""
    by_distance: bool = False


def asked_of(request: Request) -> Asked:
    """The question in the address of /find."""
    typed = {name: text_of(request, name) for name in ("q", "area", "setting", "as_of")}
    problems: list[Problem] = []
    day = None
    if typed["as_of"]:
        try:
            day = day_of(typed["as_of"], where="as_of")
        except Invalid as invalid:
            problems.extend(invalid.problems)
    if typed["setting"] and typed["setting"] not in SETTINGS:
        problems.append(
            Problem(
                "setting", gettext("“{text}” is not a setting. Choose one from the list.").format(text=typed["setting"])
            )
        )
    query = Query(typed["q"], typed["area"] or None, typed["setting"] or None, day, PAGE, _offset(request))
    given = query if typed["q"] and not problems else None
    near, by_distance = text_of(request, "near", limit=LONGEST_PLACE), text_of(request, "sort") == "distance"
    said = (typed["q"], typed["area"], typed["setting"], typed["as_of"])
    return Asked(*said, given, tuple(problems), near, by_distance)


def _offset(request: Request) -> int:
    """How many results come before the page asked for; anything that is no page is the first."""
    number = number_of(text_of(request, "page")) or 1
    return PAGE * (min(number, LAST_PAGE) - 1)


@dataclass(frozen=True, slots=True)
class ChangesAsked:
    """Which changes to list: a kind, an area, those before a number, and whether small corrections are wanted too."""

    kind: str
    area: str
    before: int | None
    minor: bool


def changes_asked_of(request: Request) -> ChangesAsked:
    """The filters in the address of /changes; an unknown kind does not narrow."""
    kind = text_of(request, "kind")
    return ChangesAsked(
        kind if kind in KINDS else "",
        text_of(request, "area"),
        number_of(text_of(request, "before")),
        bool(text_of(request, "minor")),
    )
