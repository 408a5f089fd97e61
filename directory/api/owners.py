"""The owner in a body, however it is said: by ids, in the shape of an entry, or by its team alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection

from directory.store.versions import find_ids, load_in_force


def complete_owners(connection: Connection, plain: Mapping[str, Any], *, on: date) -> dict[str, Any]:
    """A body with each owner as the parser takes it: `{"organisation": id, "team": slug or null}`."""
    services = [dict(edit) for edit in plain.get("services", ())]
    owners = [_by_keys(edit.get("set", {}).get("owner")) for edit in services]
    teams = {owner["team"] for owner in owners if owner and _lacks_organisation(owner)}
    known = _organisations_of(connection, plain, teams, on=on) if teams else {}
    for edit, owner in zip(services, owners, strict=True):
        if owner is None:
            continue
        if _lacks_organisation(owner) and owner["team"] in known:
            owner["organisation"] = known[owner["team"]]
        edit["set"] = {**edit["set"], "owner": owner}
    return {**plain, **({"services": services} if services else {})}


def _by_keys(owner: object) -> dict[str, Any] | None:
    if not isinstance(owner, Mapping):
        return None
    named = {"organisation": "id", "team": "slug"}
    return {
        part: value.get(named[part]) if part in named and isinstance(value, Mapping) else value
        for part, value in owner.items()
    }


def _lacks_organisation(owner: Mapping[str, Any]) -> bool:
    return owner.get("organisation") is None and isinstance(owner.get("team"), str)


def _organisations_of(
    connection: Connection, plain: Mapping[str, Any], teams: set[str], *, on: date
) -> dict[str, object]:
    """The organisation of each team, by its slug: of those that the same body opens, too."""
    ids = find_ids(connection, "team", teams)
    rows = load_in_force(connection, "team", ids.values(), on=on)
    found: dict[str, object] = {slug: rows[key].facts.organisation for slug, key in ids.items() if key in rows}
    opened = {
        edit.get("slug") or edit["id"]: edit.get("set", {}).get("organisation") for edit in plain.get("teams", ())
    }
    return found | {slug: organisation for slug, organisation in opened.items() if slug in teams and organisation}
