"""An entry as a page shows it: who handles it, since when, a number to press, and how to refer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from directory.domain.service import Contact, Entry, ReferralRoute, Upcoming
from directory.web import words
from directory.web.language import gettext
from directory.web.press import Press, press, telephone
from directory.web.sentences import hours_in_words
from directory.web.views.names import Named
from directory.web.views.places import PlaceView, place_view
from directory.web.views.reader import Reader


@dataclass(frozen=True, slots=True)
class RouteView:
    """One way to refer."""

    method: str
    address: Press
    urgency: str
    who: str
    hours: str
    what_to_send: str
    notes: str


@dataclass(frozen=True, slots=True)
class ContactView:
    """One way to reach the service."""

    type: str
    press: Press
    audience: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """An entry in words. `call` is the first number to ring; `checked_on` is None where nobody confirmed it since.

    `unchecked` says for how long nobody has, where that is too long, `opening` whether it is open as the reader reads,
    `distance` how many `miles` off its nearest place is.
    """

    id: str
    slug: str
    name: str
    href: str
    status: str
    status_words: str
    setting: str
    summary: str
    description: str
    team: Named | None
    organisation: Named
    since: date
    previous: str
    call: Press | None
    routes: tuple[RouteView, ...]
    contacts: tuple[ContactView, ...]
    takes: str
    ages: str
    needs: str
    areas: tuple[str, ...]
    hours: str
    places: tuple[PlaceView, ...]
    former_names: str
    identifiers: tuple[str, ...]
    checked_on: date | None
    coming: tuple[Upcoming, ...]
    version: int
    effective_from: date
    opening: str = ""
    unchecked: str = ""
    miles: float | None = None

    @property
    def distance(self) -> str:
        """How far it is from the reader, in words."""
        return words.miles_in_words(self.miles) if self.miles is not None else ""

    @property
    def open(self) -> bool:
        """Whether it can be referred to at all."""
        return self.status in ("active", "planned")

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self.status == "closed"


def entry_view(entry: Entry, *, zone: ZoneInfo, reader: Reader | None = None) -> EntryView:
    """An entry in words; with a reader, whether it is open and how far it is too."""
    facts = entry.facts
    return EntryView(
        id=entry.id,
        slug=entry.slug,
        name=facts.name,
        href=f"/services/{entry.slug}",
        status=facts.status,
        status_words=words.STATUSES[facts.status],
        setting=words.SETTINGS[facts.setting],
        summary=facts.summary,
        description=facts.description,
        team=Named(entry.team.name, f"/teams/{entry.team.slug}") if entry.team else None,
        organisation=Named(entry.organisation.name, f"/organisations/{entry.organisation.id}"),
        since=entry.owner_since,
        previous=entry.previous_owner or "",
        call=call_of(facts.contacts, facts.referral_routes),
        routes=tuple(map(_route, facts.referral_routes)),
        contacts=tuple(map(_contact, _for_staff_first(facts.contacts))),
        takes=facts.eligibility.text,
        ages=words.ages_in_words(facts.eligibility.age_min, facts.eligibility.age_max),
        needs=", ".join(facts.needs),
        areas=words.areas_in_words(facts.areas),
        hours=hours_in_words(facts.hours) if facts.hours else "",
        places=_places(entry, reader),
        former_names=", ".join(facts.former_names),
        identifiers=tuple(f"{each.system}: {each.value}" for each in facts.identifiers),
        checked_on=entry.checked_at.astimezone(zone).date() if entry.checked_at else None,
        coming=entry.upcoming,
        version=entry.version.number,
        effective_from=entry.version.effective_from,
        opening=reader.opening(facts) if reader else "",
        unchecked=reader.unchecked(entry) if reader else "",
        miles=reader.miles(facts) if reader else None,
    )


def _places(entry: Entry, reader: Reader | None) -> tuple[PlaceView, ...]:
    views = (place_view(place, reader.near if reader else None) for place in entry.facts.locations)
    return tuple(filter(None, views))


def to_be_read_only(view: EntryView) -> EntryView:
    """The same entry with nothing to press: numbers and addresses of a past day must not be used by mistake."""
    return replace(
        view,
        call=_unlinked(view.call) if view.call else None,
        routes=tuple(replace(route, address=_unlinked(route.address)) for route in view.routes),
        contacts=tuple(replace(contact, press=_unlinked(contact.press)) for contact in view.contacts),
        places=tuple(PlaceView(place.text) for place in view.places),
        opening="",
        unchecked="",
    )


def _unlinked(it: Press) -> Press:
    return Press(it.text, "", it.label)


def _for_staff_first(contacts: tuple[Contact, ...]) -> list[Contact]:
    return sorted(contacts, key=lambda contact: contact.audience != "professionals")


def call_of(contacts: tuple[Contact, ...], routes: tuple[ReferralRoute, ...]) -> Press | None:
    """The number to press: the first for staff, else the first, else that of a route by phone."""
    numbers = [telephone(each.value, each.label) for each in _for_staff_first(contacts) if each.type == "phone"]
    numbers += [telephone(each.address, gettext("Referrals")) for each in routes if each.method == "phone"]
    return next((number for number in numbers if number.href), None)


def _route(route: ReferralRoute) -> RouteView:
    return RouteView(
        method=words.METHODS[route.method],
        address=press(route.method, route.address),
        urgency=words.URGENCIES[route.urgency] if route.urgency != "routine" else "",
        who=route.who,
        hours=hours_in_words(route.hours) if route.hours else "",
        what_to_send=route.what_to_send,
        notes=route.notes,
    )


def _contact(contact: Contact) -> ContactView:
    return ContactView(
        words.CONTACT_TYPES[contact.type],
        press(contact.type, contact.value, contact.label),
        words.AUDIENCES[contact.audience],
    )
