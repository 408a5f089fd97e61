"""The answer to a question: the best one as a card, the others below, and why each was found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.domain.change import fold
from directory.domain.query import NEAREST, Answer, Query, Registered, Result
from directory.store.told import told
from directory.web import words
from directory.web.language import gettext
from directory.web.parameters import LAST_PAGE
from directory.web.views.entries import EntryView, entry_view, to_be_read_only
from directory.web.views.reader import Reader


@dataclass(frozen=True, slots=True)
class ResultView:
    """A service that was found. `instead` is the Markdown that says what to do where it has closed.

    `why` says in sentences why it was found, `against` what speaks against it; `takes` for the patients of which
    practice it is, where the question named one.
    """

    entry: EntryView
    why: tuple[str, ...]
    asked_for: str
    former: str
    old_number: str
    instead: str = ""
    takes: str = ""
    against: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to the question that is asked back, and where it leads."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Something that was recognised in the question; `without` leads to the question less it."""

    kind: str
    label: str
    without: str


@dataclass(frozen=True, slots=True)
class AnswerView:
    """What /find shows. Without a `best`, the first of `others` are the nearest.

    `gone` is a service that was asked for by name and has closed with nothing in its place; `ask` is the question whose
    answer would decide.
    """

    on: date
    past: bool
    future: bool
    gone: ResultView | None
    best: ResultView | None
    others: tuple[ResultView, ...]
    total: int
    did_you_mean: str
    did_you_mean_href: str
    areas: tuple[str, ...]
    ask: str = ""
    choices: tuple[Choice, ...] = ()
    practice: str = ""
    filters: tuple[Filter, ...] = ()
    number: int = 1
    before: str = ""
    after: str = ""

    @property
    def nearest(self) -> tuple[ResultView, ...]:
        """The nearest, where there is no answer."""
        return () if self.best or self.number > 1 else self.others[:NEAREST]

    @property
    def rest(self) -> tuple[ResultView, ...]:
        """What is listed under "other services"."""
        return self.others if self.best or self.number > 1 else self.others[NEAREST:]


def answer_view(
    connection: Connection,
    found: Answer,
    *,
    today: date,
    zone: ZoneInfo,
    reader: Reader | None = None,
    near: str = "",
    by_distance: bool = False,
) -> AnswerView:
    """The answer in words, in the order in which it comes.

    `near` is the place that the reader typed and `by_distance` the order asked for: links to other pages keep both.
    """
    instead = _instead(connection, found.results)
    past = found.on < today
    reader = reader if found.on == today else None
    views = {
        result.entry.id: _result(result, instead, zone, past=past, reader=reader, alone=bool(found.practice))
        for result in found.results
    }
    gone = views.pop(found.gone.entry.id) if found.gone else None
    best = views.pop(found.best.entry.id) if found.best else None
    corrected = found.did_you_mean or ""
    return AnswerView(
        on=found.on,
        past=past,
        future=found.on > today,
        gone=gone,
        best=best,
        others=tuple(views.values()),
        total=max(found.total, len(found.results)),
        did_you_mean=corrected,
        did_you_mean_href=_asking_instead(found.query, corrected) if corrected else "",
        areas=_areas(found),
        ask=found.ask or "",
        choices=tuple(Choice(label, _asking_instead(found.query, text)) for label, text in found.choices),
        practice=found.practice or "",
        filters=_filters(found),
        **_pages(found, near, by_distance=by_distance),
    )


def _filters(found: Answer) -> tuple[Filter, ...]:
    """What was recognised in the question and what was chosen beside it, each to be taken away."""
    query = found.query
    said = [Filter(each.kind, each.label, _asking_instead(query, each.q)) for each in found.understood]
    if query.area:
        said.append(
            Filter(
                "place",
                gettext("Area: {area}").format(area=query.area),
                _asking_instead(replace(query, area=None), query.text),
            )
        )
    if query.setting:
        label = gettext("Setting: {setting}").format(setting=words.SETTINGS.get(query.setting, query.setting))
        said.append(Filter("setting", label, _asking_instead(replace(query, setting=None), query.text)))
    return tuple(said)


def _pages(found: Answer, near: str, *, by_distance: bool) -> dict[str, Any]:
    """Where in the whole this page begins, and the way to the pages around it, with all that was typed."""
    query = found.query
    kept = _parameters(query) | ({"near": near} if near else {}) | ({"sort": "distance"} if by_distance else {})
    number = query.offset // query.limit + 1

    def page(at: int) -> str:
        return f"/find?{urlencode(kept | ({'page': str(at)} if at > 1 else {}))}"

    more = query.offset + query.limit < found.total and number < LAST_PAGE
    return {
        "number": number,
        "before": page(number - 1) if number > 1 else "",
        "after": page(number + 1) if more else "",
    }


def _asking_instead(query: Query, text: str) -> str:
    return f"/find?{urlencode(_parameters(query) | {'q': text})}"


def _parameters(query: Query) -> dict[str, str]:
    given = {
        "q": query.text,
        "area": query.area,
        "setting": query.setting,
        "as_of": query.as_of.isoformat() if query.as_of else None,
    }
    return {name: value for name, value in given.items() if value}


def _areas(found: Answer) -> tuple[str, ...]:
    """The areas by which these results can be narrowed, and the one by which they are."""
    named = {fold(area.name): area.name for result in found.results for area in result.entry.facts.areas}
    if found.query.area:
        named.setdefault(fold(found.query.area), found.query.area)
    return tuple(sorted(named.values()))


def _instead(connection: Connection, results: tuple[Result, ...]) -> dict[str, str]:
    """What the changes that closed services say to do, by service."""
    closed = {
        each.entry.id: each.entry.version.change_number for each in results if each.entry.facts.status == "closed"
    }
    records = told(connection, closed.values()) if closed else {}
    return {service: records[number].what_to_do for service, number in closed.items() if number in records}


def _result(
    result: Result,
    instead: dict[str, str],
    zone: ZoneInfo,
    *,
    past: bool,
    reader: Reader | None,
    alone: bool,
) -> ResultView:
    """A result in words; where the practice is `alone` in the question, no other word of it says why."""
    takes = takes_registered(result.registered) if result.registered else ""
    entry = entry_view(result.entry, zone=zone, reader=reader)
    return ResultView(
        entry=to_be_read_only(entry) if past else entry,
        why=() if takes and alone else result.why,
        against=result.against,
        asked_for=asked_for(result),
        former=former_of(result),
        old_number=result.matched.text if result.matched.field == "former_phone" else "",
        instead=instead.get(result.entry.id, ""),
        takes=takes,
    )


def takes_registered(it: Registered) -> str:
    """Why a service is for the patients of a practice."""
    said = gettext("Takes patients registered with a GP in {area}, as {practice} is")
    return said.format(area=it.area, practice=it.practice)


_BY_NAME = frozenset({"name", "former_name", "core", "former_core", "code", "owner", "former_owner"})
_BY_FORMER_NAME = frozenset({"former_name", "former_core"})


def asked_for(result: Result) -> str:
    """The former name that was asked for, where it is called something else now."""
    former = former_of(result)
    return former if result.matched.field in _BY_NAME else ""


def former_of(result: Result) -> str:
    """The former service, or former name, through which it was reached; empty where that is its own."""
    found = result.asked_for or (result.matched.text if result.matched.field in _BY_FORMER_NAME else "")
    return found if found != result.entry.facts.name else ""
