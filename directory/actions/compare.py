"""What a source says against what holds: the fields in which they really differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from directory.domain.change import fold
from directory.domain.organisation import OrganisationFacts, TeamFacts
from directory.domain.service import Contact, Facts, Identifier, Location, Owner
from directory.shapes import settled


def differing(
    before: Facts, source: Mapping[str, object], owner: Owner, *, coordinate_tolerance: float
) -> dict[str, object]:
    """The `set` of a change that makes `before` say what a source says; empty where it does already.

    Former names and identifiers only grow. A location at the same address whose coordinates moved by less than the
    tolerance is the same. A source that names no team leaves the team as it is.
    """
    wanted = settled(Facts, source)
    if owner.team is None and owner.organisation == before.owner.organisation:
        owner = before.owner
    wanted["owner"] = owner
    for field, grown in (("former_names", _grown_names), ("identifiers", _grown_identifiers)):
        if field in wanted:
            wanted[field] = grown(before, wanted[field])
    if "locations" in wanted:
        wanted["locations"] = _settled(before.locations, wanted["locations"], coordinate_tolerance)
    return {field: value for field, value in wanted.items() if getattr(before, field) != value}


def _grown_names(before: Facts, given: object) -> tuple[str, ...]:
    assert isinstance(given, tuple)
    known = {fold(name) for name in (*before.former_names, before.name)}
    return (*before.former_names, *(name for name in given if fold(name) not in known))


def _grown_identifiers(before: Facts, given: object) -> tuple[Identifier, ...]:
    assert isinstance(given, tuple)
    return (*before.identifiers, *(identifier for identifier in given if identifier not in before.identifiers))


def _settled(before: tuple[Location, ...], given: object, tolerance: float) -> tuple[Location, ...]:
    assert isinstance(given, tuple)
    known = {(place.name, place.address, place.postcode): place for place in before}
    settled = []
    for place in given:
        same = known.get((place.name, place.address, place.postcode))
        settled.append(same if same is not None and _near(same, place, tolerance) else place)
    return tuple(settled)


def _near(one: Location, other: Location, tolerance: float) -> bool:
    pairs = ((one.latitude, other.latitude), (one.longitude, other.longitude))
    return all(
        first == second or (first is not None and second is not None and abs(first - second) <= tolerance)
        for first, second in pairs
    )


def differing_organisation(before: OrganisationFacts | TeamFacts, source: Mapping[str, object]) -> dict[str, object]:
    """The same for an organisation or a team; a name that differs only in capitals or spacing is the same name."""
    wanted = settled(type(before), source)
    if isinstance(wanted.get("name"), str) and fold(str(wanted["name"])) == fold(before.name):
        del wanted["name"]
    return {field: value for field, value in wanted.items() if getattr(before, field) != value}


def in_words(before: Facts, edit: Mapping[str, object]) -> str:
    """What differs, as a title says it: "new phone number and email address"."""
    after = before.with_(edit)
    found: list[str] = []
    for field, words in _WORDS.items():
        if field in edit:
            found += _contacts_in_words(before.contacts, after.contacts) if field == "contacts" else [words]
    return " and ".join(filter(None, [", ".join(found[:-1]), found[-1]])) if found else "details corrected"


_WORDS: Mapping[str, str] = {
    "owner": "new owner",
    "status": "new status",
    "referral_routes": "new referral route",
    "contacts": "new contacts",
    "locations": "new address",
    "hours": "new hours",
    "eligibility": "new criteria",
    "areas": "new areas",
    "needs": "new needs",
    "name": "new name",
    "summary": "new summary",
    "description": "new description",
    "setting": "new setting",
    "former_names": "former names",
    "identifiers": "new identifiers",
}
_CONTACTS: Mapping[str, str] = {
    "phone": "new phone number",
    "email": "new email address",
    "website": "new website",
    "text": "new text number",
    "address": "new postal address",
}


def _contacts_in_words(before: tuple[Contact, ...], after: tuple[Contact, ...]) -> list[str]:
    def values(contacts: tuple[Contact, ...], kind: str) -> list[Contact]:
        return [replace(contact, label="") for contact in contacts if contact.type == kind]

    return [words for kind, words in _CONTACTS.items() if values(before, kind) != values(after, kind)] or [
        "new contacts"
    ]
