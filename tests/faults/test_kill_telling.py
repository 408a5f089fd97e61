"""`kill -9` of workers while they match, make digests and send: nothing is lost, and a kill repeats one mail at most.

Three workers, of which one drawn by lot is killed in each round: at a moment that is uniform over the time that a
phase drawn by lot takes. To these come kills at the worst of moments, when the relay has taken a mail and that is not
yet recorded. `scripts/faults` runs more rounds.
"""

from __future__ import annotations

import os
import random
import re
import signal
import statistics
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess

from directory.store import inspection
from directory.store.database import Database
from directory.store.inspection import Found
from tests.faults.conftest import Tried
from tests.faults.telling import PHASES, work
from tests.notify.build import NOW, Town
from tests.running import Relay

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "2"))
# One round in so many is killed between a relay's answer and the note that it came, and counts apart.
WORST_EVERY = 5
WORKERS = 3
NOW_PEOPLE, DAILY_PEOPLE = 12, 8
DAY = timedelta(days=1)
ACCEPTED = "accepted"
ENDS = ("done", "gone")
PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.faults.telling"])


@dataclass(slots=True)
class Lot:
    """Which phase, which worker and which moment: every moment of a phase is as likely as every other."""

    chance: random.Random
    # Seconds that each phase took of late. What it takes is learnt as rounds go by; a first kill may come too late.
    took: dict[str, deque[float]] = field(default_factory=lambda: {phase: deque([0.02], 30) for phase in PHASES})

    def draw(self, kills: Counter[str]) -> tuple[str, int, float]:
        # What is over in a few milliseconds is often over before the kill comes: the least hit is tried more often.
        fewest = min(kills[phase] for phase in PHASES)
        phase = self.chance.choice([phase for phase in PHASES if kills[phase] == fewest])
        return phase, self.chance.randrange(WORKERS), self.chance.uniform(0, statistics.mean(self.took[phase]))


@dataclass(slots=True)
class Running:
    """The workers of a round: the pipe on which each speaks, its process, and what it said last, when."""

    processes: dict[Connection, ForkServerProcess]
    said: dict[Connection, tuple[str, float]] = field(default_factory=dict)


def test_no_kill_loses_a_mail_or_repeats_more_than_one(
    database: Database, relay: Relay, tried: Callable[[Tried], None]
) -> None:
    town, lot = Town(database), Lot(random.Random(20261123))
    people = _people(town)
    kills: Counter[str] = Counter()
    expected: set[tuple[str, int]] = set()
    at, rounds = NOW, 0
    while sum(kills[phase] for phase in PHASES) < ROUNDS:
        at, rounds = at + DAY, rounds + 1
        for _ in range(3):
            change = town.move_clinic(at=at, urgent=lot.chance.random() < 0.2)
            expected |= {(email, change) for email in people}
        # What those held that were killed before is free by now, and is sent again at most once for each of them.
        before = kills.total() - kills["none"]
        drawn = lot.draw(kills)
        kills[_one_round(database, relay, at, lot, drawn, worst=rounds % WORST_EVERY == 0)] += 1
        assert _repeats(relay) <= before
        assert _found_wrong(database, at) == []
    _to_the_end(database, relay, at + DAY)

    assert _found_wrong(database, at + DAY) == []
    told, ids = _told(relay)
    lost = [key for key in expected if key not in told]
    assert lost == []
    assert {row.state for row in (*town.deliveries(), *town.digests())} == {"accepted"}
    assert set(told) == expected
    assert {key: len(found) for key, found in told.items()} == dict.fromkeys(expected, 1)
    assert all(len(to) == 1 for to in ids.values())
    repeats, total = _repeats(relay), kills.total() - kills["none"]
    assert repeats <= total
    by_phase = ", ".join(f"{phase} {kills[phase]}" for phase in (*PHASES, ACCEPTED))
    of_which = f"{by_phase}; {len(expected)} to tell in {len(ids)} messages"
    tried(
        Tried(
            "kill -9 of one of three workers that tell",
            database.engine.dialect.name,
            total,
            len(lost),
            repeats,
            of_which,
        )
    )


