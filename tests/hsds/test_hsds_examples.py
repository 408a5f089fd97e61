"""The examples of docs/interfaces/open-referral.md are answered as they stand there, by the whole application."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from directory.app import build as build_app
from directory.settings import load
from directory.site import Site
from directory.store.database import Database
from tests import build
from tests.api.conftest import BASE_URL
from tests.client import TestClient

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "interfaces" / "open-referral.md").read_text("utf-8")


@pytest.fixture
def client(sqlite_url: str, tmp_path: Path) -> Iterator[TestClient]:
    database = Database(sqlite_url)
    build.directory(database)
    database.close()
    home = {"SIGNPOST_HOME": str(tmp_path), "SIGNPOST_DATABASE_URL": sqlite_url, "SIGNPOST_BASE_URL": BASE_URL}
    site = Site.open(load({**home, "SIGNPOST_API_LIMIT_WITHOUT_KEY": "7"}))
    with TestClient(build_app(site), base_url=BASE_URL) as found:
        yield found


def test_each_example_is_answered_to_every_site_until_the_limit(client: TestClient) -> None:
    addresses = re.findall(r"curl '([^']+)'", DOCUMENT)
    assert len(addresses) == 5
    for address in addresses:
        path = address.replace("postcode=NM1%201AA&proximity=2000&", "")
        answer = client.get(path.replace("https://signpost.example", BASE_URL))
        assert answer.status_code == 200, answer.text
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["ratelimit"]
    refused = client.get("/hsds/services/x"), client.get("/hsds/nothing"), client.get("/hsds/services")
    assert [each.status_code for each in refused] == [404, 404, 429]
    for each in refused:
        assert each.headers["access-control-allow-origin"] == "*"
        assert each.headers["content-type"] == "application/problem+json"
    assert "access-control-allow-origin" not in client.get("/live").headers
