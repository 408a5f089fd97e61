"""Read a FHIR directory over HTTP by `_history`: what changed since the last time, set into what is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from json import JSONDecodeError

from directory.actions.read_hsds import MOST_PAGES, Fetching, Read
from directory.errors import FeedFailed
from directory.exchange import mcsd
from directory.exchange.mcsd_history import NEEDED, TYPES, History, address_of, parsed
from directory.store.batches import read_json, write_json

FHIR_JSON = "application/fhir+json"
# A server that has no such type, or no history of it.
_NONE = (400, 404, 405, 501)


def read_mcsd(fetching: Fetching, url: str, *, state: str, kept: Mapping[str, str]) -> Read:
    """The whole directory as it is now: `kept` is what it told before, by type and id, and `state` how far that went.

    Raises FeedFailed where any of its pages cannot be read: half of a directory is none.
    """
    since = _since(state)
    told: dict[str, str | None] = {}
    for type_ in TYPES:
        history = _history(fetching, url, type_, since.get(type_, ""))
        if history is not None:
            told |= history.resources
            since[type_] = history.until(since.get(type_, ""))
    changed = {key: body for key, body in told.items() if kept.get(key) != body}
    whole = {**kept, **changed}
    resources = parsed({key: body for key, body in whole.items() if body is not None})
    listed = (key.partition("/") for key in resources)
    return Read(
        reading=mcsd.read(resources, url),
        listed=frozenset(identity for type_, _, identity in listed if type_ == "HealthcareService"),
        state=write_json(since),
        resources=changed,
    )


def _since(state: str) -> dict[str, str]:
    try:
        found = read_json(state) if state else {}
    except JSONDecodeError:
        return {}
    return {str(type_): str(instant) for type_, instant in found.items()} if isinstance(found, dict) else {}


def _history(fetching: Fetching, base: str, type_: str, since: str) -> History | None:
    history, seen = History(type_), set[str]()
    following = address_of(base, type_, since)
    while following:
        if following in seen or len(seen) >= MOST_PAGES:
            raise FeedFailed(f"the pages of {type_} go round in circles")
        seen.add(following)
        found = fetching.get(following, FHIR_JSON)
        if found.status in _NONE and len(seen) == 1 and type_ not in NEEDED:
            return None
        if found.status != 200:
            raise FeedFailed(f"{type_}: {found.words}")
        following = history.take(found.body, following)
    return history
