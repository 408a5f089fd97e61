"""Organisations and teams as FHIR's Organization, and what belongs to what as OrganizationAffiliation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from directory.domain.organisation import Organisation, OrganisationFacts, OrganisationMembership, Team
from directory.domain.succession import Succession
from directory.exchange.fhir_codes import (
    HL7,
    ODS,
    OWN,
    PROFILES,
    Json,
    Resource,
    code_of,
    concept,
    extension,
    made_id,
    own,
    reference,
    resource_id,
    said,
    without_empty,
)
from directory.exchange.fhir_service import succession


def organisation_resource(found: Organisation, links: Iterable[Succession], *, on: date) -> Resource:
    """An organisation as it stands on a day; `links` are its successions, from either end."""
    facts, id_ = found.facts, resource_id("organisation", found.id)
    body: Json = {
        "resourceType": "Organization",
        "id": id_,
        "meta": {"profile": [f"{PROFILES}Organization"]},
        "extension": [
            extension("effective-from", valueDate=found.effective_from.isoformat()),
            *_life(facts),
            *(succession(link, "organisation", found.id) for link in links),
        ],
        "identifier": [
            *([{"use": "official", "system": ODS, "value": said(facts.ods_code)}] if facts.ods_code else []),
            {"use": "official", "system": f"{OWN}identifier/organisation", "value": found.slug},
        ],
        "active": _active(facts, on),
        "type": [_kind(facts.kind)],
        "name": said(facts.name),
        "telecom": [{"system": "url", "value": said(facts.website)}] if said(facts.website) else [],
        "address": _address(facts),
    }
    ahead = [day for day in (facts.opened, facts.closed) if day and day > on]
    return Resource("Organization", id_, without_empty(body), due=min(ahead, default=None))


def _active(facts: OrganisationFacts, on: date) -> bool:
    opened = facts.opened is None or facts.opened <= on
    closed = facts.closed <= on if facts.closed else facts.status == "closed"
    return opened and not closed


def _life(facts: OrganisationFacts) -> list[Json]:
    days = (("opened", facts.opened), ("closed", facts.closed))
    return [extension(name, valueDate=day.isoformat()) for name, day in days if day]


def _kind(kind: str) -> Json:
    if not code_of(kind):
        return concept(f"{HL7}organization-type", "other", "Other")
    return own("organisation-kind", code_of(kind), kind) | {"text": said(kind)}


def _address(facts: OrganisationFacts) -> list[Json]:
    found = without_empty({"text": said(facts.address), "postalCode": said(facts.postcode)})
    return [{"use": "work", **found}] if found else []


def team_resource(found: Team) -> Resource:
    """A team as it stands on a day: an Organization that is part of its own."""
    facts, id_ = found.facts, resource_id("team", found.id)
    telecom = (("phone", facts.phone), ("email", facts.email))
    body: Json = {
        "resourceType": "Organization",
        "id": id_,
        "meta": {"profile": [f"{PROFILES}Organization"]},
        "extension": [extension("effective-from", valueDate=found.effective_from.isoformat())],
        "identifier": [{"use": "official", "system": f"{OWN}identifier/team", "value": found.slug}],
        "active": True,
        "type": [concept(f"{HL7}organization-type", "team", "Organizational team")],
        "name": said(facts.name),
        "telecom": [
            {"system": system, "value": said(value), "use": "work"} for system, value in telecom if said(value)
        ],
        "partOf": reference("Organization", resource_id("organisation", facts.organisation)),
    }
    return Resource("Organization", id_, without_empty(body))


def affiliation_resource(membership: OrganisationMembership, *, on: date) -> Resource:
    """What belongs to what, from the first day to the last; `end` of a membership is the day after that."""
    given = (membership.member, membership.of, membership.kind, membership.start.isoformat())
    id_, end = made_id("membership", *given), membership.end
    last = end - timedelta(days=1) if end and end > membership.start else end
    body: Json = {
        "resourceType": "OrganizationAffiliation",
        "id": id_,
        "meta": {"profile": [f"{PROFILES}OrganizationAffiliation"]},
        "active": membership.start <= on and (end is None or end > on),
        "period": without_empty(
            {"start": membership.start.isoformat(), "end": last.isoformat() if last else None},
        ),
        "organization": reference("Organization", resource_id("organisation", membership.of)),
        "participatingOrganization": reference("Organization", resource_id("organisation", membership.member)),
        "code": [own("membership-kind", code_of(membership.kind), membership.kind)],
    }
    ahead = [day for day in (membership.start, end) if day and day > on]
    return Resource("OrganizationAffiliation", id_, body, due=min(ahead, default=None))
