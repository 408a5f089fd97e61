"""The seam behind which an engine stands: plans go in, services come out, and text never passes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from directory.domain.query import Hit
from directory.search.document import Document
from directory.search.lexicon import Lexicon
from directory.search.plan import Plan


@dataclass(frozen=True, slots=True)
class Standing:
    """How the first hit stands, as numbers to judge confidence by.

    `exact` is the kind of key that it meets whole and that accounts for the whole question (None where there is none);
    `rivals` counts the other live hits that do as much; `covered` says that every word that matters is met; `closeness`
    is how much of what could be scored was (0 to 1); `margin` is its score over the next live one's; `parted` says that
    a near one does the same for another area or age, and the question does not say which. `told` is how much of the
    question the best of its names and needs answers by itself; `placed` that it serves the place asked about, where one
    is; `ended` that it is closed or has successors; `guessed` that what it meets whole may not be what was meant.
    """

    exact: str | None
    rivals: int
    covered: bool
    closeness: float
    margin: float
    parted: bool
    told: float = 0.0
    placed: bool = False
    ended: bool = False
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Hits:
    """One page of what a plan met, best first, ties by name and then id; `total` counts every page."""

    hits: tuple[Hit, ...] = ()
    total: int = 0
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A name, former name, need or owner that goes on as somebody types; `service_id` where it names one service."""

    text: str
    field: str
    service_id: str | None = None


class Engine(Protocol):
    """An index that holds up to a cursor: a change number and a day.

    Any number of threads and processes may search while one writes: they see the index before or after, never
    between. Where there is nothing sound to search, `cursor` is None and searching raises `errors.IndexDamaged`.
    """

    @property
    def cursor(self) -> tuple[int, date] | None:
        """The change number and day up to which the index holds; None where it is missing or damaged."""
        ...

    @property
    def generation(self) -> str:
        """A name for what is searched now: it differs whenever the documents may. Empty where there is nothing."""
        ...

    def build(self, documents: Iterable[Document], *, number: int, day: date) -> None:
        """Replace everything, whatever state the old index is in; it answers until the new one is whole."""
        ...

    def apply(self, documents: Iterable[Document], *, number: int, day: date) -> None:
        """Add or replace documents by id and move the cursor, at once; raises `IndexDamaged` where there is none."""
        ...

    def lexicon(self) -> Lexicon:
        """What the index knows now."""
        ...

    def search(self, plan: Plan, *, limit: int, offset: int = 0, on: Lexicon | None = None) -> Hits:
        """One page of what a plan meets.

        `on` is the lexicon with which it was planned: that state is searched, even where a change has come since. A
        telephone number that is present in one state may be a former one in the next, and a plan says which.
        """
        ...

    def suggest(self, prefix: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """What goes on from these letters, names first; nothing below the third letter."""
        ...

    def verify(self) -> list[str]:
        """Everything that is wrong with the index on disk, in words; empty where it is sound."""
        ...

    def close(self) -> None:
        """Let go of what is held; searching again opens it again."""
        ...
