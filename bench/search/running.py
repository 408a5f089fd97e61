"""One run: each part fills in its figures of the report."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from bench.measure import CLOCKS
from bench.search import memory, relevance
from bench.search.contender import Contender
from bench.search.freshness import CHANGES, found_after
from bench.search.latency import timed
from bench.search.odd import odd_times
from bench.search.prepared import Prepared
from bench.search.queries.labelled import KINDS, Labelled
from bench.search.reindex import whoosh_seconds
from bench.search.relevance import Given
from bench.search.report import Report
from bench.search.wanted import wanted


class Run:
    """What the parts of a run share."""

    def __init__(
        self, prepared: Prepared, peers: Sequence[str], questions: str, clock: str, say: Callable[[str], None]
    ) -> None:
        self.prepared, self.peers, self.clock, self.say = prepared, peers, CLOCKS[clock], say
        say("corpus and questions")
        self.questions: list[Labelled] = prepared.questions(questions)
        self.report = Report(prepared.size, questions, clock)
        say("indexes")
        self.folder = prepared.signpost_folder()
        self.folders = {"signpost": self.folder} | {name: prepared.peer_folder(name) for name in peers}
        self.report.build = {name: prepared.build_seconds(folder) for name, folder in self.folders.items()}

    def part(self, name: str) -> None:
        """Measure one of `PARTS`."""
        self.say(name)
        PARTS[name](self)


def _relevance(run: Run) -> None:
    signpost = run.prepared.signpost()
    found = [(asked, signpost.find(asked)) for asked in run.questions]
    run.report.given = [
        Given(asked, tuple(hit.service_id for hit in each.hits), each.confident) for asked, each in found
    ]
    run.report.scores["signpost"] = relevance.by_kind(run.report.given)
    run.report.confidence = relevance.confidence(run.report.given)
    for name in run.peers:
        peer = run.prepared.peer(name)
        given = [Given(asked, tuple(peer.search(wanted(each, asked.area))), None) for asked, each in found]
        run.report.scores[name] = relevance.by_kind(given)


def _latency(run: Run) -> None:
    peers: list[Contender] = [run.prepared.peer(name) for name in run.peers]
    for each in timed(run.prepared.signpost(), peers, run.questions, run.clock):
        kinds = {kind: [asked.kind == kind for asked in run.questions] for kind in KINDS}
        run.report.latency[each.name] = {"all": each.spread()} | {
            kind: each.spread(chosen) for kind, chosen in kinds.items()
        }
        run.report.first_round[each.name] = each.first_spread()


def _memory(run: Run) -> None:
    signpost = run.prepared.signpost()
    work = run.prepared.folder / "work"
    run.report.memory[memory.NOTHING] = memory.of(memory.NOTHING, run.folder, work)
    work.write_bytes(pickle.dumps(run.questions))
    run.report.memory["signpost"] = memory.of("signpost", run.folder, work, run.prepared.districts())
    work.write_bytes(pickle.dumps([signpost.wanted(asked) for asked in run.questions]))
    for name in run.peers:
        run.report.memory[name] = memory.of(name, run.folders[name], work)


def _found(run: Run) -> None:
    changing = run.prepared.folder / "changing"
    shutil.rmtree(changing, ignore_errors=True)
    shutil.copytree(run.folder, changing)
    step = max(1, run.prepared.size // CHANGES)
    changed = list(islice(run.prepared.documents(), 0, step * CHANGES, step))
    run.report.found_after = found_after(changing, run.prepared.districts(), run.questions, changed)
    shutil.rmtree(changing)


def _odd(run: Run) -> None:
    signpost = run.prepared.signpost()
    ordinary = timed(signpost, [], run.questions[:60], run.clock)[0]
    run.report.odd = odd_times(signpost, ordinary.spread().p50 / 1000, run.clock)


def _reindex(run: Run) -> None:
    # Both in this run: the machine drifts.
    again = run.prepared.folder / "again"
    shutil.rmtree(again, ignore_errors=True)
    alone = whoosh_seconds(run.prepared, again)
    ours = run.prepared.rebuild_seconds(again)
    run.report.reindex = ours / alone


PARTS: Mapping[str, Callable[[Run], None]] = MappingProxyType(
    {
        "relevance": _relevance,
        "latency": _latency,
        "memory": _memory,
        "found": _found,
        "odd": _odd,
        "reindex": _reindex,
    }
)


def cache_folder(given: Path | None) -> Path:
    """Where corpora and indexes are kept."""
    return given or Path("/tmp/signpost-bench")  # noqa: S108
