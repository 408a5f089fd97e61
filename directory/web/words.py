"""What the domain's words are called on a page, and how days, instants and lists are written (NHS content guide)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from directory.domain.service import Area
from directory.web.language import N_, Said, full_date, gettext, moment, ngettext

__all__ = ("full_date", "moment")

FIELD_LABELS: Mapping[str, str] = Said(
    {
        "name": N_("Name"),
        "owner": N_("Who handles it"),
        "status": N_("Status"),
        "setting": N_("Setting"),
        "summary": N_("In short"),
        "description": N_("About"),
        "eligibility": N_("Who it is for"),
        "needs": N_("Needs"),
        "areas": N_("Areas"),
        "referral_routes": N_("How to refer"),
        "contacts": N_("Contact details"),
        "locations": N_("Where"),
        "hours": N_("Hours"),
        "former_names": N_("Former names"),
        "identifiers": N_("Identifiers"),
    }
)
KINDS: Mapping[str, str] = Said(
    {
        "opened": N_("New service"),
        "owner": N_("Who handles it"),
        "referral-route": N_("How to refer"),
        "eligibility": N_("Who it is for"),
        "hours": N_("Hours"),
        "location": N_("Location"),
        "contact": N_("Contact details"),
        "capacity": N_("Capacity"),
        "renamed": N_("New name"),
        "merged": N_("Merged"),
        "split": N_("Split"),
        "moved": N_("Moved"),
        "replaced": N_("Replaced"),
        "paused": N_("Paused"),
        "resumed": N_("Taking referrals again"),
        "closed": N_("Closed"),
        "correction": N_("Correction"),
    }
)
STATUSES: Mapping[str, str] = Said(
    {
        "active": N_("Open"),
        "paused": N_("Paused: not taking referrals"),
        "closed": N_("Closed"),
        "planned": N_("Not open yet"),
    }
)
SETTINGS: Mapping[str, str] = Said(
    {
        "community": N_("Community"),
        "acute": N_("Hospital"),
        "mental-health": N_("Mental health"),
        "social-care": N_("Social care"),
        "voluntary": N_("Voluntary"),
        "urgent-care": N_("Urgent care"),
        "primary-care": N_("Primary care"),
    }
)
METHODS: Mapping[str, str] = Said(
    {
        "email": N_("Email"),
        "phone": N_("Phone"),
        "electronic": N_("Electronic referral"),
        "web": N_("Online form"),
        "letter": N_("Letter"),
        "self": N_("The person refers themselves"),
    }
)
URGENCIES: Mapping[str, str] = Said({"routine": N_("Routine"), "urgent": N_("Urgent"), "emergency": N_("Emergency")})
AUDIENCES: Mapping[str, str] = Said({"professionals": N_("for staff only"), "public": N_("for everyone")})
CONTACT_TYPES: Mapping[str, str] = Said(
    {
        "phone": N_("Phone"),
        "email": N_("Email"),
        "website": N_("Website"),
        "text": N_("Text message"),
        "address": N_("Address"),
    }
)
PAGE_KINDS: Mapping[str, str] = Said({"pathway": N_("Pathways"), "forum": N_("Forums"), "guidance": N_("Guidance")})
PAGE_KIND: Mapping[str, str] = Said({"pathway": N_("Pathway"), "forum": N_("Forum"), "guidance": N_("Guidance")})
MEMBERSHIPS: Mapping[str, str] = Said(
    {
        "commissioner": N_("its commissioner"),
        "integrated-care-board": N_("its integrated care board"),
        "region": N_("its region"),
        "group": N_("its group"),
    }
)
# What somebody is in a team.
ROLES: Mapping[str, str] = Said({"reader": N_("reader"), "lead": N_("lead"), "team-admin": N_("team administrator")})
# What can be wrong with an entry, and what becomes of a report: the words of domain/report.py.
REPORTS: Mapping[str, str] = Said(
    {
        "not-us": N_("“That’s not us any more”"),
        "number": N_("A wrong number or address"),
        "criteria": N_("Wrong criteria"),
        "question": N_("A question"),
        "other": N_("Something else"),
        "gap": N_("Not found by search"),
    }
)
BECAME: Mapping[str, str] = Said(
    {
        "open": N_("Not answered yet"),
        "fixed": N_("Fixed"),
        "not-changed": N_("Not changed"),
        "answered": N_("Answered"),
        "joined": N_("Joined to an earlier report"),
    }
)


def listed(words: Iterable[str], joint: str = "") -> str:
    """Words as a list in a sentence: one, two and three."""
    given, last = list(words), joint or gettext("and")
    return f"{', '.join(given[:-1])} {last} {given[-1]}" if len(given) > 1 else "".join(given)


def counted(number: int, noun: str) -> str:
    """A number and its noun: 1 service, 1,115 services."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def miles_in_words(miles: float) -> str:
    """A distance as a person says it: 1.2 miles, 1 mile, less than 0.1 miles."""
    if miles < 0.05:
        return gettext("less than 0.1 miles")
    number = f"{miles:.0f}" if miles >= 9.95 else f"{miles:.1f}".removesuffix(".0")
    # A fraction is said as many are.
    return ngettext("{number} mile", "{number} miles", int(number) if number.isdigit() else 10).format(number=number)


def ages_in_words(youngest: int | None, oldest: int | None) -> str:
    """The ages taken, both ends included; empty where there is no limit."""
    if youngest and oldest is not None:
        return gettext("Aged {youngest} to {oldest}").format(youngest=youngest, oldest=oldest)
    if youngest:
        return gettext("Aged {youngest} and over").format(youngest=youngest)
    return gettext("Aged {oldest} and under").format(oldest=oldest) if oldest is not None else ""


def areas_in_words(areas: Sequence[Area]) -> tuple[str, ...]:
    """The areas covered, one line for those who are registered with a GP there and one for those who live there."""
    said = (
        ("registered", gettext("People registered with a GP in {areas}")),
        ("resident", gettext("People who live in {areas}")),
    )
    named = [(words, [area.name for area in areas if area.basis == basis]) for basis, words in said]
    return tuple(words.format(areas=listed(names, gettext("or"))) for words, names in named if names)
