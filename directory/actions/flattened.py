"""A spreadsheet that comes back: what it says again is no news, and what it could not say is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from directory.domain.service import Contact, Facts, Location
from directory.exchange.services_csv_writing import said


def news(before: Facts, slug: str, given: Mapping[str, object]) -> dict[str, object]:
    """The fields in which a sheet differs from the sheet that an export of `before` would be.

    In those, what a sheet has no column for stays: the label and audience of a contact with the same value, text
    numbers and postal addresses, and every location but the first.
    """
    flat = said(before, slug)
    found = {field: value for field, value in given.items() if field not in flat or flat[field] != value}
    if "contacts" in found:
        found["contacts"] = _contacts(before.contacts, found["contacts"])
    if "locations" in found:
        found["locations"] = _locations(before.locations, found["locations"])
    return found


def _contacts(before: tuple[Contact, ...], given: Any) -> tuple[Contact, ...]:
    known = {(contact.type, contact.value): contact for contact in before}
    unsaid = [contact for contact in before if contact.type in ("text", "address")]
    return (*[known.get((contact.type, contact.value), contact) for contact in given], *unsaid)


def _locations(before: tuple[Location, ...], given: Any) -> tuple[Location, ...]:
    same = [replace(place, name=before[0].name) if _moved(before, place) else place for place in given]
    return (*same, *before[1:])


def _moved(before: tuple[Location, ...], place: Location) -> bool:
    """Whether it is the first location with other coordinates, whose name then stays."""
    return bool(before) and (before[0].address, before[0].postcode) == (place.address, place.postcode)
