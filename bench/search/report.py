"""Everything that one run measured, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.measure import Memory, Spread
from bench.search.relevance import Confidence, Given, Score


@dataclass(slots=True)
class Report:
    """The figures of one size; a part that was not asked for is empty. Times are milliseconds, memory megabytes."""

    size: int
    questions: str
    clock: str = "wall"
    scores: dict[str, dict[str, Score]] = field(default_factory=dict)
    confidence: Confidence | None = None
    given: list[Given] = field(default_factory=list)
    latency: dict[str, dict[str, Spread]] = field(default_factory=dict)
    first_round: dict[str, Spread] = field(default_factory=dict)
    build: dict[str, float] = field(default_factory=dict)
    reindex: float | None = None
    memory: dict[str, Memory] = field(default_factory=dict)
    found_after: Spread | None = None
    odd: dict[str, float] = field(default_factory=dict)
