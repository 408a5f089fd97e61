"""`kill -9` of workers while they match, make digests and send: nothing is lost, and a kill repeats one mail at most.

One worker on SQLite, three on PostgreSQL, of which one is killed in each round: a moment after it began a phase that is
drawn by lot, or when the relay has taken a mail and that is not yet recorded. `scripts/faults` runs more rounds.
"""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess

from directory.store.database import Database
from tests.faults.telling import PHASES, work
from tests.notify.build import NOW, Town
from tests.running import Relay

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "2"))
NOW_PEOPLE, DAILY_PEOPLE = 12, 8
DAY = timedelta(days=1)
# Between a relay's answer and the note that it came: the worst of moments.
ACCEPTED = "accepted"
PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.faults.telling"])
Running = dict[Connection, ForkServerProcess]


def test_no_kill_loses_a_mail_or_repeats_more_than_one(database: Database, relay: Relay) -> None:
    town, chance = Town(database), random.Random(20261123)
    people = _people(town)
    kills: Counter[str] = Counter()
    expected: set[tuple[str, int]] = set()
    at, last = NOW, "none"
    while kills.total() - kills["none"] < ROUNDS:
        at += DAY
        for _ in range(2):
            change = town.move_clinic(at=at, urgent=chance.random() < 0.2)
            expected |= {(email, change) for email in people}
        again = _repeats(relay)
        killed, last = last, _one_round(database, relay, at, chance)
        kills[last] += 1
        # What a worker held when it was killed is free by the next day.
        assert _repeats(relay) - again <= (killed != "none")
    _to_the_end(database, relay, at + DAY)

    told, ids = _told(relay)
    assert {row.state for row in (*town.deliveries(), *town.digests())} == {"accepted"}
    assert set(told) == expected
    assert {key: len(found) for key, found in told.items()} == dict.fromkeys(expected, 1)
    assert all(len(to) == 1 for to in ids.values())
    repeats = _repeats(relay)
    print(
        f"{database.engine.dialect.name}: {ROUNDS} kills ({dict(kills)}), {len(expected)} to tell, 0 lost,"
        f" {len(ids)} messages, {repeats} of them sent again with the same Message-ID"
    )
    assert repeats <= ROUNDS


def _people(town: Town) -> list[str]:
    found = []
    for number in range(NOW_PEOPLE + DAILY_PEOPLE):
        email = f"person{number}@example.nhs.uk"
        town.subscribe("immediately" if number < NOW_PEOPLE else "daily", person=town.person(email))
        found.append(email)
    return found


def _one_round(database: Database, relay: Relay, at: datetime, chance: random.Random) -> str:
    """Start the workers, kill the first that begins the phase drawn; which phase, or "none" where all were done."""
    phase, moment = chance.choice((*PHASES, ACCEPTED)), chance.uniform(0, 0.03)
    workers = 1 if database.is_sqlite else 3
    running = _started(database, relay, at, workers, dies_after=chance.randint(1, 9) if phase == ACCEPTED else None)
    killed = "none"
    while running:
        for said in wait(list(running)):
            assert isinstance(said, Connection)
            word = _word(said)
            if word == phase and killed == "none":
                time.sleep(moment)
                running[said].kill()
                killed = phase
            if word in ("done", "gone"):
                process = running.pop(said)
                process.join()
                killed = ACCEPTED if phase == ACCEPTED and process.exitcode == -signal.SIGKILL else killed
    return killed


def _started(database: Database, relay: Relay, at: datetime, count: int, *, dies_after: int | None = None) -> Running:
    running = {}
    for number in range(count):
        said, saying = PROCESSES.Pipe(duplex=False)
        dies = dies_after if number == 0 else None
        process = PROCESSES.Process(target=work, args=(database.url, relay.url, at, saying, dies))
        process.start()
        saying.close()
        running[said] = process
    return running


def _word(said: Connection) -> str:
    try:
        return str(said.recv())
    except (EOFError, ConnectionResetError):
        return "gone"


def _to_the_end(database: Database, relay: Relay, at: datetime) -> None:
    """What killed workers held is free by then, and a worker does the rest."""
    running = _started(database, relay, at, 1)
    while running:
        for said in wait(list(running)):
            assert isinstance(said, Connection)
            word = _word(said)
            assert word != "gone"
            if word == "done":
                running.pop(said).join()


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
