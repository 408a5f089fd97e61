"""Which version of a resource is told to which subscription of FHIR: numbered events, for channels to carry.

It goes by what is given out, not by what a change said of itself: an owner that changes because their organisation was
followed by another is an owner that changed.
"""

from __future__ import annotations

import json
from datetime import datetime

from directory.exchange.fhir_topics import FOCUS, Filter, meets, topics_of
from directory.store import fhir_subscriptions as store
from directory.store.database import Database
from directory.store.fhir_subscriptions import Follower, Pair


def match_fhir(database: Database, *, at: datetime) -> int:
    """Write the events of every version that was given out since the last time; returns how many events."""
    written = 0
    while True:
        with database.read() as connection:
            if not store.anything_due(connection, at=at):
                return written
        with database.write() as connection:
            store.end_due(connection, at=at)
            followers = store.followers(connection)
            if followers:
                after = min(each.matched for each in followers)
                found, upto = store.pairs(connection, FOCUS, after=after)
                written += store.write(connection, _events(followers, found), upto=upto)


def _events(followers: list[Follower], found: list[Pair]) -> list[tuple[Follower, list[int]]]:
    events: dict[int, list[int]] = {each.id: [] for each in followers}
    filters = {each.id: [Filter(*condition) for condition in each.conditions] for each in followers}
    for pair in found:
        before, now = json.loads(pair.before), json.loads(pair.now)
        topics = topics_of(before, now)
        for each in followers:
            if each.topic not in topics or pair.seq <= each.matched:
                continue
            # Whoever loses a service hears of it as whoever gets it does.
            if meets(now, filters[each.id]) or meets(before, filters[each.id]):
                events[each.id].append(pair.seq)
    return [(each, events[each.id]) for each in followers]
