"""GET /changes: the log, in the order of its numbers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from directory.api import names as called
from directory.api import replies_changes as replies
from directory.api.answers import page, tagged
from directory.api.asking import ChangesAsked
from directory.api.calls import Call
from directory.api.declaring import says
from directory.api.entries import change_json
from directory.api.filters import known_id
from directory.domain.change import Change, fold
from directory.store import changes as change_store


@says("The log of changes: a reader that keeps the last number misses nothing.", replies.ChangePage)
def list_changes(call: Call, asked: ChangesAsked) -> Response:
    """GET /changes: a reader that keeps the last number misses nothing."""
    after, limit, area = asked.after, asked.limit, asked.area
    with call.site.database.read() as connection:
        wanted = change_store.Filter(
            service=known_id(connection, call, "service", "service"),
            team=asked.team,
            area=fold(area) if area else None,
            owner=known_id(connection, call, "owner", "organisation"),
            kind=asked.kind,
        )
        found = change_store.list_after(connection, after, limit=limit + 1, wanted=wanted)
        items = _changes_json(connection, call, found[:limit])
    return page(items, found[limit - 1].number if len(found) > limit else None)


@says("One change.", replies.Change, tagged=True)
def show_change(call: Call) -> Response:
    """GET /changes/{number}."""
    number = call.number()
    with call.site.database.read() as connection:
        return tagged(call, _changes_json(connection, call, [change_store.load(connection, number)])[0])


def _changes_json(connection: Connection, call: Call, changes: list[Change]) -> list[dict[str, Any]]:
    reached = change_store.services_reached(connection, [change.number for change in changes])
    everything = {service for services in reached.values() for service in services}
    names = called.names(connection, called.in_changes(changes, everything), on=call.site.today())
    return [
        change_json(change, base_url=call.base_url, names=names, reached=reached.get(change.number, ()))
        for change in changes
    ]
