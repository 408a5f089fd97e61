"""From the UUIDs that Open Referral is asked by back to what they stand for, as every version of a service said it.

UUIDs made of ours cannot be turned back, so each process reads what versions say once, and from then on only what new
changes wrote. Nothing is ever taken away: what was given out before a correction is found after it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from threading import Lock
from typing import Any

from sqlalchemy import Connection

from directory.domain.change import fold
from directory.domain.service import Identifier, Location
from directory.exchange.hsds_ids import SYSTEM, is_uuid, need_uuid, own_uuid, service_uuid
from directory.exchange.hsds_places import at_location_uuid
from directory.store import open_referral as store


class Names:
    """What is known of one directory; every method takes UUIDs in any case."""

    def __init__(self) -> None:
        self._read_to, self._lock = 0, Lock()
        self._services: dict[str, str] = {}
        self._organisations: dict[str, str] = {}
        self._at: dict[str, str] = {}
        self._needs: dict[str, str] = {}
        self._written: dict[str, str] = {}

    def follow(self, connection: Connection) -> Names:
        """Itself, once it has read what was written since it was asked last."""
        with self._lock:
            for number, key, text in store.said_after(connection, self._read_to):
                self._note(key, json.loads(text))
                self._read_to = max(self._read_to, number)
        return self

    def _note(self, key: str, facts: dict[str, Any]) -> None:
        given = identifiers_of(facts)
        for uuid in dict.fromkeys((service_uuid(key, given), *_sources(given), own_uuid("service", key))):
            self._services.setdefault(uuid.casefold(), key)
            for place in places_of(facts):
                self._at.setdefault(at_location_uuid(uuid, place), key)
        for need in facts.get("needs", ()):
            folded = fold(need)
            self._written[folded[:300]] = need
            self._needs.setdefault(need_uuid(need), folded)
        owner = facts["owner"]["organisation"]
        self._organisations.setdefault(own_uuid("organisation", owner).casefold(), owner)

    def service(self, uuid: str) -> str | None:
        """The id of a service."""
        return self._services.get(uuid.casefold())

    def at_location(self, uuid: str) -> str | None:
        """The id of the service of a `service_at_location`."""
        return self._at.get(uuid.casefold())

    def need(self, uuid: str) -> str | None:
        """A need, folded."""
        return self._needs.get(uuid.casefold())

    def written(self, folded: str) -> str:
        """A need as an entry wrote it last."""
        return self._written.get(folded, folded)

    def organisation(self, connection: Connection, uuid: str) -> str | None:
        """The id of an organisation; those that run nothing are looked up among all."""
        wanted = uuid.casefold()
        if wanted not in self._organisations and is_uuid(uuid):
            for key in store.organisation_keys(connection):
                self._organisations.setdefault(own_uuid("organisation", key).casefold(), key)
        return self._organisations.get(wanted)


def _sources(given: tuple[Identifier, ...]) -> Iterator[str]:
    return (each.value for each in given if each.system == SYSTEM and is_uuid(each.value))


def identifiers_of(facts: dict[str, Any]) -> tuple[Identifier, ...]:
    """The identifiers of facts as they are kept."""
    return tuple(Identifier(**each) for each in facts.get("identifiers", ()))


def places_of(facts: dict[str, Any]) -> list[Location]:
    """The places of facts as they are kept, each once."""
    return list(dict.fromkeys(Location(**each) for each in facts.get("locations", ())))
