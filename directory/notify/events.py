"""The events of a channel put into words: for programs as CloudEvents 1.0, for rooms as items like those of mail."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pydantic_core import to_jsonable_python
from sqlalchemy import Connection

from directory.content.records import stamp
from directory.notify.items import Item
from directory.notify.letterhead import Letterhead
from directory.notify.notice import notice_of
from directory.notify.page_notice import page_notice
from directory.outbound.http import LARGEST_BODY
from directory.store import told, told_pages
from directory.store.channel_events import ChannelEvent
from directory.store.told import ToldChange, ToldLink, ToldService
from directory.store.told_pages import ToldPage

TYPES = {
    "announced": "change.announced",
    "in-force": "change.in_force",
    "amended": "change.amended",
    "withdrawn": "change.withdrawn",
}
# A reorganisation touches thousands: the rest are read from the call that `api` names.
MOST_SERVICES = 50
_OF_A_SERVICE = ("status", "referral_routes", "contacts")


@dataclass(frozen=True, slots=True)
class Told:
    """An event with everything that can be said of it."""

    event: ChannelEvent
    about: ToldChange | ToldPage


def told_events(connection: Connection, events: Sequence[ChannelEvent]) -> list[Told]:
    """What some events tell of, read at once, in their order."""
    changes = told.told(connection, {each.change_number for each in events if each.change_number is not None})
    pages = told_pages.told(connection, {each.page for each in events if each.page is not None})
    return [Told(each, pages[each.page] if each.page else changes[each.change_number or 0]) for each in events]


def item_of(found: Told, label: str, letterhead: Letterhead) -> Item:
    """An event as mail would tell it, to subscribers by the reason `label`."""
    about = found.about
    notice = notice_of(about, letterhead) if isinstance(about, ToldChange) else page_notice(about, letterhead)
    return Item(notice, found.event.stage, (label,), found.event.sequence)


def event_id(event: ChannelEvent, base_url: str) -> str:
    """The id of an event, the same whenever it is sent; no two events of the world share it."""
    return str(uuid5(NAMESPACE_URL, f"{_source(event, base_url)}/events/{event.sequence}"))


def cloud_event(found: Told, base_url: str) -> dict[str, Any]:
    """An event in the JSON format of CloudEvents 1.0, with the sequence extension (`sequencetype` Integer)."""
    event, about = found.event, found.about
    of_change = isinstance(about, ToldChange)
    return {
        "specversion": "1.0",
        "id": event_id(event, base_url),
        "source": _source(event, base_url),
        "type": TYPES[event.stage] if of_change else "page.updated",
        "subject": f"changes/{about.number}" if isinstance(about, ToldChange) else f"pages/{about.slug}",
        "time": stamp(event.matched_at),
        "datacontenttype": "application/json",
        "sequence": str(event.sequence),
        "sequencetype": "Integer",
        "data": _change(about, event, base_url) if isinstance(about, ToldChange) else _page(about, base_url),
    }


def event_body(found: Told, base_url: str) -> bytes:
    """An event as it is posted: never larger than a receiver is asked to take."""
    plain = cloud_event(found, base_url)
    body = _encode(plain)
    if len(body) > LARGEST_BODY:
        # Nothing is lost: `services_count` says that they are missing, and `api` where they are.
        body = _encode(plain | {"data": plain["data"] | {"services": [], "why": "", "in_flight": ""}})
    return body


def _encode(plain: dict[str, Any]) -> bytes:
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()


def _source(event: ChannelEvent, base_url: str) -> str:
    return f"{base_url}/api/v1/subscriptions/{event.subscription_id}"


def _change(change: ToldChange, event: ChannelEvent, base_url: str) -> dict[str, Any]:
    return {
        "number": change.number,
        "title": change.title,
        "kinds": list(change.kinds),
        "effective_from": change.effective_from.isoformat(),
        "recorded_at": stamp(change.recorded_at),
        "urgent": change.urgent,
        "status": change.status,
        "supersedes": event.supersedes,
        "what_to_do": change.what_to_do,
        "in_flight": change.in_flight,
        "why": change.why,
        "services": [_service(each, base_url) for each in change.services[:MOST_SERVICES]],
        "services_count": len(change.services) + change.reached_count,
        "succession": [_link(each) for each in change.links],
        "href": f"{base_url}/changes/{change.number}",
        "api": f"{base_url}/api/v1/changes/{change.number}",
    }


def _service(service: ToldService, base_url: str) -> dict[str, Any]:
    facts = to_jsonable_python(service.after)
    before = service.before.name if service.before else None
    return {
        "id": service.id,
        "slug": service.slug,
        "name": service.after.name,
        "former_name": before if before != service.after.name else None,
        "owner": service.owner,
        "former_owner": service.was_owner if service.was_owner != service.owner else None,
        **{field: facts[field] for field in _OF_A_SERVICE},
        "href": f"{base_url}/services/{service.slug}",
    }


def _link(link: ToldLink) -> dict[str, Any]:
    return {"noun": link.noun, "kind": link.kind, "from": link.name, "to": link.successor_name, "owner": link.owner}


def _page(page: ToldPage, base_url: str) -> dict[str, Any]:
    return {
        "slug": page.slug,
        "version": page.number,
        "kind": page.kind,
        "title": page.title,
        "why": page.why,
        "recorded_at": stamp(page.recorded_at),
        "href": f"{base_url}/pages/{page.slug}",
    }
