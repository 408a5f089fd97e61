"""The schemas of HSDS 3.0 and Open Referral UK 3.0, read where they lie, with every format checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

STANDARDS = Path(__file__).resolve().parents[3] / "shared" / "standards"
# For whoever has no copy of the standards beside the project.
needs_standards = pytest.mark.skipif(not STANDARDS.is_dir(), reason="../shared/standards is not here")
SETS = ("hsds-3.0", "oruk-3.0")
WHOLE: Mapping[str, Mapping[str, str]] = {
    "hsds-3.0": {
        "service": "compiled/service_with_definitions.json",
        "service_line": "compiled/service_list.json",
        "organization": "organization.json",
        "organization_line": "compiled/organization_list.json",
        "service_at_location": "service_at_location.json",
        "service_at_location_line": "compiled/service_at_location_list.json",
        "taxonomy": "taxonomy.json",
        "taxonomy_term": "taxonomy_term.json",
    },
    "oruk-3.0": {
        "service": "compiled/service.json",
        "service_line": "compiled/service_list.json",
        "organization": "compiled/organization.json",
        "organization_line": "compiled/organization_list.json",
        "service_at_location": "compiled/service_at_location.json",
        "service_at_location_line": "compiled/service_at_location_list.json",
        "taxonomy": "taxonomy.json",
        "taxonomy_term": "taxonomy_term.json",
    },
}


@cache
def _validators(kind: str) -> tuple[Any, ...]:
    return tuple(_validator(name, WHOLE[name][kind]) for name in SETS)


def _validator(name: str, path: str) -> Any:
    folder = STANDARDS / name / "schema"

    def fetch(uri: str) -> Any:
        return json.loads((folder / uri.rpartition("/")[2]).read_text())

    schema = json.loads((folder / path).read_text())
    return jsonschema_rs.Draft202012Validator(
        schema, validate_formats=True, retriever=fetch, base_uri=f"https://standard.example/{path}"
    )


def wrong(kind: str, body: object) -> list[str]:
    """Everything that either set of schemas, or the rule that nothing is null or empty, has against a body."""
    found = [
        f"{name}: {'.'.join(map(str, error.instance_path))}: {error.message}"
        for name, validator in zip(SETS, _validators(kind), strict=True)
        for error in validator.iter_errors(body)
    ]
    return found + list(_empty(body, kind))


def _empty(value: object, where: str) -> list[str]:
    if isinstance(value, dict):
        inner = ((f"{where}.{name}", each) for name, each in value.items() if name not in ALLOWED_EMPTY)
        return [
            said
            for name, each in inner
            for said in ([f"{name} is empty"] if _says_nothing(each) else _empty(each, name))
        ]
    return [said for each in value for said in _empty(each, where)] if isinstance(value, list) else []


# What the schemas require of metadata whatever it was, and what is in the shapes of the JSON API.
ALLOWED_EMPTY = ("previous_value", "replacement_value", "facts")


def _says_nothing(value: object) -> bool:
    return value is None or value in ("", [], {})
