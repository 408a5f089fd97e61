"""A report as text for people, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from bench.search.goals import goals
from bench.search.latency import ENGINE_ONLY, PLANNER
from bench.search.queries.labelled import KINDS, SYNONYM
from bench.search.relevance import Given, failures, wrong_first, wrongly_sure
from bench.search.report import Report
from bench.tables import figure, table


def as_text(report: Report) -> Iterator[str]:
    """The tables of a report, one after the other."""
    yield f"Search over {report.size:,} services, {report.questions} questions"
    if report.scores:
        yield from _relevance(report)
    if report.latency:
        yield from _latency(report)
    if report.memory:
        head = ("memory, MB", "resident", "private")
        rows = [(name, figure(each.resident), figure(each.private)) for name, each in report.memory.items()]
        yield table(head, rows)
    if report.build:
        yield table(("build, s", ""), [(name, figure(seconds)) for name, seconds in report.build.items()])
    if report.found_after:
        spread = report.found_after
        yield table(("a change is found, ms", "p50", "p95"), [("signpost", figure(spread.p50), figure(spread.p95))])
    if report.odd:
        yield table(("odd question", "× ordinary"), [(name, figure(each)) for name, each in report.odd.items()])
    judged = [
        (
            goal.name,
            figure(goal.figure),
            f"{'≥' if goal.at_least else '≤'} {goal.goal:g}",
            "yes" if goal.holds else "NO",
        )
        for goal in goals(report)
    ]
    if judged:
        yield table(("goal", "is", "should be", "holds"), judged)


def _relevance(report: Report) -> Iterator[str]:
    for title, name in (("MRR@10", "reciprocal_rank"), ("recall@10", "recall"), ("hit@1", "first")):
        head = (title, "all", *KINDS, SYNONYM)
        yield table(
            head,
            [
                (engine, *(f"{getattr(scores[kind], name):.3f}" for kind in ("all", *KINDS, SYNONYM)))
                for engine, scores in report.scores.items()
            ],
        )
    if sure := report.confidence:
        yield (
            f"Confident in {sure.sure} of {sure.questions} ({sure.share_sure:.1%}); "
            f"right in {sure.right} of those ({sure.share_right:.1%})."
        )


def _latency(report: Report) -> Iterator[str]:
    head = (f"warm, {report.clock} ms", "p50", "p95", "p99", "first round p50", "p95", "p99")
    rows = []
    for engine, each in report.latency.items():
        every, first = each["all"], report.first_round[engine]
        rows.append((engine, *map(figure, (every.p50, every.p95, every.p99, first.p50, first.p95, first.p99))))
    yield table(head, rows)
    whole = {name: each for name, each in report.latency.items() if name not in (PLANNER, ENGINE_ONLY)}
    yield table(
        (f"p50 / p95 by kind, {report.clock} ms", *KINDS),
        [
            (name, *(f"{figure(each[kind].p50)} / {figure(each[kind].p95)}" for kind in KINDS))
            for name, each in whole.items()
        ],
    )


def failing(report: Report) -> Iterator[str]:
    """Each question that went wrong: what was wanted, and what came."""
    for given in failures(report.given, lambda given: wrong_first(given) or wrongly_sure(given)):
        yield _failure(given)


def _failure(given: Given) -> str:
    asked = given.asked
    wanted = ", ".join(sorted(asked.best)[:3]) or "nothing"
    place = f" [{asked.area}]" if asked.area else ""
    sure = " SURE" if wrongly_sure(given) else ""
    return f"{asked.kind}: {asked.text}{place} → {', '.join(given.ids[:3]) or 'nothing'}{sure}, wanted {wanted}"


def as_json(report: Report) -> dict[str, Any]:
    """The figures with the goals; not every answer."""
    found = asdict(report)
    del found["given"]
    found["goals"] = [asdict(goal) | {"holds": goal.holds} for goal in goals(report)]
    return found
