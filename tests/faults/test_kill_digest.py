"""`kill -9` of `signpost digest run` at any moment: run again, each has each change in one message."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from directory.actions.people import subscribe_person
from directory.site import utc_now
from directory.store.database import Database
from tests.faults.aftermath import assert_chains_whole, found_by_doctor, work_when_leases_have_lapsed
from tests.faults.conftest import Tried
from tests.faults.killing import Killer
from tests.running import Relay, Signpost

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "2"))
READERS = [f"reader{number}@northmoor.example" for number in range(4)]
# Slots of days to come: none of them was due before.
FIRST = datetime(2099, 1, 5, 12, 0, tzinfo=UTC)


@pytest.mark.again
def test_a_killed_digest_run_loses_nothing_and_repeats_no_other_message(
    signpost: Signpost, killer: Killer, relay: Relay, tmp_path: Path, tried: Callable[[Tried], None]
) -> None:
    url = signpost.environment["SIGNPOST_DATABASE_URL"]
    with closing(Database(url)) as database:
        for reader in READERS:
            subscribe_person(
                database, email=reader, criteria={}, frequency="daily", at=utc_now(), today=date(2026, 11, 22)
            )
    _publish(signpost, tmp_path, 0)
    longest = killer.takes(signpost, "digest", "run", "--at", FIRST.isoformat())
    healthy = found_by_doctor(signpost)
    at_work = 0
    for number in range(1, ROUNDS + 1):
        _publish(signpost, tmp_path, number)
        command = ("digest", "run", "--at", (FIRST + timedelta(days=number)).isoformat())
        at_work += killer.kill(signpost, *command, within=longest)
        signpost.run(*command)
        assert found_by_doctor(signpost) <= healthy
    work_when_leases_have_lapsed(signpost)
    told = _told(relay)
    for number in range(ROUNDS + 1):
        assert {reader: len(ids) for reader, ids in told[number].items()} == dict.fromkeys(READERS, 1), number
    assert_chains_whole(signpost)
    repeats = len(relay.messages) - len({str(message["Message-ID"]) for _, message in relay.messages})
    assert repeats <= at_work
    of_which = f"{ROUNDS - at_work} when it was done; {len(relay.messages)} messages"
    tried(Tried("kill -9 of digest run", url.partition(":")[0], at_work, 0, repeats, of_which))


def _publish(signpost: Signpost, folder: Path, number: int) -> None:
    (folder / "change.md").write_text(f"""---
title: Change {number} of podiatry
kinds: [correction]
services:
  - id: podiatry
    set: {{summary: "Feet, as of change {number}."}}
effective_from: 2026-11-22
weight: major
---
## Why
A fault test.
## What to do
Nothing.
""")
    signpost.run("publish", str(folder / "change.md"))


def _told(relay: Relay) -> dict[int, dict[str, set[str]]]:
    """The ids of the messages in which a reader was told of a change, by its number and reader."""
    found: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for recipient, message in relay.messages:
        text = message.get_body(("plain",))
        assert text is not None
        for number in re.findall(r"Change (\d+) of podiatry", text.get_content() + str(message["Subject"])):
            found[int(number)][recipient].add(str(message["Message-ID"]).strip())
    return found
