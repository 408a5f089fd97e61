"""Metrics: read by a parser that is not ours, only where the settings say so."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert

from directory.actions.inspecting import inspect_nightly
from directory.metrics import exposition, serve_apart
from directory.store import people
from directory.store.tables.telling import deliveries
from tests import build
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
