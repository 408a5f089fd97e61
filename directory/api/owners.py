"""The owner in a body, however it is said: by ids, or in the shape of an entry, which has them inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMED_BY = {"organisation": "id", "team": "slug"}


def with_plain_owners(plain: Mapping[str, Any]) -> dict[str, Any]:
    """A body with each owner as the parser takes it: `{"organisation": id, "team": slug or null}`."""
    services = [dict(edit) for edit in plain.get("services", ())]
    for edit in services:
        if isinstance(owner := edit.get("set", {}).get("owner"), Mapping):
            edit["set"] = {**edit["set"], "owner": _by_keys(owner)}
    return {**plain, **({"services": services} if services else {})}


def _by_keys(owner: Mapping[str, Any]) -> dict[str, Any]:
    named = {
        part: value.get(NAMED_BY[part]) if part in NAMED_BY and isinstance(value, Mapping) else value
        for part, value in owner.items()
    }
    return {part: value for part, value in named.items() if value is not None}
