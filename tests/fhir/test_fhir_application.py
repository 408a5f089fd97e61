"""FHIR in the whole application: behind its limits, with its own errors, followed by its worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from directory.worker import Worker
from tests import build
from tests.web.conftest import FoundSite, client_of, site_over


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> Iterator[FoundSite]:
    site = site_over(sqlite_url, tmp_path, SIGNPOST_API_LIMIT_WITHOUT_KEY="5")
    build.directory(site.database)
    yield site
    site.close()


def test_the_worker_follows_what_the_server_gives_out(site: FoundSite) -> None:
    client = client_of(site)
    assert client.get("/fhir/Organization").status_code == 503
    (step,) = (step for step in Worker(site).steps() if step.name == "FHIR")
    assert step.run() == 8
    assert client.get("/fhir/Organization").json()["total"] == 5
    assert step.run() == 0


def test_errors_and_limits_are_outcomes_here_too(site: FoundSite) -> None:
    client = client_of(site)
    for path, status in (("/fhir/Patient", 404), ("/fhir/a/b/c/d", 404), ("/fhir", 405), ("/fhir/", 405)):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome")
    assert client.get("/fhir/metadata").headers["ratelimit"].startswith('"network";r=0')
    answer = client.get("/fhir/metadata")
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (429, "throttled")
    assert int(answer.headers["retry-after"]) > 0


def test_another_sites_page_cannot_send_a_form(site: FoundSite) -> None:
    client = client_of(site)
    answer = client.post("/fhir/Organization/_search", headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (403, "forbidden")
