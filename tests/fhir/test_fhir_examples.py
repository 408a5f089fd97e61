"""The examples of docs/interfaces/fhir.md are answered as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

from directory.fhir.definitions import EXTENSIONS
from tests.fhir.conftest import BASE, Fhir

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "interfaces" / "fhir.md").read_text(encoding="utf-8")


def test_each_example_is_answered(light_fhir: Fhir) -> None:
    addresses = re.findall(r"curl '([^']+)'", DOCUMENT)
    assert len(addresses) == 4
    answers = [
        light_fhir.get(address.removeprefix(f"{BASE}/fhir/"), 200, Prefer="handling=strict") for address in addresses
    ]
    types = [each["resourceType"] for each in answers]
    assert types == ["CapabilityStatement", "Bundle", "HealthcareService", "Bundle"]
    assert all(each["entry"] for each in answers if each["resourceType"] == "Bundle")


def test_each_extension_is_named() -> None:
    assert [name for name in EXTENSIONS if f"`{name}`" not in DOCUMENT] == []
