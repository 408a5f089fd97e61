"""What a FHIR server tells by `_history` (IHE mCSD, ITI-91): which resources are now, which are gone, and since when.

The newest version comes first, so that the first of each resource is the one that stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode, urljoin, urlsplit

from directory.domain.screen import screen
from directory.exchange.findings import not_of_the_format
from directory.exchange.hsds_json import Json, is_object, object_of, objects_of, text_of

# In the order in which they refer to each other. Not every directory has endpoints.
TYPES = ("Organization", "Location", "Endpoint", "HealthcareService")
NEEDED = frozenset({"Organization", "Location", "HealthcareService"})
_AT_ONCE = 200
_READ = (
    "resourceType", "id", "active", "status", "name", "comment", "extraDetails", "providedBy", "location",
    "coverageArea", "category", "type", "specialty", "telecom", "availableTime", "notAvailable", "eligibility",
    "availabilityExceptions", "characteristic", "endpoint", "extension", "identifier", "address", "position",
)  # fmt: skip
_REFUSED = "signpost-refused"
_NOT_FREE = frozenset(
    {"resourceType", "id", "identifier", "reference", "system", "code", "value", "url", "valueCode", "valueDate"}
)
# One in eleven numbers inside an address of the web would pass for an NHS number.
_ADDRESS = re.compile(r"https?://\S+|\+44[\d\s().-]{9,16}", re.IGNORECASE)
LONGEST_KEY = 200


def address_of(base: str, type_: str, since: str) -> str:
    """Where the history of a type begins; `since` is an instant as the server wrote it, or empty for all there is."""
    given = {"_count": str(_AT_ONCE)} | ({"_since": since} if since else {})
    return f"{base.rstrip('/')}/{type_}/_history?{urlencode(given)}"


@dataclass(slots=True)
class History:
    """The history of one type as its pages come in: JSON by type and id, None of what was deleted."""

    type: str
    resources: dict[str, str | None] = field(default_factory=dict)
    since: str = ""
    _newest: tuple[datetime, str] | None = None

    def take(self, data: bytes, url: str) -> str:
        """One page; returns where the next is, or "". Raises `Invalid` where it is none, or leads elsewhere."""
        bundle = bundle_of(data)
        # Of the first page: what is written while the others are read is asked for the next time.
        self.since = self.since or text_of(object_of(bundle, "meta"), "lastUpdated")
        for entry in objects_of(bundle, "entry"):
            self._take(entry)
        links = {text_of(link, "relation"): text_of(link, "url") for link in objects_of(bundle, "link")}
        try:
            following = urljoin(url, links["next"]) if links.get("next") else ""
            elsewhere = bool(following) and urlsplit(following)[:2] != urlsplit(url)[:2]
        except ValueError:
            raise not_of_the_format(f"Its next page is at no address, {links['next']}.") from None
        if elsewhere:
            raise not_of_the_format(f"Its next page is at another place, {following}.")
        return following

    def _take(self, entry: Json) -> None:
        resource = object_of(entry, "resource")
        asked = object_of(entry, "request")
        if resource:
            key = f"{text_of(resource, 'resourceType')}/{text_of(resource, 'id')}"
        else:
            key = "/".join((text_of(asked, "url") or text_of(entry, "fullUrl")).split("/_history")[0].split("/")[-2:])
        if not key.startswith(f"{self.type}/") or key.endswith("/") or len(key) > LONGEST_KEY:
            return
        self._see(text_of(object_of(resource, "meta"), "lastUpdated"))
        self._see(text_of(object_of(entry, "response"), "lastModified"))
        gone = not resource or text_of(asked, "method") == "DELETE"
        self.resources.setdefault(key, None if gone else kept(resource))

    def _see(self, written: str) -> None:
        try:
            at = datetime.fromisoformat(written)
        except ValueError:
            return
        if at.tzinfo is not None and (self._newest is None or at > self._newest[0]):
            self._newest = (at, written)

    def until(self, before: str) -> str:
        """From which instant to ask the next time: the server's own word, else its newest version, else as before."""
        return self.since or (self._newest[1] if self._newest else before)


def is_refused(resource: Json) -> bool:
    """Whether a resource holds what looks like patient data, of which nothing was kept."""
    return resource.get(_REFUSED) is True


def kept(resource: Json) -> str:
    """What is kept of a resource: what is read of it, and nothing at all of one with patient data."""
    found = {name: resource[name] for name in _READ if name in resource}
    if any(screen(text) for text in _free_texts(found)):
        found = {"resourceType": resource.get("resourceType"), "id": resource.get("id"), _REFUSED: True}
    return json.dumps(found, sort_keys=True)


def _free_texts(value: object) -> Iterator[str]:
    """What people wrote, without what is a number or an address by its place."""
    if isinstance(value, dict):
        for name, inner in value.items():
            # A part of an extension says beside its value which part it is.
            if name not in _NOT_FREE and not str(value.get("url", "")).endswith("address"):
                yield from _free_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _free_texts(inner)
    elif isinstance(value, str):
        yield _ADDRESS.sub(" ", value)


def bundle_of(data: bytes) -> Json:
    """A Bundle of FHIR as JSON; raises `Invalid` where it is none."""
    if data.lstrip()[:1] == b"<":
        raise not_of_the_format("It is XML or a web page (HTML), not FHIR as JSON.")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as wrong:
        raise not_of_the_format(f"This is not JSON: {wrong}.") from None
    kind = text_of(found, "resourceType") if is_object(found) else ""
    if kind != "Bundle":
        raise not_of_the_format(f"It is not a Bundle of FHIR but {kind or 'something else'}.")
    return found  # type: ignore[no-any-return]


def parsed(resources: Mapping[str, str]) -> dict[str, Json]:
    """Resources by type and id, from their JSON."""
    return dict(_parsed(resources))


def _parsed(resources: Mapping[str, str]) -> Iterator[tuple[str, Json]]:
    for key, body in resources.items():
        if is_object(found := json.loads(body)):
            yield key, found
