"""How long an answer takes: every question put to each engine in turn, within one run, several times over."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.measure import Spread, medians
from bench.search.contender import Contender
from bench.search.queries.labelled import Labelled
from bench.search.signpost import Signpost
from bench.search.wanted import Wanted
from directory.rubbish import leave_out_what_is_there

ROUNDS = 5
# The planner is the same before every engine: its time is measured once and added to each peer's.
PLANNER, ENGINE_ONLY = "planner", "signpost, engine only"


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds for each question: of the first round, and the median of the later ones, with the planner's part."""

    name: str
    first: tuple[float, ...]
    warm: tuple[float, ...]

    def spread(self, chosen: Sequence[bool] | None = None) -> Spread:
        """The spread of the warm times, of all questions or of the chosen ones."""
        return Spread.of(time for at, time in enumerate(self.warm) if chosen is None or chosen[at])

    def first_spread(self) -> Spread:
        """The spread of the first round, in which little was in memory."""
        return Spread.of(self.first)


def timed(
    signpost: Signpost, peers: Sequence[Contender], questions: Sequence[Labelled], clock: Callable[[], float]
) -> list[Timed]:
    """Signpost's whole answer and its parts; and each peer's search with the planner's time added."""
    asked_for = [signpost.wanted(asked) for asked in questions] if peers else []
    fresh = signpost.reopened()
    leave_out_what_is_there()
    rounds = [_round(fresh, peers, questions, asked_for, clock, number) for number in range(ROUNDS + 1)]
    names = [signpost.name, PLANNER, ENGINE_ONLY, *(peer.name for peer in peers)]
    return [Timed(name, tuple(rounds[0][name]), tuple(medians([each[name] for each in rounds[1:]]))) for name in names]


def _round(
    signpost: Signpost,
    peers: Sequence[Contender],
    questions: Sequence[Labelled],
    asked_for: Sequence[Wanted],
    clock: Callable[[], float],
    number: int,
) -> Mapping[str, list[float]]:
    """Every question to every engine; they take turns in being first."""
    times: dict[str, list[float]] = defaultdict(list)
    searches: dict[str, list[float]] = defaultdict(list)
    gc.collect()
    gc.freeze()
    for at, asked in enumerate(questions):
        order: list[Contender | None] = [None, *peers]
        first = number % len(order)
        for peer in (*order[first:], *order[:first]):
            if peer is None:
                took = signpost.timed(asked, clock)
                times[signpost.name].append(took.whole)
                times[ENGINE_ONLY].append(took.engine)
                times[PLANNER].append(took.whole - took.engine)
            else:
                started = clock()
                peer.search(asked_for[at])
                searches[peer.name].append(clock() - started)
    for name, found in searches.items():
        times[name] = [search + plan for search, plan in zip(found, times[PLANNER], strict=True)]
    return times
