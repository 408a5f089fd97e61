"""Metrics: read by a parser that is not ours, only where the settings say so."""

from __future__ import annotations

import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, update

from directory.actions.channels import subscribe_channel
from directory.actions.inspecting import inspect_nightly
from directory.actions.subscribe import Wanted
from directory.domain.change import Edit
from directory.domain.reach import Reach
from directory.metrics import exposition, serve_apart
from directory.notify.match import match_announced
from directory.store import fhir_history, people
from directory.store.sealing import Seal
from directory.store.sources import NewSource, add
from directory.store.tables.channels import channels
from directory.store.tables.sources import sources
from directory.store.tables.telling import deliveries, digests, subscriptions
from tests import build
from tests.running import Signpost, free_port, wait_for
from tests.web.conftest import FoundSite, client_of, site_over


@pytest.fixture
def stocked(sqlite_url: str, tmp_path: Path) -> FoundSite:
    site = site_over(sqlite_url, tmp_path)
    build.directory(site.database)
    return site


def values(text: str) -> dict[tuple[str, str], float]:
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_what_waits_and_what_was_found(stocked: FoundSite) -> None:
    with stocked.database.write() as connection:
        person = people.add(connection, email="nurse@northmoor.example", name="", editor=False, at=build.NOON)
        row = {"change_number": 1, "stage": "announced", "person_id": person, "channel": "mail", "rank": 0}
        row |= {"reasons": "x", "matched_at": build.NOON.replace(hour=11), "state": "pending", "attempts": 0}
        connection.execute(insert(deliveries).values(row))
    inspect_nightly(stocked.database, zone=build.LONDON, at=build.NOON)
    found = values(exposition(stocked).decode())
    assert found["signpost_deliveries_pending", "mail"] == 1
    assert found["signpost_oldest_delivery_seconds", ""] == 3600
    assert found["signpost_index_lag_changes", ""] == found["signpost_changes", ""] == 1
    assert found["signpost_findings", "orphan"] == 1
    assert found["signpost_findings", "dangling"] == 0
    assert found["signpost_letters_pending", ""] == found["signpost_gaps_open", ""] == 0


def test_receivers_and_their_events(stocked: FoundSite) -> None:
    seal = Seal(stocked.settings.secret.get_secret_value())
    subscribe = Wanted({}, frequency="immediately")
    with stocked.database.write() as connection:
        people.add(connection, email="lee@northmoor.example", name="", editor=True, at=build.NOON)
        by = people.by_email(connection, "lee@northmoor.example").actor
        keys = [
            subscribe_channel(
                connection, subscribe, "webhook", f"https://hooks.example/{name}", by=by, at=build.NOON,
                today=build.TODAY, seal=seal, reach=Reach(),
            ).subscription_id
            for name in ("working", "failing", "stopped", "ended")
        ]  # fmt: skip
    hour_ago = build.NOON - timedelta(hours=1)
    build.change(stocked.database, build.draft(Edit("leg-ulcer-clinic", {"hours": "24/7"})))
    match_announced(stocked.database, at=hour_ago, zone=build.LONDON)
    found = values(exposition(stocked).decode())
    assert found["signpost_receivers", "working"] == 4
    assert found["signpost_oldest_event_seconds", ""] == 3600
    with stocked.database.write() as connection:
        alter = update(channels)
        connection.execute(alter.where(channels.c.subscription_id == keys[1]).values(failing_since=hour_ago))
        both = {"failing_since": hour_ago, "stopped_at": build.NOON}
        connection.execute(alter.where(channels.c.subscription_id == keys[2]).values(both))
        connection.execute(update(subscriptions).where(subscriptions.c.id == keys[3]).values(ended_at=build.NOON))
        connection.execute(alter.where(channels.c.subscription_id == keys[0]).values(sent=channels.c.written))
    found = values(exposition(stocked).decode())
    assert [found["signpost_receivers", state] for state in ("working", "failing", "stopped")] == [1, 1, 1]
    # What waits for a receiver that takes nothing is not ours to send.
    assert found["signpost_oldest_event_seconds", ""] == 0


