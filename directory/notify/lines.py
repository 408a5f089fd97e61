"""What a service's entry says, put into words: the lines of a message, each with what it said before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from directory.domain.hours import hours_in_words
from directory.domain.service import Contact, Facts, ReferralRoute
from directory.domain.succession import Part
from directory.store.told import ToldService

METHODS = {
    "email": "Email",
    "phone": "Phone",
    "electronic": "Electronic referral",
    "web": "Online form",
    "letter": "Letter",
    "self": "Self-referral",
}
STATUSES = {"active": "Open", "paused": "Paused: not taking referrals", "closed": "Closed", "planned": "Not open yet"}


@dataclass(frozen=True, slots=True)
class Value:
    """One thing to read and, where it can be pressed, its address (`tel:`, `mailto:` or a web page)."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of an entry: its label, what it says now, and what it said before where that differs."""

    label: str
    values: tuple[Value, ...]
    was: str = ""

    @property
    def text(self) -> str:
        """All of it as one line of text."""
        now = "; ".join(value.text for value in self.values)
        return f"{now} (was {self.was})" if self.was else now


def one_line(text: str) -> str:
    """Text that is safe in a header and in a list: no line breaks, no control characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def rows_of(told: ToldService) -> Iterator[Row]:
    """The answer (status, owner, referral, phone, areas), and whatever else the change made different."""
    before, after = told.before, told.after
    closed = after.status == "closed"
    if after.status != "active" or (before and before.status != after.status):
        yield Row("Status", (Value(STATUSES[after.status]),))
    if not closed:
        was = told.was_owner if before and told.was_owner != told.owner else None
        yield Row("Who handles this", (Value(told.owner),), was or "")
    for label, read, always in FIELDS:
        values = read(after)
        was_values = read(before) if before else values
        same = values == was_values
        if closed or (same and not always) or not (values or was_values):
            continue
        was_text = "" if same else "; ".join(value.text for value in was_values)
        yield Row(label, values or (Value("none"),), was_text)


def _routes(facts: Facts) -> tuple[Value, ...]:
    return tuple(_route(route) for route in facts.referral_routes)


def _route(route: ReferralRoute) -> Value:
    urgency = route.urgency if route.urgency != "routine" else ""
    details = ", ".join(text for text in (route.who, urgency, hours_in_words(route.hours)) if text)
    text = f"{METHODS[route.method]} {route.address}".strip() + (f" ({details})" if details else "")
    return Value(one_line(text), _href(route.method, route.address))


def _contacts(kind: str, facts: Facts) -> tuple[Value, ...]:
    """Contacts of one kind, those for professionals first."""
    found = [each for each in facts.contacts if each.type == kind]
    return tuple(_contact(each) for each in sorted(found, key=lambda each: each.audience != "professionals"))


def _contact(contact: Contact) -> Value:
    text = f"{contact.value} ({contact.label})" if contact.label else contact.value
    return Value(one_line(text), _href(contact.type, contact.value))


def _href(kind: str, address: str) -> str:
    if kind == "phone" and (number := re.sub(r"[^0-9+]", "", address)):
        return f"tel:{number}"
    if kind == "email" and re.fullmatch(r"[^\s@?&<>\"]+@[^\s@?&<>\"]+", address):
        return f"mailto:{address}"
    return address if re.match(r"https?://", address) else ""


def _words(*texts: str) -> tuple[Value, ...]:
    return tuple(Value(one_line(text)) for text in texts if text.strip())


def _eligibility(facts: Facts) -> tuple[Value, ...]:
    who = facts.eligibility
    return _words(who.text, _ages(who.age_min, who.age_max))


def _ages(youngest: int | None, oldest: int | None) -> str:
    if youngest is not None and oldest is not None:
        return f"aged {youngest} to {oldest}"
    if youngest is not None:
        return f"aged {youngest} and over"
    return f"aged {oldest} and under" if oldest is not None else ""


def _places(facts: Facts) -> tuple[Value, ...]:
    return _words(*(", ".join(filter(None, (at.name, at.address, at.postcode))) for at in facts.locations))


# Label, how it is read, and whether it is part of the answer even where it stays as it was.
FIELDS = (
    ("How to refer", _routes, True),
    ("Phone", lambda facts: _contacts("phone", facts), True),
    ("Areas", lambda facts: _words(*(area.name for area in facts.areas)), True),
    ("Email", lambda facts: _contacts("email", facts), False),
    ("Website", lambda facts: _contacts("website", facts), False),
    ("Who it is for", _eligibility, False),
    ("Needs", lambda facts: _words(*facts.needs), False),
    ("Hours", lambda facts: _words(hours_in_words(facts.hours)), False),
    ("Where", _places, False),
)


def part_in_words(part: Part | None) -> str:
    """The share of a split service that one successor takes; empty where there is none."""
    if part is None:
        return ""
    return ", ".join(filter(None, (part.text, *part.needs, *part.areas, _ages(part.age_min, part.age_max))))
