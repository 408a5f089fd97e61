"""How an entry's contacts, places and areas are said in Open Referral; what its schemas have no room for is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from directory.domain.service import Area, Contact, Facts, Location
from directory.exchange.contacts import is_email, is_phone, is_website
from directory.exchange.hsds_ids import made_of

Json = dict[str, Any]
# The schemas require a town, a county and a postcode of every address, and an entry may have none of them.
NOT_STATED = "Not stated"
COUNTRY = "GB"
_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d+)?")
_GSS = re.compile(r"[EWSN]\d{8}")
_STATISTICS = "http://statistics.data.gov.uk/id/statistical-geography/"


def reached_at(facts: Facts, service: str) -> Json:
    """`phones`, `email`, `url` and, for further addresses of mail and of the web, `contacts` and `additional_urls`."""
    phones = [each for each in facts.contacts if each.type in ("phone", "text") and is_phone(each.value)]
    emails = [each for each in facts.contacts if each.type == "email" and is_email(each.value)]
    sites = [(each, url) for each in facts.contacts if each.type == "website" and (url := url_of(each.value))]
    return {
        "url": sites[0][1] if sites else "",
        "email": emails[0].value if emails else "",
        "phones": [_phone(each, service) for each in phones],
        "contacts": [_person(each, service) for each in emails[1:]],
        "additional_urls": [
            {"id": made_of(service, "url", url), "label": each.label, "url": url} for each, url in sites[1:]
        ],
    }


def _phone(contact: Contact, service: str) -> Json:
    return {
        "id": made_of(service, contact.type, contact.value, contact.label),
        "service_id": service,
        "number": contact.value,
        "type": "voice" if contact.type == "phone" else "sms",
        "description": contact.label,
    }


def _person(contact: Contact, service: str) -> Json:
    title = contact.label or ("For professionals" if contact.audience == "professionals" else "")
    return {
        "id": made_of(service, "email", contact.value, contact.label),
        "service_id": service,
        "title": title,
        "email": contact.value,
    }


def url_of(value: str) -> str:
    """An address of the web as a URI (RFC 3986); empty where it cannot be one."""
    if not is_website(value):
        return ""
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        host = parts.netloc.encode("idna").decode() if not parts.netloc.isascii() else parts.netloc
    except (ValueError, UnicodeError):
        return ""
    if not _HOST.fullmatch(host):
        return ""
    path, query, fragment = (quote(each, safe="/?:@!$&'()*+,;=-._~%") for each in parts[2:])
    whole = urlunsplit((parts.scheme, host, path, query, fragment))
    # A per cent sign that begins no escape would make it no URI.
    return re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", whole)


def at_locations(facts: Facts, service: str) -> Iterator[Json]:
    """A `service_at_location` for each of its places, each once."""
    for place in dict.fromkeys(facts.locations):
        location = location_of(place)
        key = at_location_uuid(service, place)
        yield {"id": key, "service_id": service, "location_id": location["id"], "location": location}


def at_location_uuid(service: str, place: Location) -> str:
    """The UUID of a service at a place."""
    return made_of(service, "at", location_uuid(place))


def location_uuid(place: Location) -> str:
    """The UUID of a place: by its name, its address and where it is."""
    return made_of("location", place.name, place.address, place.postcode, repr(place.latitude), repr(place.longitude))


def location_of(place: Location) -> Json:
    """A place; without an address where nothing is known of it but its name or its coordinates."""
    key = location_uuid(place)
    on_map = place.point is not None
    return {
        "id": key,
        "location_type": "physical",
        "name": place.name,
        "latitude": place.latitude if on_map else None,
        "longitude": place.longitude if on_map else None,
        "addresses": [_address(place, key)] if place.address.strip() or place.postcode.strip() else [],
    }


def _address(place: Location, location: str) -> Json:
    lines = [line.strip() for line in re.split(r"[,\n]", place.address) if line.strip()]
    streets, town = (lines[:-1], lines[-1]) if len(lines) > 1 else (lines, NOT_STATED)
    return {
        "id": made_of(location, "address"),
        "location_id": location,
        "address_1": streets[0] if streets else NOT_STATED,
        "address_2": ", ".join(streets[1:]),
        "city": town,
        "state_province": NOT_STATED,
        "postal_code": place.postcode.strip() or NOT_STATED,
        "country": COUNTRY,
        "address_type": "physical",
    }


def area_of(area: Area, service: str) -> Json:
    """An area that it serves, with the address of its code in the register of geography (GSS) where it has one."""
    registered = f"People registered with a GP in {area.name}" if area.basis == "registered" else ""
    return {
        "id": made_of(service, "area", area.name, area.code, area.basis),
        "service_id": service,
        "name": area.name,
        "service_area": area.name,
        "description": registered,
        "extent": area.code,
        "uri": f"{_STATISTICS}{area.code}" if _GSS.fullmatch(area.code) else "",
    }
