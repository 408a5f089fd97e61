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
    named = {owner["team"] for owner in owners if owner and isinstance(owner.get("team"), str)}
    teams = _opened_teams(plain) | _teams(connection, named, on=on)
    for edit, owner in zip(services, owners, strict=True):
        if owner is None:
            continue
        if isinstance(owner.get("team"), str) and owner["team"] in teams:
            slug, organisation = teams[owner["team"]]
            owner = {**owner, "team": slug, "organisation": owner.get("organisation") or organisation}
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


def _teams(connection: Connection, named: set[str], *, on: date) -> dict[str, tuple[str, object]]:
    """The slug and organisation of each team, by whatever names it."""
    ids = find_ids(connection, "team", named)
    # Those that begin later go by what they will be.
    rows = load_in_force(connection, "team", ids.values(), on=date.max)
    rows |= load_in_force(connection, "team", ids.values(), on=on)
    return {key: (rows[id_].slug, rows[id_].facts.organisation) for key, id_ in ids.items() if id_ in rows}


def _opened_teams(plain: Mapping[str, Any]) -> dict[str, tuple[str, object]]:
    """The same of the teams that the body itself opens."""
    return {edit["id"]: (edit["id"], edit.get("set", {}).get("organisation")) for edit in plain.get("teams", ())}
