"""The answer to a question: the best one as a card, the others below, and why each was found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.domain.change import fold
from directory.domain.query import Answer, Matched, Query, Result
from directory.store.told import told
from directory.web import words
from directory.web.views.entries import EntryView, entry_view, to_be_read_only

NEAREST = 3


@dataclass(frozen=True, slots=True)
class ResultView:
    """A service that was found. `instead` is the Markdown that says what to do where it has closed."""

    entry: EntryView
    why: str
    asked_for: str
    former: str
    old_number: str
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to the question that is asked back, and where it leads."""

    label: str
    href: str


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

    @property
    def nearest(self) -> tuple[ResultView, ...]:
        """The nearest, where there is no answer."""
        return () if self.best else self.others[:NEAREST]

    @property
    def rest(self) -> tuple[ResultView, ...]:
        """What is listed under "other services"."""
        return self.others if self.best else self.others[NEAREST:]

    @property
    def shown(self) -> int:
        """How many services are on the page."""
        return len(self.others) + bool(self.best) + bool(self.gone)


def answer_view(connection: Connection, found: Answer, *, today: date, zone: ZoneInfo) -> AnswerView:
    """The answer in words."""
    instead = _instead(connection, found.results)
    past = found.on < today
    views = {result.entry.id: _result(result, found.query, instead, zone, past=past) for result in found.results}
    asked_and_gone = next((result for result in found.results if _named_and_closed(result, found.query)), None)
    gone = views.pop(asked_and_gone.entry.id) if asked_and_gone else None
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
    )


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


def _named_and_closed(result: Result, query: Query) -> bool:
    """Whether the question is the name, or a former name, of a service that has closed."""
    facts = result.entry.facts
    return facts.status == "closed" and fold(query.text) in {fold(name) for name in (facts.name, *facts.former_names)}


def _result(result: Result, query: Query, instead: dict[str, str], zone: ZoneInfo, *, past: bool) -> ResultView:
    entry = entry_view(result.entry, zone=zone)
    return ResultView(
        entry=to_be_read_only(entry) if past else entry,
        why=why_matched(result.matched, asked=query.text),
        asked_for=asked_for(result),
        former=former_of(result),
        old_number=result.matched.text if result.matched.field == "former_phone" else "",
        instead=instead.get(result.entry.id, ""),
    )


def why_matched(matched: Matched, *, asked: str) -> str:
    """Why something was found, in words."""
    if matched.field in _BY_MEANING and not _beginnings(asked) & _beginnings(matched.text):
        return f"Near in meaning to “{asked}”: {matched.text}"
    return f"Found by {words.MATCHES.get(matched.field, 'what its entry says')}: {matched.text}"


def _beginnings(text: str) -> set[str]:
    """The first letters of each word: sitter and sitting begin alike."""
    return {word[:4] for word in re.findall(r"\w+", text.casefold())}


# Where no word is shared, an abbreviation or another word for the same thing led there.
_BY_MEANING = frozenset({"name", "former_name", "core", "former_core", "need"})
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
