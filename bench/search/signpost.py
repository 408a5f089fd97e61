"""Signpost's own search, by its public calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from bench.corpus import SEED
from bench.keeping import ROOT
from bench.measure import CLOCKS
from bench.search.queries.labelled import Labelled
from bench.search.wanted import Wanted, wanted
from bench.world.areas import gazetteer
from directory.domain.query import Query
from directory.search.document import Document
from directory.search.engine import Hits
from directory.search.find import Found, find
from directory.search.index import WhooshEngine
from directory.search.lexicon import Lexicon
from directory.search.plan import Plan
from directory.search.vocabulary import Term, Vocabulary

DAY = date(2026, 3, 2)


def vocabulary() -> Vocabulary:
    """The vocabulary that Signpost comes with."""
    lines = yaml.safe_load((ROOT / "content" / "vocabulary.yaml").read_text(encoding="utf-8"))
    return Vocabulary.from_terms(Term(line["term"], tuple(line["means"]), line["kind"]) for line in lines)


class TimedEngine(WhooshEngine):
    """The engine, with the seconds that it spent searching since they were last set to none."""

    spent = 0.0
    clock: Callable[[], float] = staticmethod(CLOCKS["wall"])

    def search(self, plan: Plan, *, limit: int, offset: int = 0, on: Lexicon | None = None) -> Hits:
        """One page of what a plan meets."""
        started = self.clock()
        found = super().search(plan, limit=limit, offset=offset, on=on)
        self.spent += self.clock() - started
        return found


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of one answer: the whole, and the engine's part of it. The rest is planning and judging."""

    whole: float
    engine: float


class Signpost:
    """The engine with its planner, its vocabulary and the areas of the first districts."""

    name = "signpost"

    def __init__(self, folder: Path, districts: int = 0) -> None:
        self._folder, self._districts = folder, districts
        self.engine = TimedEngine(folder)
        self.vocabulary = vocabulary()
        self.gazetteer = gazetteer(districts, SEED)

    def reopened(self) -> Signpost:
        """The same, with nothing of the index in memory yet."""
        return Signpost(self._folder, self._districts)

    def build(self, documents: Iterable[Document]) -> None:
        """Index everything."""
        self.engine.build(documents, number=1, day=DAY)

    def find(self, asked: Labelled) -> Found:
        """The whole answer."""
        return find(Query(asked.text, area=asked.area), self.engine, self.vocabulary, self.gazetteer)

    def timed(self, asked: Labelled, clock: Callable[[], float]) -> Took:
        """How long the whole answer takes, in seconds of a clock."""
        self.engine.spent, self.engine.clock = 0.0, clock
        started = clock()
        self.find(asked)
        return Took(clock() - started, self.engine.spent)

    def wanted(self, asked: Labelled) -> Wanted:
        """What was understood of a question, for a peer."""
        return wanted(self.find(asked), asked.area)
