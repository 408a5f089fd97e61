"""What the domain's words are called on a page, and how days, instants and lists are written (NHS content guide)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from directory.domain.service import Area

FIELD_LABELS: Mapping[str, str] = {
    "name": "Name",
    "owner": "Who handles it",
    "status": "Status",
    "setting": "Setting",
    "summary": "In short",
    "description": "About",
    "eligibility": "Who it is for",
    "needs": "Needs",
    "areas": "Areas",
    "referral_routes": "How to refer",
    "contacts": "Contact details",
    "locations": "Where",
    "hours": "Hours",
    "former_names": "Former names",
    "identifiers": "Identifiers",
}
KINDS: Mapping[str, str] = {
    "opened": "New service",
    "owner": "Who handles it",
    "referral-route": "How to refer",
    "eligibility": "Who it is for",
    "hours": "Hours",
    "location": "Location",
    "contact": "Contact details",
    "capacity": "Capacity",
    "renamed": "New name",
    "merged": "Merged",
    "split": "Split",
    "moved": "Moved",
    "replaced": "Replaced",
    "paused": "Paused",
    "resumed": "Taking referrals again",
    "closed": "Closed",
    "correction": "Correction",
}
STATUSES: Mapping[str, str] = {
    "active": "Open",
    "paused": "Paused: not taking referrals",
    "closed": "Closed",
    "planned": "Not open yet",
}
SETTINGS: Mapping[str, str] = {
    "community": "Community",
    "acute": "Hospital",
    "mental-health": "Mental health",
    "social-care": "Social care",
    "voluntary": "Voluntary",
    "urgent-care": "Urgent care",
    "primary-care": "Primary care",
}
METHODS: Mapping[str, str] = {
    "email": "Email",
    "phone": "Phone",
    "electronic": "Electronic referral",
    "web": "Online form",
    "letter": "Letter",
    "self": "The person refers themselves",
}
URGENCIES: Mapping[str, str] = {"routine": "Routine", "urgent": "Urgent", "emergency": "Emergency"}
AUDIENCES: Mapping[str, str] = {"professionals": "for staff only", "public": "for everyone"}
CONTACT_TYPES: Mapping[str, str] = {
    "phone": "Phone",
    "email": "Email",
    "website": "Website",
    "text": "Text message",
    "address": "Address",
}
PAGE_KINDS: Mapping[str, str] = {"pathway": "Pathways", "forum": "Forums", "guidance": "Guidance"}
PAGE_KIND: Mapping[str, str] = {"pathway": "Pathway", "forum": "Forum", "guidance": "Guidance"}
MEMBERSHIPS: Mapping[str, str] = {
    "commissioner": "its commissioner",
    "integrated-care-board": "its integrated care board",
    "region": "its region",
    "group": "its group",
}


def full_date(day: date) -> str:
    """A date in full: 1 December 2026."""
    return f"{day.day} {day:%B} {day.year}"


def moment(at: datetime) -> str:
    """A local instant: 22 November 2026, 8:40pm."""
    minutes = f":{at:%M}" if at.minute else ""
    return f"{full_date(at.date())}, {at.hour % 12 or 12}{minutes}{'am' if at.hour < 12 else 'pm'}"


# What somebody is in a team.
ROLES = {"reader": "reader", "lead": "lead", "team-admin": "team administrator"}


def listed(words: Iterable[str], joint: str = "and") -> str:
    """Words as a list in a sentence: one, two and three."""
    given = list(words)
    return given[0] if len(given) == 1 else f"{', '.join(given[:-1])} {joint} {given[-1]}" if given else ""


def counted(number: int, noun: str) -> str:
    """A number and its noun: 1 service, 1,115 services."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def ages_in_words(youngest: int | None, oldest: int | None) -> str:
    """The ages taken, both ends included; empty where there is no limit."""
    if youngest and oldest is not None:
        return f"Aged {youngest} to {oldest}"
    if youngest:
        return f"Aged {youngest} and over"
    return f"Aged {oldest} and under" if oldest is not None else ""


def areas_in_words(areas: Sequence[Area]) -> tuple[str, ...]:
    """The areas covered, one line for those who are registered with a GP there and one for those who live there."""
    said = (("registered", "People registered with a GP in"), ("resident", "People who live in"))
    named = [(words, [area.name for area in areas if area.basis == basis]) for basis, words in said]
    return tuple(f"{words} {listed(names, 'or')}" for words, names in named if names)
