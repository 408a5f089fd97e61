"""An operator ends it (a new version, a machine going down): the message at hand is finished, none is repeated."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from directory.actions.people import subscribe_person
from directory.site import utc_now
from directory.store.changes import list_after
from directory.store.database import Database
from directory.store.tables.telling import deliveries
from tests import started
from tests.faults.conftest import Tried
from tests.faults.publishing import key_of_editor, publish
from tests.running import Relay, Signpost, wait_for

CONTENT = Path(__file__).resolve().parents[2] / "content"
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "2"))
READERS = [f"reader{number}@northmoor.example" for number in range(3)]


class Deliberate(Relay):
    """A relay that thinks about the first message until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go = Event(), Event()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.begun.set()
        while not self.go.is_set():
            await asyncio.sleep(0.01)
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def slow() -> Iterator[Deliberate]:
    with Deliberate() as relay:
        yield relay
        relay.go.set()


@pytest.mark.parametrize("command", [("serve",), ("work",)], ids=["serve", "work"])
def test_the_message_at_hand_is_finished(
    slow: Deliberate, tmp_path: Path, sqlite_url: str, command: tuple[str, ...]
) -> None:
    signpost = Signpost(tmp_path / "home", database_url=sqlite_url, smtp_url=slow.url)
    signpost.run("import", str(CONTENT), "--format", "markdown")
    database = Database(sqlite_url)
    for reader in READERS:
        subscribe_person(
            database, email=reader, criteria={}, frequency="immediately", at=utc_now(), today=date(2026, 11, 22)
        )
    (tmp_path / "change.md").write_text(_change())
    signpost.run("publish", str(tmp_path / "change.md"))
    arguments = (*command, "--port", str(signpost.port)) if command == ("serve",) else command
    running = started.start(arguments, signpost.environment, out=tmp_path / "out", err=tmp_path / "out")
    assert slow.begun.wait(30), (tmp_path / "out").read_text()
    running.terminate()
    wait_for(lambda: "work ends" in (tmp_path / "out").read_text(), "it to hear that it is to end")
    slow.go.set()
    wait_for(lambda: running.exitcode is not None, "the process to end")

    with database.read() as connection:
        rows = list(connection.execute(select(deliveries).order_by(deliveries.c.id)))
    database.close()
    assert [row.state for row in rows] == ["accepted", "pending", "pending"]
    assert {(row.lease, row.attempts) for row in rows[1:]} == {(None, 0)}
    assert running.exitcode in (0, -signal.SIGTERM)
    assert len(slow.messages) == 1


class Answered(threading.Thread):
    """Publishes until the server is gone; nothing is asked for twice."""

    def __init__(self, signpost: Signpost, key: str, numbers: Iterator[int]) -> None:
        super().__init__(daemon=True)
        self._signpost, self._key, self._numbers = signpost, key, numbers
        self.numbers: dict[str, int] = {}
        self.others: list[str] = []
        self.first = Event()

    def run(self) -> None:
        with self._signpost.client(self._key) as client:
            while True:
                title = f"Change {next(self._numbers)}"
                try:
                    answer = publish(client, title)
                except httpx.TransportError:
                    return
                if answer.status_code == 201:
                    self.numbers[title] = answer.json()["number"]
                    self.first.set()
                else:
                    self.others.append(answer.text)


@pytest.mark.again
def test_under_load_all_that_was_begun_is_answered(signpost: Signpost, tried: Callable[[Tried], None]) -> None:
    key, chance, numbers = key_of_editor(signpost), random.Random(20261124), count()
    signpost.environment |= {"SIGNPOST_API_LIMIT": "0"}
    answered: dict[str, int] = {}
    for _ in range(ROUNDS):
        signpost.start()
        programs = [Answered(signpost, key, numbers) for _ in range(4)]
        for each in programs:
            each.start()
        for each in programs:
            assert each.first.wait(30), "no answer"
        time.sleep(chance.uniform(0, 0.5))
        # It has its time to end, and no more.
        signpost.stop()
        for each in programs:
            each.join(30)
            assert each.others == []
            answered |= each.numbers
        with (
            closing(Database(signpost.environment["SIGNPOST_DATABASE_URL"])) as database,
            database.read() as connection,
        ):
            published = {each.title: each.number for each in list_after(connection, 0, limit=1_000_000)}
        # Nothing was published of which nobody was told, and nobody was told of what was not published.
        assert {title: number for title, number in published.items() if title.startswith("Change ")} == answered
    kind = signpost.environment["SIGNPOST_DATABASE_URL"].partition(":")[0]
    tried(Tried("SIGTERM of serve under load", kind, ROUNDS, 0, 0, f"{len(answered)} changes"))


def _change() -> str:
    return """---
title: Podiatry has another summary
kinds: [correction]
services:
  - id: podiatry
    set: {summary: "Feet."}
effective_from: 2026-11-22
weight: major
---
## Why
A test of ending.
## What to do
Nothing.
"""
