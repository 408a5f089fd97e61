"""What the figures should be, and whether they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.search.queries.labelled import KINDS, SYNONYM
from bench.search.report import Report


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure, what it may be at most (or must be at least), and whether it holds."""

    name: str
    figure: float
    goal: float
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the goal is met."""
        return self.figure >= self.goal if self.at_least else self.figure <= self.goal


def goals(report: Report) -> Iterator[Goal]:
    """Every goal for which the report has a figure."""
    if report.scores:
        yield from _relevance(report)
    if report.latency:
        yield from _latency(report)
    if report.memory and report.size >= 200_000:
        yield Goal("memory, MB", report.memory["signpost"].resident, 150)
    if report.found_after:
        yield Goal("a change is found, p95 ms", report.found_after.p95, 60 if report.size <= 20_000 else 100)
    if report.reindex is not None:
        yield Goal("reindex ÷ Whoosh alone", report.reindex, 1.2)


def _relevance(report: Report) -> Iterator[Goal]:
    ours = report.scores["signpost"]
    yield Goal("MRR@10, all kinds", ours["all"].reciprocal_rank, 0.97, at_least=True)
    worst = min(KINDS, key=lambda kind: ours[kind].reciprocal_rank)
    yield Goal(f"MRR@10, weakest kind ({worst})", ours[worst].reciprocal_rank, 0.92, at_least=True)
    yield Goal("hit@1", ours["all"].first, 0.92, at_least=True)
    yield Goal("recall@10 of words that no vocabulary holds", ours[SYNONYM].recall, 0.65, at_least=True)
    if report.confidence:
        yield Goal("of confident answers, right", report.confidence.share_right, 0.98, at_least=True)


def _latency(report: Report) -> Iterator[Goal]:
    spreads = {name: each["all"] for name, each in report.latency.items()}
    ours = spreads["signpost"]
    if "fts5" in spreads:
        theirs = spreads["fts5"]
        if report.size < 200_000:
            yield Goal("p50 ÷ FTS5's p50", ours.p50 / theirs.p50, 1.0)
        yield Goal("p95 ÷ FTS5's p95", ours.p95 / theirs.p95, 0.2 if report.size < 200_000 else 0.05)
    if "tantivy" in spreads and report.size >= 200_000:
        yield Goal("p95 ÷ Tantivy's p95", ours.p95 / spreads["tantivy"].p95, 0.5)
