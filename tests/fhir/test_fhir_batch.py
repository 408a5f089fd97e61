"""Several readings in one call."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fhir.conftest import BASE, Fhir

CLINIC = "HealthcareService/leg-ulcer-clinic"


def batch(*urls: str, method: str = "GET") -> dict[str, Any]:
    entries = [{"request": {"method": method, "url": url}} for url in urls]
    return {"resourceType": "Bundle", "type": "batch", "entry": entries}


def test_each_is_answered_by_itself(fhir: Fhir) -> None:
    body = batch(
        CLINIC, "Organization?name=northmoor&_count=1", f"{CLINIC}/_history", "Patient/1", f"{BASE}/fhir/{CLINIC}"
    )
    body["entry"][0]["request"]["ifNoneMatch"] = 'W/"1"'
    answer = fhir.post("/fhir", body)
    assert answer["type"] == "batch-response"
    known, search, history, patient, absolute = answer["entry"]
    assert known == {"response": {"status": "304 Not Modified", "etag": 'W/"1"'}}
    assert search["resource"] == fhir.get("Organization?name=northmoor&_count=1")
    assert history["resource"] == fhir.get(f"{CLINIC}/_history")
    assert patient["response"]["status"] == "404 Not Found"
    assert patient["response"]["outcome"]["resourceType"] == "OperationOutcome"
    assert absolute == {"resource": fhir.get(CLINIC), "response": {"status": "200 OK", "etag": 'W/"1"'}}
    assert fhir.post("/fhir/", batch()) == {"resourceType": "Bundle", "type": "batch-response"}


@pytest.mark.parametrize(
    "url", ["", "/", "https://elsewhere.example/Organization", "//x", "http://[x", "a?b=%ff", "?x=1"]
)
def test_a_url_that_leads_nowhere_is_its_own_error(light_fhir: Fhir, url: str) -> None:
    (entry,) = light_fhir.post("/fhir", batch(url))["entry"]
    assert entry["response"]["status"].startswith("40")


@pytest.mark.parametrize("entry", [None, [], "x", {}, {"request": {}}, {"request": {"method": "GET", "url": 1}}])
def test_an_entry_that_is_none_is_its_own_error(light_fhir: Fhir, entry: object) -> None:
    body = batch(CLINIC) | {"entry": [entry, {"request": {"method": "GET", "url": CLINIC}}]}
    wrong, right = light_fhir.post("/fhir", body)["entry"]
    assert wrong["response"]["status"] == "400 Bad Request"
    assert right["response"]["status"] == "200 OK"


def test_nothing_is_written(light_fhir: Fhir) -> None:
    (entry,) = light_fhir.post("/fhir", batch(CLINIC, method="DELETE"))["entry"]
    assert entry["response"]["status"] == "405 Method Not Allowed"
    assert light_fhir.get(CLINIC)["active"] is True


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("[" * 100_000, 400),
        ({"resourceType": "Patient"}, 400),
        ({"resourceType": "Bundle", "type": "transaction"}, 400),
        ({"resourceType": "Bundle", "type": "batch", "entry": {}}, 400),
        (batch(*[CLINIC] * 51), 400),
        (" " * 1_100_000, 413),
    ],
)
def test_what_is_no_batch_is_refused(light_fhir: Fhir, body: object, status: int) -> None:
    assert light_fhir.post("/fhir", body, status)["resourceType"] == "OperationOutcome"


def test_a_batch_is_json(light_fhir: Fhir) -> None:
    light_fhir.post("/fhir", batch(), 415, "application/fhir+xml")
