"""How an HSDS service is reached, and where: its contacts, locations and areas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from directory.domain.service import Area, Contact, Location
from directory.exchange.contacts import is_email, is_phone, mended_website
from directory.exchange.findings import Findings
from directory.exchange.hsds_json import Json, object_of, objects_of, text_of
from directory.exchange.hsds_places import NOT_STATED
from directory.exchange.prose import line_of
from directory.exchange.tabular import number

_LONGEST_LABEL = 60
_GSS_CODE = re.compile(r"\b[EWSN]\d{8}\b")


def contacts_of(entry: Json, row: int, findings: Findings) -> tuple[Contact, ...]:
    """Mail, web and phone of the service itself, of its contacts and of its places, each once, in that order.

    What cannot be an address or a number is left out with a notice; fax numbers are left out.
    """
    found: dict[tuple[str, str], Contact] = {}
    for contact in _contacts(entry, row, findings):
        found.setdefault((contact.type, contact.value.casefold()), contact)
    return tuple(found.values())


def _contacts(entry: Json, row: int, findings: Findings) -> Iterator[Contact]:
    yield from _phones(entry, "", row, findings)
    yield from _email(entry, "", row, findings)
    yield from _website(text_of(entry, "url", "website"), "", "url", row, findings)
    for extra in objects_of(entry, "additional_urls"):
        label = _label(text_of(extra, "label"))
        yield from _website(text_of(extra, "url"), label, "additional_urls", row, findings)
    yield from _people(entry, row, findings)
    for at in objects_of(entry, "service_at_locations", "service_at_location"):
        place = object_of(at, "location")
        yield from _phones(at, _label(text_of(place, "name")), row, findings)
        yield from _people(at, row, findings)
        yield from _phones(place, _label(text_of(place, "name")), row, findings)


def _people(entry: Json, row: int, findings: Findings) -> Iterator[Contact]:
    for person in objects_of(entry, "contacts"):
        label = _label(text_of(person, "title", "department", "name"))
        yield from _phones(person, label, row, findings)
        yield from _email(person, label, row, findings)


def _phones(entry: Json, label: str, row: int, findings: Findings) -> Iterator[Contact]:
    for phone in objects_of(entry, "phones"):
        kind = text_of(phone, "type").casefold()
        value = text_of(phone, "number").strip("\"' ")
        if not value or kind == "fax":
            continue
        if not is_phone(value):
            findings.notice(row, "phones", f"“{value}” is not a phone number; it is left out")
            continue
        extension = text_of(phone, "extension")
        shown = f"{value} (ext. {extension})" if extension not in {"", "0"} else value
        own_label = _label(text_of(phone, "description"))
        yield Contact("text" if kind in {"sms", "text"} else "phone", shown, own_label or label)


def _email(entry: Json, label: str, row: int, findings: Findings) -> Iterator[Contact]:
    value = text_of(entry, "email").removeprefix("mailto:").rstrip(" .,;")
    if not value:
        return
    if is_email(value):
        yield Contact("email", value, label)
    else:
        findings.notice(row, "email", f"“{value}” is not a mail address; it is left out")


def _website(value: str, label: str, column: str, row: int, findings: Findings) -> Iterator[Contact]:
    if not value:
        return
    if mended := mended_website(value):
        yield Contact("website", mended, label)
    else:
        findings.notice(row, column, f"“{value}” is not a web address; it is left out")


def _label(text: str) -> str:
    """A label, or none where it would be a paragraph."""
    label = line_of(text)
    return label if len(label) <= _LONGEST_LABEL else ""


def locations_of(entry: Json, row: int, findings: Findings) -> tuple[Location, ...]:
    """Its places, each once: name, address on one line, postcode, and coordinates where they can be ones."""
    places = [object_of(at, "location") for at in objects_of(entry, "service_at_locations", "service_at_location")]
    found = [_location(place, row, findings) for place in (*places, *objects_of(entry, "locations", "location"))]
    return tuple(dict.fromkeys(place for place in found if place != Location()))


def _location(place: Json, row: int, findings: Findings) -> Location:
    addresses = objects_of(place, "addresses", "physical_addresses", "address", "physical_address")
    postal = [address for address in addresses if text_of(address, "address_type") == "postal"]
    address = next((each for each in addresses if each not in postal), postal[0] if postal else {})
    lines = [line_of(text_of(address, key)) for key in ("address_1", "address_2", "city", "region", "state_province")]
    name = line_of(text_of(place, "name"))
    stated = (line.strip(" ,") for line in lines if line != NOT_STATED)
    written = ", ".join(dict.fromkeys(line for line in stated if line))
    postcode = line_of(text_of(address, "postal_code", "postcode")).upper()
    postcode = "" if postcode == NOT_STATED.upper() else postcode
    latitude, longitude = number(text_of(place, "latitude")), number(text_of(place, "longitude"))
    if latitude is None or longitude is None:
        return Location(name, written, postcode)
    try:
        return Location(name, written, postcode, latitude, longitude)
    except ValueError as error:
        findings.notice(row, "latitude", f"{error}; the coordinates {latitude}, {longitude} are left out")
        return Location(name, written, postcode)


def areas_of(entry: Json) -> tuple[Area, ...]:
    """The areas it serves, each once, with the code of official geography (GSS) where one is given."""
    return tuple(dict.fromkeys(_areas(objects_of(entry, "service_areas"))))


def _areas(areas: Iterable[Json]) -> Iterator[Area]:
    for area in areas:
        code = _GSS_CODE.search(f"{text_of(area, 'uri')} {text_of(area, 'extent')}")
        if name := line_of(text_of(area, "name", "service_area", "description")):
            yield Area(name, code[0] if code else "")
