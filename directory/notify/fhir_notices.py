"""What is posted to subscribers of FHIR: bundles by HL7's Subscriptions R5 Backport 1.1 for R4, and their status.

The first entry is the status of the subscription, as Parameters; after it come the resources, where they are asked for.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

from directory.exchange.fhir_codes import Json
from directory.exchange.fhir_shown import instant, shown
from directory.store.fhir_subscriptions import Content, FhirEvent, Held

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
Kind = Literal["handshake", "heartbeat", "event-notification", "query-status", "query-event"]


def topic_url(topic: str, base: str) -> str:
    """The canonical address of a topic."""
    return f"{base}/fhir/SubscriptionTopic/{topic}"


def notification(
    held: Held, kind: Kind, events: Sequence[FhirEvent], *, content: Content, base: str, at: datetime
) -> Json:
    """A bundle that tells of some events, or (a handshake or heartbeat) of none; the same id whenever it is sent."""
    numbers = f"{events[0].sequence}-{events[-1].sequence}" if events else instant(at)
    key = f"{base}/fhir/Subscription/{held.id}/{kind}/{numbers}"
    entries = [_status_entry(held, status(held, kind, events, content=content, base=base), key, base)]
    if content == "full-resource":
        entries += [_resource_entry(each, base) for each in events]
    return {
        "resourceType": "Bundle",
        "id": str(uuid5(NAMESPACE_URL, key)),
        "meta": {"profile": [f"{BACKPORT}backport-subscription-notification-r4"]},
        "type": "history",
        "timestamp": instant(at),
        "entry": entries,
    }


def status(held: Held, kind: Kind, events: Sequence[FhirEvent], *, content: Content, base: str) -> Json:
    """How a subscription stands, as Parameters; with `events`, what each is of."""
    # Whoever reads a message has answered the one before: what failed is over.
    told = {"handshake": "requested", "heartbeat": "active", "event-notification": "active"}.get(kind, held.status)
    found: list[Json] = [
        {"name": "subscription", "valueReference": {"reference": f"{base}/fhir/Subscription/{held.id}"}}
    ]
    if content != "empty":
        found.append({"name": "topic", "valueCanonical": topic_url(held.asked.topic, base)})
    found += [
        {"name": "status", "valueCode": told},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(held.channel.written)},
    ]
    found += [_event(each, content, base) for each in events]
    if told in ("error", "off") and held.channel.reason:
        found.append({"name": "error", "valueCodeableConcept": {"text": held.channel.reason}})
    return {
        "resourceType": "Parameters",
        "meta": {"profile": [f"{BACKPORT}backport-subscription-status-r4"]},
        "parameter": found,
    }


def _event(event: FhirEvent, content: Content, base: str) -> Json:
    parts: list[Json] = [
        {"name": "event-number", "valueString": str(event.sequence)},
        {"name": "timestamp", "valueInstant": instant(event.given.at)},
    ]
    if content != "empty":
        parts.append({"name": "focus", "valueReference": {"reference": _url(event, base)}})
    return {"name": "notification-event", "part": parts}


def _url(event: FhirEvent, base: str) -> str:
    return f"{base}/fhir/{event.given.type}/{event.given.id}"


def _status_entry(held: Held, said: Json, key: str, base: str) -> Json:
    id_ = str(uuid5(NAMESPACE_URL, f"{key}/status"))
    return {
        "fullUrl": f"urn:uuid:{id_}",
        "resource": {**said, "id": id_},
        "request": {"method": "GET", "url": f"{base}/fhir/Subscription/{held.id}/$status"},
        "response": {"status": "200"},
    }


def _resource_entry(event: FhirEvent, base: str) -> Json:
    found = event.given
    return {
        "fullUrl": _url(event, base),
        "resource": shown(found.body, found.version, found.at, base),
        "request": {"method": "PUT", "url": f"{found.type}/{found.id}"},
        "response": {"status": "200", "etag": f'W/"{found.version}"', "lastModified": instant(found.at)},
    }


def encoded(body: Json) -> bytes:
    """As it is posted."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
