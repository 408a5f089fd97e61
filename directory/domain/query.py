"""What somebody asks, and what search gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from directory.domain.change import fold
from directory.domain.service import Entry

# Where no answer deserves confidence, so many are shown first.
NEAREST = 3


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it was put. `as_of` is the day it asks about; None is today.

    `registered` are the areas, nearest first, of the GP practice that a question named; its text is then without it.
    """

    text: str
    area: str | None = None
    setting: str | None = None
    as_of: date | None = None
    limit: int = 20
    offset: int = 0
    registered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Understood:
    """Something that was recognised in a question and can be taken out of it.

    `kind` is `place`, `postcode`, `age`, `urgency`, `practice` or `setting`; `label` is in plain words; `q` is the
    question without it.
    """

    kind: str
    label: str
    q: str


@dataclass(frozen=True, slots=True)
class Matched:
    """Why something was found: the field and the text in it that the question met."""

    field: str
    text: str


class Hit:
    """A service that search found, before its entry is loaded.

    Why it was found is worked out when it is first asked for: most of what is found is never shown.
    """

    __slots__ = ("_why", "score", "service_id")

    def __init__(self, service_id: str, score: float, why: Matched | Callable[[], Matched]) -> None:
        self.service_id, self.score, self._why = service_id, score, why

    @property
    def matched(self) -> Matched:
        """The field and the text in it that the question met."""
        if not isinstance(self._why, Matched):
            self._why = self._why()
        return self._why

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Hit):
            return NotImplemented
        return (self.service_id, self.score, self.matched) == (other.service_id, other.score, other.matched)

    def __hash__(self) -> int:
        return hash((self.service_id, self.score))

    def __repr__(self) -> str:
        return f"Hit({self.service_id!r}, {self.score!r}, {self.matched!r})"


@dataclass(frozen=True, slots=True)
class Registered:
    """Why a patient of a practice is taken: the service takes those registered with a GP in `area`, as it is."""

    practice: str
    area: str


@dataclass(frozen=True, slots=True)
class Result:
    """A service in an answer. `asked_for` names the former service or owner through which it was reached, if any.

    `why` says in sentences, without full stops, why it was found; `against` what speaks against it, such as an age.
    """

    entry: Entry
    matched: Matched
    asked_for: str | None = None
    registered: Registered | None = None
    why: tuple[str, ...] = ()
    against: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The ranked answer to a question on a day.

    `understood` is what was recognised in it, each as a filter that can be taken away.
    `best` is None where none deserves confidence: the results are then the nearest. `ask` is the one plain question
    whose answer would decide, with each answer to it as a label and the text to ask instead. `practice` is the GP
    practice where the question is nothing else: the results are then what its patients may use.
    """

    query: Query
    on: date
    best: Result | None
    results: tuple[Result, ...]
    total: int
    did_you_mean: str | None = None
    ask: str | None = None
    choices: tuple[tuple[str, str], ...] = ()
    practice: str | None = None
    understood: tuple[Understood, ...] = ()

    @property
    def nearest(self) -> tuple[Result, ...]:
        """What is shown first where nothing is sure: the first three."""
        return () if self.best else self.results[:NEAREST]

    @property
    def gone(self) -> Result | None:
        """What the question calls by its name, or a former name, and has closed."""
        return next((each for each in self.results if _closed_and_named(each.entry, self.query.text)), None)


def _closed_and_named(entry: Entry, text: str) -> bool:
    names = (entry.facts.name, *entry.facts.former_names)
    return entry.facts.status == "closed" and fold(text) in {fold(name) for name in names}
