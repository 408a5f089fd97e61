"""Whatever a server sends: it is read, or refused in words; never an error of ours."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from directory.errors import Invalid
from directory.exchange import hsds, mcsd
from directory.exchange.hsds_pages import Pages
from directory.exchange.mcsd_history import TYPES, History, parsed

KEYS = (
    "id", "name", "status", "contents", "services", "total_items", "last_page", "total_pages", "organization", "phones",
    "number", "resourceType", "entry", "resource", "request", "response", "url", "link", "relation", "meta",
    "lastUpdated", "lastModified", "method", "active", "providedBy", "reference", "location", "telecom", "system",
    "value", "availableTime", "daysOfWeek", "availableStartTime", "availableEndTime", "allDay", "extension",
    "valueString", "valueCode", "eligibility", "code", "text", "position", "latitude", "longitude", "address", "line",
    "identifier", "type", "coding", "characteristic", "coverageArea", "comment", "endpoint", "notAvailable",
)  # fmt: skip
WORDS = (
    "next", "Organization/o", "Location/l", "HealthcareService/s", "Organization", "Location", "HealthcareService",
    "phone", "email", "url", "01632 960100", "Aged 200 to 3", "mon", "09:00:00", "99:99", "2026-13-45T00:00:00Z",
    "2026-11-22T10:00:00Z", "DELETE", "Bundle", "o", "l", "s", "\x00\ud800", "[::1", "http://[::1", "1e999",
    "https://x.example/fhir/StructureDefinition/referral-route", "https://x.example/fhir/StructureDefinition/team",
)  # fmt: skip
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.floats(), st.sampled_from(WORDS), st.text(max_size=9)
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(KEYS), inner, min_size=1, max_size=8)
    ),
    max_leaves=25,
)
things = st.dictionaries(st.sampled_from(KEYS), values, max_size=14)


@given(st.lists(st.one_of(things, values), max_size=4), things)
def test_pages_of_open_referral(entries: list[Any], envelope: dict[str, Any]) -> None:
    for body in (entries, {**envelope, "contents": entries}, envelope):
        pages = Pages()
        with suppress(Invalid):
            for number in (1, 2):
                pages.take(json.dumps(body).encode(), number)
            hsds.read_entries(pages.entries)


@given(st.dictionaries(st.sampled_from(["o", "l", "s", "e"]), things, max_size=4), things)
def test_histories_of_fhir(given_ones: dict[str, dict[str, Any]], envelope: dict[str, Any]) -> None:
    entries = [
        {"resource": {**body, "resourceType": type_, "id": key}} for key, body in given_ones.items() for type_ in TYPES
    ]
    resources: dict[str, str] = {}
    for type_ in TYPES:
        history = History(type_)
        bundle = {**envelope, "resourceType": "Bundle", "entry": [*entries, envelope]}
        with suppress(Invalid):
            history.take(json.dumps(bundle).encode(), "https://x.example/fhir/Location/_history")
        assert isinstance(history.until("before"), str)
        resources |= {key: body for key, body in history.resources.items() if body is not None}
    mcsd.read(parsed(resources), "https://x.example/fhir")
