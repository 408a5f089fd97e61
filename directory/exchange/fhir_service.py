"""An entry as FHIR R4 by IHE mCSD: its HealthcareService, where it is seen and what it covers as Locations, and the
referral routes that a program or a browser can open as Endpoints.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from directory.domain.hours import hours_in_words
from directory.domain.service import Contact, Entry, Facts, ReferralRoute
from directory.domain.succession import Part, Succession
from directory.exchange.fhir_codes import (
    HL7,
    OWN,
    PROFILES,
    Json,
    Resource,
    code_of,
    extension,
    identifier,
    own,
    parts,
    reference,
    resource_id,
    said,
    without_empty,
)
from directory.exchange.fhir_hours import availability
from directory.exchange.fhir_places import (
    METHOD_NAMES,
    address_of,
    area_resource,
    covered_areas,
    endpoint_id,
    endpoint_resource,
    site_id,
    site_resource,
)

# Only where HL7's code says the same: an email is "secure" by whose it is, not by being one.
_METHODS: Mapping[str, str] = {"phone": "phone", "electronic": "elec", "web": "elec", "letter": "mail"}
_SYSTEMS: Mapping[str, str] = {"phone": "phone", "email": "email", "website": "url", "text": "sms"}


def resources_of(entry: Entry, teams: Mapping[str, str]) -> list[Resource]:
    """Everything that stands for an entry as it is on the day; `teams` gives the ids of teams by slug."""
    facts = entry.facts
    service = Resource("HealthcareService", resource_id("service", entry.id), _service(entry, teams))
    sites = [site_resource(entry, place) for place in facts.locations]
    areas = [area_resource(area) for area in facts.areas]
    endpoints = [found for route in facts.referral_routes if (found := endpoint_resource(entry, route))]
    kept: dict[str, Resource] = {}
    for found in (*areas, *sites, *endpoints, service):
        # Of two that say the same of themselves, the first stands for both.
        kept.setdefault(f"{found.type}/{found.id}", found)
    return list(kept.values())


def _service(entry: Entry, teams: Mapping[str, str]) -> Json:
    facts = entry.facts
    return without_empty(
        {
            "resourceType": "HealthcareService",
            "id": resource_id("service", entry.id),
            "meta": {"profile": [f"{PROFILES}HealthcareService"]},
            "extension": _extensions(entry, teams),
            "identifier": _identifiers(entry),
            "active": facts.status == "active",
            "providedBy": reference("Organization", resource_id("organisation", entry.organisation.id)),
            "category": [own("setting", facts.setting)],
            "type": [own("setting", facts.setting), *_needs(facts.needs)],
            "location": _references("Location", (site_id(entry.id, place) for place in facts.locations)),
            "name": said(facts.name),
            "comment": said(facts.summary),
            "extraDetails": said(facts.description),
            "telecom": [found for contact in facts.contacts if (found := _telecom(contact))],
            "coverageArea": covered_areas(facts.areas),
            "eligibility": _eligibility(facts),
            "characteristic": _characteristics(facts),
            "referralMethod": _methods(facts.referral_routes),
            **_available(facts),
            "endpoint": _references(
                "Endpoint", (endpoint_id(entry.id, route) for route in facts.referral_routes if address_of(route))
            ),
        }
    )


def _references(type_: str, ids: Iterable[str]) -> list[Json]:
    return [reference(type_, each) for each in dict.fromkeys(ids)]


def _identifiers(entry: Entry) -> list[Json]:
    slug = {"use": "official", "system": f"{OWN}identifier/service", "value": entry.slug}
    return [slug, *(identifier(each.system, each.value) for each in entry.facts.identifiers)]


def _needs(needs: Iterable[str]) -> list[Json]:
    found = {code_of(need): need for need in needs if code_of(need)}
    return [own("need", code, need) | {"text": said(need)} for code, need in found.items()]


def _extensions(entry: Entry, teams: Mapping[str, str]) -> list[Json]:
    facts = entry.facts
    found = [
        extension("effective-from", valueDate=entry.version.effective_from.isoformat()),
        extension("owner-since", valueDate=entry.owner_since.isoformat()),
    ]
    if entry.team and entry.team.slug in teams:
        team = reference("Organization", resource_id("team", teams[entry.team.slug]))
        found.append(extension("team", valueReference=team))
    found += [extension("former-name", valueString=said(name)) for name in facts.former_names if said(name)]
    found += [
        extension("contact-address", valueString=said(contact.value))
        for contact in facts.contacts
        if contact.type == "address"
    ]
    found += [_route(route) for route in facts.referral_routes]
    found += [succession(link, "service", entry.id) for link in (*entry.succeeded_by, *entry.replaces)]
    return found


def _route(route: ReferralRoute) -> Json:
    return parts(
        "referral-route",
        (
            ("method", "valueCode", route.method),
            ("urgency", "valueCode", route.urgency),
            ("address", "valueString", said(route.address)),
            ("who", "valueString", said(route.who)),
            ("hours", "valueString", said(hours_in_words(route.hours)) if route.hours else ""),
            ("what-to-send", "valueString", said(route.what_to_send)),
            ("notes", "valueString", said(route.notes)),
        ),
    )


def succession(link: Succession, noun: str, about: str) -> Json:
    """What took the place of something, or what it took the place of, seen from one end of the link."""
    type_ = "HealthcareService" if noun == "service" else "Organization"
    other, end = (link.predecessor, "predecessor") if link.successor == about else (link.successor, "successor")
    return parts(
        "succession",
        (
            ("kind", "valueCode", link.kind),
            ("effective-from", "valueDate", link.effective_from.isoformat()),
            (end, "valueReference", reference(type_, resource_id(noun, other)) if other else None),
            ("part", "valueString", _part_in_words(link.part) if link.part else ""),
        ),
    )


def _part_in_words(part: Part) -> str:
    ages = _ages(part.age_min, part.age_max)
    pieces = (part.text, ", ".join(part.needs), ", ".join(part.areas), ages)
    return "; ".join(found for piece in pieces if (found := said(piece)))


def _telecom(contact: Contact) -> Json | None:
    system, value = _SYSTEMS.get(contact.type), said(contact.value)
    if system is None or not value:
        return None
    notes = [extension("contact-audience", valueCode=contact.audience)]
    if said(contact.label):
        notes.append(extension("contact-label", valueString=said(contact.label)))
    return {"extension": notes, "system": system, "value": value, "use": "work"}


def _eligibility(facts: Facts) -> list[Json]:
    given = facts.eligibility
    ages = _ages(given.age_min, given.age_max)
    code = {"text": ages} if ages else None
    found = without_empty({"code": code, "comment": said(given.text)})
    return [found] if found else []


def _ages(youngest: int | None, oldest: int | None) -> str:
    if youngest is None and oldest is None:
        return ""
    if oldest is None:
        return f"Aged {youngest} and over"
    return f"Aged {youngest} to {oldest}" if youngest is not None else f"Aged up to {oldest}"


def _characteristics(facts: Facts) -> list[Json]:
    found = [own("service-characteristic", facts.status)]
    if any(route.method == "self" for route in facts.referral_routes):
        found.append(own("service-characteristic", "self-referral"))
    return found


def _methods(routes: Iterable[ReferralRoute]) -> list[Json]:
    found: dict[str, Json] = {}
    for route in routes:
        codings = own("referral-method", route.method, METHOD_NAMES[route.method])["coding"]
        code = _METHODS.get(route.method)
        if route.method == "email" and said(route.address).casefold().endswith("@nhs.net"):
            code = "semail"
        if code:
            codings = [{"system": f"{HL7}service-referral-method", "code": code}, *codings]
        if len(codings) > len(found.get(route.method, {}).get("coding", ())):
            found[route.method] = {"coding": codings, "text": METHOD_NAMES[route.method]}
    return list(found.values())


def _available(facts: Facts) -> Json:
    found = availability(facts.hours)
    if facts.status == "paused":
        found["notAvailable"] = [{"description": "Paused: it takes no referrals now"}, *found.get("notAvailable", ())]
    return found


def withdrawn(body: Mapping[str, Any]) -> Json:
    """A resource of which the directory says nothing any more: it stays, and says so."""
    ended = {"Location": {"status": "inactive"}, "Endpoint": {"status": "off"}}
    return {**body, **ended.get(str(body["resourceType"]), {"active": False})}
