"""What was kept of a resource, as it is sent: with this site's address, its version and its instant."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from directory.exchange.fhir_codes import OWN, Json


def shown(body: str, version: int, at: datetime, base: str) -> Json:
    """A resource with its version."""
    found: Json = json.loads(body, object_hook=lambda each: _absolute(each, base))
    found["meta"] = {"versionId": str(version), "lastUpdated": instant(at), **found["meta"]}
    return found


def at_address(body: Json, base: str) -> Json:
    """A resource without its version, with this site's address."""
    found: Json = json.loads(json.dumps(body), object_hook=lambda each: _absolute(each, base))
    return found


def _absolute(found: Json, base: str) -> Json:
    for name in ("url", "system"):
        value = found.get(name)
        if isinstance(value, str) and value.startswith(OWN):
            found[name] = f"{base}/fhir/{value.removeprefix(OWN)}"
    return found


def instant(at: datetime) -> str:
    """An instant in UTC, with milliseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
