"""What a FHIR server tells by its history, where it tells it badly."""

from __future__ import annotations

import json

import pytest

from directory.errors import Invalid
from directory.exchange.mcsd_history import History

URL = "https://directory.example/fhir/HealthcareService/_history"


def page(*entries: object, following: str = "") -> bytes:
    link = [{"relation": "next", "url": following}] if following else []
    return json.dumps({"resourceType": "Bundle", "entry": list(entries), "link": link}).encode()


@pytest.mark.parametrize("following", ["http://[::1", "https://elsewhere.example/x", "file:///etc/passwd"])
def test_a_next_page_that_is_nowhere_or_elsewhere_is_refused(following: str) -> None:
    with pytest.raises(Invalid, match="Its next page is at"):
        History("HealthcareService").take(page(following=following), URL)


def test_what_has_no_id_is_nothing() -> None:
    history = History("HealthcareService")
    entries = [{"resource": {"resourceType": "HealthcareService", "id": id_, "name": "A"}} for id_ in ("", " ", "x")]
    history.take(page(*entries, {"request": {"method": "DELETE", "url": "HealthcareService/"}}), URL)
    assert list(history.resources) == ["HealthcareService/x"]