def test_what_fhir_and_the_feeds_wait_for(stocked: FoundSite) -> None:
    assert values(exposition(stocked).decode())["signpost_fhir_waiting", ""] == 0
    with stocked.database.write() as connection:
        fhir_history.wait(connection, ["service leg-ulcer-clinic"])
        for name, failed, due in (("read", False, 1), ("failed", True, 1), ("late", False, -2), ("both", True, -2)):
            new = NewSource(name=name, kind="hsds", url="x", every_minutes=60, at_most=5, keeper_id=None)
            add(connection, new, at=build.NOON)
            values_ = {"failed": failed, "due_at": build.NOON + timedelta(hours=due)}
            connection.execute(update(sources).where(sources.c.name == name).values(values_))
    found = values(exposition(stocked).decode())
    assert found["signpost_fhir_waiting", ""] == 1
    assert [found["signpost_feeds", state] for state in ("read", "failed", "late")] == [1, 1, 2]


def test_on_the_public_port_only_by_setting(sqlite_url: str, tmp_path: Path) -> None:
    site = site_over(sqlite_url, tmp_path)
    assert client_of(site).get("/metrics").status_code == 404
    site = site_over(sqlite_url, tmp_path, SIGNPOST_METRICS="public")
    answer = client_of(site).get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert values(answer.text)["signpost_changes", ""] == 0


def test_on_a_port_of_its_own(stocked: FoundSite) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve_apart(stocked, port)
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        assert values(answer.read().decode())["signpost_changes", ""] == 1


def test_how_long_a_digest_is_late(stocked: FoundSite) -> None:
    with stocked.database.write() as connection:
        person = people.add(connection, email="nurse@northmoor.example", name="", editor=False, at=build.NOON)
        slot = build.NOON - timedelta(hours=2)
        row = {"person_id": person, "slot_at": slot, "created_at": slot, "state": "pending", "attempts": 0}
        connection.execute(insert(digests).values(row))
    assert values(exposition(stocked).decode())["signpost_digest_lag_seconds", ""] == 7200
    with stocked.database.write() as connection:
        connection.execute(update(digests).values(state="accepted"))
    assert values(exposition(stocked).decode())["signpost_digest_lag_seconds", ""] == 0


def test_answers_are_timed_by_what_was_asked(sqlite_url: str, tmp_path: Path) -> None:
    site = site_over(sqlite_url, tmp_path, SIGNPOST_METRICS="public")
    build.directory(site.database)
    client = client_of(site)

    def counted() -> dict[str, float]:
        found = values(client.get("/metrics").text)
        return {kind: found.get(("signpost_answer_seconds_count", kind), 0) for kind in ("search", "publish")}

    before = counted()
    assert client.get("/find", params={"q": "leg ulcer"}).status_code == 200
    assert client.get("/api/v1/search", params={"q": "leg ulcer"}).status_code == 200
    assert client.post("/api/v1/changes", json={}).status_code == 401
    after = counted()
    assert {kind: after[kind] - before[kind] for kind in after} == {"search": 2, "publish": 1}
    assert "ulcer" not in client.get("/metrics").text


@pytest.mark.again
def test_several_processes_count_together(tmp_path: Path) -> None:
    server = Signpost(tmp_path / "home")
    port = free_port()
    server.environment["SIGNPOST_METRICS_PORT"] = str(port)
    # A process that begins others cannot be one that is forked for the tests.
    command = [sys.executable, "-m", "directory", "serve", "--port", str(server.port), "--workers", "2"]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(command, env=server.environment, stderr=log) as serving:
        try:
            wait_for(server.answers, "both processes to answer")
            for _ in range(30):
                # Each on a connection of its own, which either process may take.
                assert httpx.get(f"{server.base_url}/find").status_code == 200
            with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                found = values(answer.read().decode())
        finally:
            serving.terminate()
    assert found["signpost_answer_seconds_count", "search"] == 30
