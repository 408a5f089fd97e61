"""Subscriptions of FHIR: begun, looked at and ended by whoever's key it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from directory.actions.channels import MOST, shown_address
from directory.domain.policy import Action, Actor, Thing, can
from directory.domain.reach import Reach
from directory.errors import Invalid, NotAllowed, Problem, SubscriptionNotFound
from directory.outbound.addresses import usable_url
from directory.store import audit, channels, subscriptions
from directory.store import fhir_subscriptions as store
from directory.store.channels import NewChannel
from directory.store.fhir_subscriptions import Asked, Held
from directory.store.sealing import Seal


def begin(
    connection: Connection,
    asked: Asked,
    url: str,
    headers: Sequence[tuple[str, str]],
    *,
    by: Actor,
    at: datetime,
    seal: Seal,
    reach: Reach,
) -> Held:
    """Begin a subscription for oneself, from now on; `asked.headers` is not read: `headers` are, names and values.

    Each call begins another one, as creating does in FHIR. Raises Invalid, NotAllowed.
    """
    if by.person_id is None or not can(by, "manage-channel", Thing(person_id=by.person_id)):
        raise NotAllowed("This key may not subscribe.")
    try:
        address = str(usable_url(url, reach))
    except ValueError as reason:
        raise Invalid([Problem("channel.endpoint", str(reason))]) from None
    if asked.ends_at is not None and asked.ends_at <= at:
        raise Invalid([Problem("end", "give an instant that lies ahead")])
    if channels.how_many(connection, person_id=by.person_id, team_id=None) >= MOST:
        raise Invalid([Problem("Subscription", f"there are {MOST} already: end one that is not needed")])
    sealed = replace(asked, headers=seal.close(json.dumps(list(headers))))
    label = " ".join([f"FHIR: {asked.topic}", *asked.filters])
    key = store.begin(
        connection,
        sealed,
        NewChannel(0, seal.close(address), None, by.person_id),
        person_id=by.person_id,
        address=shown_address(address, seal),
        label=label,
        at=at,
    )
    details = {"channel": "fhir", "topic": asked.topic, "content": asked.content}
    audit.record(connection, audit.Event(at, by, "subscribe", f"subscription {key}", details))
    return _one(connection, key)


def find(connection: Connection, key: int, *, by: Actor, action: Action = "read-events") -> Held:
    """One of one's own; raises SubscriptionNotFound, also for somebody else's."""
    found = store.one(connection, key)
    if found is None or not can(by, action, Thing(person_id=found.channel.person_id)):
        raise SubscriptionNotFound(f"There is no Subscription/{key} of yours.", anothers=found is not None)
    return found


def own(connection: Connection, *, by: Actor) -> list[Held]:
    """All of one's own that have not ended, oldest first."""
    return store.of_person(connection, by.person_id) if by.person_id is not None else []


def end(connection: Connection, key: int, *, by: Actor, at: datetime) -> None:
    """End one of one's own; one that has ended stays so. Raises SubscriptionNotFound."""
    find(connection, key, by=by, action="manage-channel")
    if subscriptions.end(connection, key, at=at):
        audit.record(connection, audit.Event(at, by, "unsubscribe", f"subscription {key}", {"channel": "fhir"}))


def _one(connection: Connection, key: int) -> Held:
    found = store.one(connection, key)
    if found is None:
        raise SubscriptionNotFound(f"There is no Subscription/{key}.")
    return found
