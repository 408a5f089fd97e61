"""The fields of a version as lines of text, and what differs between two versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from directory.content.markdown import plain
from directory.domain.service import FIELDS, Contact, Facts, Location, ReferralRoute, differing_fields
from directory.web import words
from directory.web.difference import Piece, difference
from directory.web.language import gettext
from directory.web.sentences import hours_in_words


def _lines(*texts: str) -> str:
    return "\n".join(filter(None, texts))


def _route(route: ReferralRoute) -> str:
    said = (
        words.URGENCIES[route.urgency] if route.urgency != "routine" else "",
        words.METHODS[route.method] + (f": {route.address}" if route.address else ""),
        gettext("From: {who}").format(who=route.who) if route.who else "",
        gettext("Send: {what}").format(what=route.what_to_send) if route.what_to_send else "",
        hours_in_words(route.hours) if route.hours else "",
        route.notes,
    )
    return ". ".join(text.rstrip(".") for text in said if text)


def _contact(contact: Contact) -> str:
    label = f"{contact.label}, " if contact.label else ""
    return f"{words.CONTACT_TYPES[contact.type]}: {contact.value} ({label}{words.AUDIENCES[contact.audience]})"


def place_in_words(location: Location) -> str:
    """A place on one line."""
    return ", ".join(filter(None, (location.name, location.address, location.postcode)))


def _place(location: Location) -> str:
    where = f"{location.latitude}, {location.longitude}" if location.latitude is not None else ""
    return _lines(place_in_words(location), gettext("Map position: {where}").format(where=where) if where else "")


def _eligibility(facts: Facts) -> str:
    who = facts.eligibility
    return _lines(who.text, words.ages_in_words(who.age_min, who.age_max))


_READ: Mapping[str, Callable[[Facts], str]] = {
    "name": lambda facts: facts.name,
    "status": lambda facts: words.STATUSES[facts.status],
    "setting": lambda facts: words.SETTINGS[facts.setting],
    "summary": lambda facts: facts.summary,
    "description": lambda facts: "\n".join(plain(part) for part in facts.description.split("\n\n") if part.strip()),
    "eligibility": _eligibility,
    "needs": lambda facts: ", ".join(facts.needs),
    "areas": lambda facts: _lines(*words.areas_in_words(facts.areas)),
    "referral_routes": lambda facts: _lines(*map(_route, facts.referral_routes)),
    "contacts": lambda facts: _lines(*map(_contact, facts.contacts)),
    "locations": lambda facts: _lines(*map(_place, facts.locations)),
    "hours": lambda facts: hours_in_words(facts.hours) if facts.hours else "",
    "former_names": lambda facts: ", ".join(facts.former_names),
    "identifiers": lambda facts: _lines(*(f"{each.system}: {each.value}" for each in facts.identifiers)),
}


def field_in_words(field: str, facts: Facts, *, owner: str) -> str:
    """What a version says in one field; the owner's name comes from the caller."""
    return owner if field == "owner" else _READ[field](facts)


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """A field in which two versions differ: its label, what it said and says, and the difference by word."""

    label: str
    before: str
    after: str
    pieces: tuple[Piece, ...]


def differences(before: Facts, after: Facts, *, owners: tuple[str, str]) -> tuple[FieldDifference, ...]:
    """The fields in which two versions differ, in the order of an entry. `owners` are the names before and after."""
    found = []
    for field in differing_fields(before, after):
        old = field_in_words(field, before, owner=owners[0])
        new = field_in_words(field, after, owner=owners[1])
        if old != new:
            found.append(FieldDifference(words.FIELD_LABELS[field], old, new, difference(old, new)))
    return tuple(found)


def whole_entry(facts: Facts, *, owner: str) -> tuple[tuple[str, str], ...]:
    """Every field that says something, as label and text."""
    rows = ((words.FIELD_LABELS[field], field_in_words(field, facts, owner=owner)) for field in FIELDS)
    return tuple(row for row in rows if row[1])
