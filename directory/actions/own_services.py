"""Keep services at hand, and let them go; those of one's teams at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection

from directory.actions.subscribe import Wanted, subscribe
from directory.domain.policy import Actor, Thing, can
from directory.errors import Invalid, NotAllowed, Problem
from directory.store import favourites
from directory.store.services import service_id, slugs
from directory.store.versions import find_ids

MOST = 100


def keep(connection: Connection, key: str, *, by: Actor, at: datetime) -> str:
    """Keep a service (id or slug) at hand, and return its slug; raises ServiceNotFound, NotAllowed, Invalid."""
    person_id, found = _themselves(by), service_id(connection, key)
    if len(favourites.of_person(connection, person_id)) >= MOST:
        raise Invalid([Problem("service", f"You keep {MOST} services: let one go first")])
    favourites.add(connection, person_id, [found], at=at)
    return slugs(connection, [found])[found]


def let_go(connection: Connection, key: str, *, by: Actor) -> None:
    """Keep a service (id or slug) no longer; raises ServiceNotFound, NotAllowed."""
    favourites.remove(connection, _themselves(by), service_id(connection, key))


def keep_all(connection: Connection, keys: Sequence[str], *, tell: bool, by: Actor, at: datetime, today: date) -> None:
    """Keep several services at hand and, with `tell`, hear of their changes in a daily email; unknown ones are left."""
    person_id = _themselves(by)
    ids = sorted(find_ids(connection, "service", keys[:MOST]).values())
    if not ids:
        return
    favourites.add(connection, person_id, ids, at=at)
    if tell:
        subscribe(connection, Wanted({"service": ids}), by=by, at=at, today=today)


def _themselves(by: Actor) -> int:
    if by.person_id is None or not can(by, "account", Thing(person_id=by.person_id)):
        raise NotAllowed("Sign in to keep services at hand.")
    return by.person_id
