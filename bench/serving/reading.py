"""What many readers at once get: targets in turn, each beside another, in rounds."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.serving.load import Load, Target, loaded
from bench.tables import figure, table


@dataclass(frozen=True, slots=True)
class Goal:
    """How many times the requests a second of another, at least; or how much of its p95, at most."""

    name: str
    beside: str
    at_least: float | None = None
    p95_at_most: float | None = None

    def ratio(self, found: Mapping[str, Load]) -> float:
        """What one round showed."""
        one, other = found[self.name], found[self.beside]
        return one.rate / other.rate if self.at_least is not None else one.p95 / other.p95

    @property
    def words(self) -> str:
        """The goal, for a table."""
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"p95 ≤ {self.p95_at_most:g}"

    def is_met(self, ratio: float) -> bool:
        """Whether a ratio is good enough."""
        if self.at_least is not None:
            return ratio >= self.at_least
        return ratio <= (self.p95_at_most or 0)


@dataclass(frozen=True, slots=True)
class Measured:
    """The medians of some rounds, and of the ratios within each."""

    loads: Mapping[str, Load]
    ratios: Sequence[tuple[Goal, float]]


def measure(targets: Sequence[Target], goals: Sequence[Goal], *, rounds: int, seconds: int) -> Measured:
    """Load each target in each round, so that what else the machine does falls on all of them alike."""
    found = [
        {each.name: loaded(each, seconds=seconds, part=number, parts=rounds) for each in targets}
        for number in range(rounds)
    ]
    middle = {
        each.name: Load(
            *(statistics.median(getattr(one[each.name], what) for one in found) for what in ("rate", "p50", "p95"))
        )
        for each in targets
    }
    return Measured(middle, [(goal, statistics.median(goal.ratio(one) for one in found)) for goal in goals])


def as_text(measured: Measured) -> str:
    """Two tables: what was measured, and what is set beside what."""
    loads = [[name, figure(load.rate), figure(load.p50), figure(load.p95)] for name, load in measured.loads.items()]
    ratios = [
        [goal.name, goal.beside, f"{ratio:.2f}", goal.words, "yes" if goal.is_met(ratio) else "no"]
        for goal, ratio in measured.ratios
    ]
    first = table(["asked for", "a second", "p50 ms", "p95 ms"], loads)
    return f"{first}\n\n{table(['', 'beside', 'ratio', 'should be', 'met'], ratios)}"


def as_plain(measured: Measured) -> dict[str, object]:
    """The same for a program."""
    return {
        "loads": {name: {"rate": it.rate, "p50": it.p50, "p95": it.p95} for name, it in measured.loads.items()},
        "ratios": [
            {"name": goal.name, "beside": goal.beside, "ratio": ratio, "goal": goal.words, "met": goal.is_met(ratio)}
            for goal, ratio in measured.ratios
        ],
    }
