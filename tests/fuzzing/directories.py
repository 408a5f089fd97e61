"""What a FHIR directory might tell of itself to whoever reads its history, to hang or break the reading."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.fuzzing.spoiling import LONGEST, Chance, change, spoilt

BASE = "https://directory.example/fhir"
_OWN = f"{BASE}/StructureDefinition"
RESOURCES: Mapping[str, Mapping[str, Any]] = {
    "Organization": {
        "id": "o", "active": True, "name": "Northmoor Trust", "telecom": [{"system": "url",
        "value": "northmoor.example"}],
        "identifier": [{"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "ZZN01"}],
    },
    "Location": {
        "id": "l", "status": "active", "name": "Hall", "position": {"latitude": 51.5, "longitude": -0.1},
        "address": {"line": ["1 Mill Lane"], "city": "Northmoor", "postalCode": "NM1 1AA"},
        "identifier": [{"system": "https://northmoor.example/areas", "value": "E09000099"}],
    },
    "Endpoint": {"id": "e", "status": "active", "address": "mailto:legs@northmoor.example"},
    "HealthcareService": {
        "id": "s", "active": True, "name": "Leg clinic", "comment": "Wounds.", "extraDetails": "# About\n\n- one",
        "providedBy": {"reference": "Organization/o"}, "location": [{"reference": f"{BASE}/Location/l"}],
        "coverageArea": [{"reference": "Location/l", "display": "Northmoor"}],
        "endpoint": [{"reference": "Endpoint/e"}],
        "type": [{"coding": [{"display": "Leg ulcer"}], "text": "Leg ulcer"}],
        "category": [{"coding": [{"system": f"{BASE}/CodeSystem/setting", "code": "community"}]}],
        "telecom": [{"system": "phone", "value": "01632 960145",
            "extension": [{"url": f"{_OWN}/contact-label", "valueString": "Desk"}]}],
        "availableTime": [{"daysOfWeek": ["mon", "tue"], "availableStartTime": "09:00:00",
        "availableEndTime": "17:00:00"}],
        "notAvailable": [{"description": "Bank holidays"}], "availabilityExceptions": "by arrangement",
        "eligibility": [{"code": {"text": "Aged 18 to 99"}, "comment": "Adults"}],
        "extension": [
            {"url": f"{_OWN}/referral-route", "extension": [{"url": "method", "valueCode": "email"},
                {"url": "address", "valueString": "legs@northmoor.example"}, {"url": "who", "valueString": "GPs"}]},
            {"url": f"{_OWN}/former-name", "valueString": "Old legs"},
            {"url": f"{_OWN}/exact", "valueString": '{"of":"a","fields":{"hours":{"read":"b"}},"owner":{}}'},
            {"url": f"{_OWN}/team", "valueReference": {"reference": "Organization/o"}},
        ],
    },
}  # fmt: skip


def told(chance: Chance) -> bytes:
    """The first page of the history of each type, as one JSON object by type; each page is text of its own."""
    pages = {type_: _page(chance, type_, dict(sound)) for type_, sound in RESOURCES.items()}
    return json.dumps(pages).encode()


def saved(chance: Chance) -> bytes:
    """All of it in one Bundle, as a file."""
    pages = [_page(chance, type_, dict(sound)).encode("latin-1") for type_, sound in RESOURCES.items()]
    try:
        entries = [entry for page in pages for entry in json.loads(page)["entry"]]
    except (ValueError, KeyError, TypeError):
        return chance.choice(pages)
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return json.dumps(bundle).encode("utf-8", "surrogatepass")[:LONGEST]


def _page(chance: Chance, type_: str, sound: dict[str, Any]) -> str:
    entries = []
    for number in range(chance.choice((1, 1, 2, 4))):
        resource = json.loads(json.dumps({"resourceType": type_, **sound}))
        resource["id"] += str(number) if number else ""
        resource["meta"] = {"lastUpdated": "2026-11-22T12:00:00Z", "versionId": "2"}
        entry = {"fullUrl": f"{BASE}/{type_}/{resource['id']}", "request": {"method": "PUT", "url": f"{type_}/x"}}
        entries.append(entry | {"resource": resource, "response": {"lastModified": "2026-11-22T12:00:00Z"}})
    if chance.random() < 0.2:
        entries.append({"request": {"method": "DELETE", "url": f"{type_}/gone"}})
    bundle: dict[str, Any] = {
        "resourceType": "Bundle",
        "type": "history",
        "meta": {"lastUpdated": "2026-11-22T12:00:00Z"},
    }
    bundle["entry"] = entries
    bundle["link"] = [{"relation": "self", "url": f"{BASE}/{type_}/_history"}]
    if chance.random() < 0.1:
        places = ("?page=2", "http://[::1", "//elsewhere.example/x", "file:///etc/passwd", "", f"{BASE}/x", "\ud800", 7)
        bundle["link"].append({"relation": "next", "url": chance.choice(places)})
    for _ in range(chance.choice((0, 0, 1, 3))):
        change(chance, bundle)
    written = json.dumps(bundle, ensure_ascii=chance.random() < 0.7).encode("utf-8", "surrogatepass")[:LONGEST]
    return (spoilt(chance, written) if chance.random() < 0.1 else written).decode("latin-1")
