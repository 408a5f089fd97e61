"""An operator ends it (a new version, a machine going down): the message at hand is finished, none is repeated."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select

from directory.actions.people import subscribe_person
from directory.site import utc_now
from directory.store.database import Database
from directory.store.tables.telling import deliveries
from tests import started
from tests.running import Relay, Signpost, wait_for

CONTENT = Path(__file__).resolve().parents[2] / "content"
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
