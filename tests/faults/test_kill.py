"""Power cuts: `kill -9` at random moments during publishing and sending, then a restart.

Every acknowledged change exists once, with its record, its place in the chain and its deliveries; every recipient has
it at least once, a repeat under the same Message-ID; the index catches up by itself. `scripts/faults` runs more rounds.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import httpx

from directory.actions.people import subscribe_person
from directory.search.index import WhooshEngine
from directory.site import utc_now
from directory.store.database import Database
from tests.faults.aftermath import (
    assert_chains_whole,
    assert_published_once,
    assert_told,
    found_by_doctor,
    head,
    work_when_leases_have_lapsed,
)
from tests.faults.conftest import Tried
from tests.faults.publishing import key_of_editor, publish
from tests.running import Relay, Signpost, wait_for

CONTENT = Path(__file__).resolve().parents[2] / "content"
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))
READERS = [f"reader{number}@northmoor.example" for number in range(5)]


class Publisher(threading.Thread):
    """Publishes until the server dies; what was not answered is asked again, under the same key, by the next one."""

    def __init__(self, signpost: Signpost, key: str, acknowledged: dict[str, int], asked: list[str]) -> None:
        super().__init__()
        self.signpost, self.key, self.acknowledged, self.asked = signpost, key, acknowledged, asked

    def run(self) -> None:
        with self.signpost.client(self.key) as client:
            try:
                for title in [title for title in self.asked if title not in self.acknowledged]:
                    self._publish(client, title)
                while True:
                    title = f"Change {len(self.asked)}"
                    self.asked.append(title)
                    self._publish(client, title)
            except httpx.TransportError:
                return

    def _publish(self, client: httpx.Client, title: str) -> None:
        answer = publish(client, title)
        assert answer.status_code == 201, answer.text
        self.acknowledged[title] = answer.json()["number"]


def test_killed_at_random_nothing_acknowledged_is_lost(
    signpost: Signpost, relay: Relay, database_url: str, tried: Callable[[Tried], None]
) -> None:
    key = key_of_editor(signpost)
    with closing(Database(database_url)) as database:
        for reader in READERS:
            subscribe_person(
                database, email=reader, criteria={}, frequency="immediately", at=utc_now(), today=date(2026, 11, 22)
            )
    healthy = found_by_doctor(signpost)
    acknowledged: dict[str, int] = {}
    asked: list[str] = []
    chance = random.Random(20261122)
    before_any = 0
    longest = max(1.2, 3 * _first_takes(signpost, key, acknowledged, asked))
    for _ in range(ROUNDS):
        signpost.start()
        known = len(acknowledged)
        publisher = Publisher(signpost, key, acknowledged, asked)
        publisher.start()
        # Whatever it is doing then: taking the first change, writing, making records, telling, sending.
        time.sleep(chance.uniform(0, longest))
        signpost.kill()
        publisher.join()
        assert found_by_doctor(signpost) <= healthy
        before_any += len(acknowledged) == known

    # The last one asked may or may not have been published: a retry under its key decides, and does not double.
    signpost.start()
    with signpost.client(key) as client:
        last = Publisher(signpost, key, acknowledged, asked)
        for title in [title for title in asked if title not in acknowledged]:
            last._publish(client, title)
    signpost.stop()
    work_when_leases_have_lapsed(signpost)
    with closing(Database(database_url)) as database:
        assert_published_once(database, acknowledged)
        repeats = assert_told(database, relay, acknowledged, READERS)
        last_number = head(database)
    assert (WhooshEngine(signpost.home / "index").cursor or (0, date.min))[0] == last_number
    assert len(list((signpost.home / "content" / "changes").rglob("*.md"))) == last_number
    assert_chains_whole(signpost)
    assert found_by_doctor(signpost) <= healthy
    of_which = (
        f"{before_any} before a change was acknowledged; {len(acknowledged)} changes, {len(relay.messages)} messages"
    )
    kind = database_url.partition(":")[0]
    tried(Tried("kill -9 of serve while it publishes and tells", kind, ROUNDS, 0, repeats, of_which))
    assert repeats <= ROUNDS + 1


def _first_takes(signpost: Signpost, key: str, acknowledged: dict[str, int], asked: list[str]) -> float:
    """How many seconds a server takes from its start to the first change, on this machine; it is killed then."""
    signpost.start()
    began = time.monotonic()
    publisher = Publisher(signpost, key, acknowledged, asked)
    publisher.start()
    wait_for(lambda: acknowledged, "the first change to be acknowledged")
    took = time.monotonic() - began
    signpost.kill()
    publisher.join()
    return took
