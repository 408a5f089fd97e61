"""What a list is narrowed to, by whatever people call it; what is not there is a mistake in the address."""

from __future__ import annotations

from sqlalchemy import Connection

from directory.api.calls import Call
from directory.api.problems import NamesNothing
from directory.domain.succession import Noun
from directory.errors import OrganisationNotFound
from directory.store.versions import find_ids


def known_id(connection: Connection, call: Call, name: str, noun: Noun) -> str | None:
    """The id that a parameter names by id, slug or ODS code, if it is given.

    What names nothing is refused: a program that follows changes by a mistyped slug would wait for ever.
    """
    key = call.given.text(name)
    if key is None:
        return None
    found = find_ids(connection, noun, [key, key.upper()])
    if key not in found and key.upper() not in found:
        raise NamesNothing(name, f"there is no {noun} {key}")
    return found.get(key) or found[key.upper()]


def organisation_key(connection: Connection, key: str) -> str:
    """The id of an organisation by id, slug or ODS code in any case; raises OrganisationNotFound."""
    found = find_ids(connection, "organisation", [key, key.upper()])
    if key not in found and key.upper() not in found:
        raise OrganisationNotFound(f"There is no organisation {key}.")
    return found.get(key) or found[key.upper()]