def _found_wrong(database: Database, at: datetime) -> list[Found]:
    """What `signpost doctor` finds wrong with messages; this town's services have no facts that it could look at."""
    with database.read() as connection:
        unheard = inspection.changes_without_audience(connection, since=NOW + DAY)
        unreached = inspection.people_not_reached(connection, at=at)
        return [*inspection.stale_leases(connection, at=at), *unheard, *unreached]


def _people(town: Town) -> list[str]:
    found = []
    for number in range(NOW_PEOPLE + DAILY_PEOPLE):
        email = f"person{number}@example.nhs.uk"
        town.subscribe("immediately" if number < NOW_PEOPLE else "daily", person=town.person(email))
        found.append(email)
    return found


def _one_round(
    database: Database, relay: Relay, at: datetime, lot: Lot, drawn: tuple[str, int, float], *, worst: bool
) -> str:
    """Start the workers and kill one; in which phase it died, or "none" where it was done before."""
    phase, chosen, moment = drawn
    dies_after = lot.chance.randint(1, 5) if worst else None
    running = _started(database, relay, at, WORKERS, dies_after=dies_after)
    victim = list(running.processes)[chosen]
    due, killed = None, "none"
    while running.processes:
        left = None if due is None else max(due - time.monotonic(), 0)
        ended = _listen(running, lot, left)
        if not worst and due is None and running.said.get(victim, ("", 0))[0] == phase:
            due = running.said[victim][1] + moment
        if due is not None and time.monotonic() >= due:
            due = float("inf")
            if victim in running.processes:
                running.processes[victim].kill()
        for said, process in ended:
            word = running.said[said][0]
            if process.exitcode == -signal.SIGKILL and word != "done":
                killed = ACCEPTED if worst else word if word in PHASES else "none"
    return killed


def _listen(running: Running, lot: Lot, seconds: float | None) -> list[tuple[Connection, ForkServerProcess]]:
    """Hear what workers say within so many seconds; those that ended."""
    ended = []
    patience = seconds if seconds is None or seconds < 3600 else None
    for said in wait(list(running.processes), patience):
        assert isinstance(said, Connection)
        word, now = _word(said), time.monotonic()
        last, since = running.said.get(said, ("", now))
        if word != "gone":
            running.said[said] = (word, now)
            if last in PHASES:
                lot.took[last].append(now - since)
        if word in ENDS:
            process = running.processes.pop(said)
            process.join()
            ended.append((said, process))
    return ended


def _started(database: Database, relay: Relay, at: datetime, count: int, *, dies_after: int | None = None) -> Running:
    running = {}
    for number in range(count):
        said, saying = PROCESSES.Pipe(duplex=False)
        dies = dies_after if number == 0 else None
        process = PROCESSES.Process(target=work, args=(database.url, relay.url, at, saying, dies))
        process.start()
        saying.close()
        running[said] = process
    return Running(running)


def _word(said: Connection) -> str:
    try:
        return str(said.recv())
    except (EOFError, ConnectionResetError):
        return "gone"


def _to_the_end(database: Database, relay: Relay, at: datetime) -> None:
    """What killed workers held is free by then, and a worker does the rest."""
    running = _started(database, relay, at, 1)
    while running.processes:
        for _, process in _listen(running, Lot(random.Random(0)), None):
            assert process.exitcode == 0


def _repeats(relay: Relay) -> int:
    return len(relay.messages) - len({str(message["Message-ID"]).strip() for _, message in relay.messages})


def _told(relay: Relay) -> tuple[dict[tuple[str, int], set[str]], dict[str, set[str]]]:
    """By person and change, in which messages; and by message, to whom it went."""
    told: dict[tuple[str, int], set[str]] = defaultdict(set)
    ids: dict[str, set[str]] = defaultdict(set)
    for to, message in relay.messages:
        text = message.get_body(("plain",))
        assert text is not None
        key = str(message["Message-ID"]).strip()
        ids[key].add(to)
        for number in re.findall(r"/changes/([0-9]+)", str(text.get_content())):
            told[to, int(number)].add(key)
    return told, ids
