"""What somebody asks, and what search gives back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from directory.domain.service import Entry


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it was put. `as_of` is the day it asks about; None is today."""

    text: str
    area: str | None = None
    setting: str | None = None
    as_of: date | None = None
    limit: int = 20
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Matched:
    """Why something was found: the field and the text in it that the question met."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A service that search found, before its entry is loaded."""

    service_id: str
    score: float
    matched: Matched


@dataclass(frozen=True, slots=True)
class Result:
    """A service in an answer. `asked_for` names the former service or owner through which it was reached, if any."""

    entry: Entry
    matched: Matched
    asked_for: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The ranked answer to a question on a day.

    `best` is None where none deserves confidence: the results are then the nearest. `ask` is the one plain question
    whose answer would decide, with each answer to it as a label and the text to ask instead.
    """

    query: Query
    on: date
    best: Result | None
    results: tuple[Result, ...]
    total: int
    did_you_mean: str | None = None
    ask: str | None = None
    choices: tuple[tuple[str, str], ...] = ()
