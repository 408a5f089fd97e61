"""Where a service is seen and what it covers as FHIR's Location; the referral routes that can be opened as Endpoint."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from directory.domain.service import Area, Entry, Location, ReferralRoute
from directory.exchange.fhir_codes import (
    HL7,
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

METHOD_NAMES: Mapping[str, str] = {
    "email": "Email",
    "phone": "Telephone",
    "electronic": "Electronic referral",
    "web": "Web form",
    "letter": "Letter",
    "self": "Self-referral",
}
_LOCATION_STATUS: Mapping[str, str] = {"active": "active", "paused": "suspended"}
_ENDPOINT_STATUS: Mapping[str, str] = {"active": "active", "paused": "suspended"}
_MAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+")
_WEB = re.compile(r"https?://\S+", re.IGNORECASE)
_OPENED = ("email", "web", "electronic")


def site_id(service: str, place: Location) -> str:
    """The same for as long as its name, address and postcode stay."""
    # Not by its coordinates: where they are put right, it is the same place.
    return made_id("site", service, code_of(place.name), code_of(place.address), code_of(place.postcode))


def site_resource(entry: Entry, place: Location) -> Resource:
    """Where a service is seen."""
    id_ = site_id(entry.id, place)
    address = without_empty({"use": "work", "text": said(place.address), "postalCode": said(place.postcode)})
    name = said(place.name) or said(place.address) or said(place.postcode) or said(entry.facts.name)
    position = {"longitude": place.longitude, "latitude": place.latitude} if place.point else None
    return Resource(
        "Location",
        id_,
        without_empty(
            {
                "resourceType": "Location",
                "id": id_,
                "meta": {"profile": [f"{PROFILES}Location"]},
                "status": _LOCATION_STATUS.get(entry.facts.status, "inactive"),
                "name": name,
                "mode": "instance",
                "type": [own("location-type", "site")],
                "address": address if len(address) > 1 else None,
                "physicalType": concept(f"{HL7}location-physical-type", "si", "Site"),
                "position": position,
                "managingOrganization": reference("Organization", resource_id("organisation", entry.organisation.id)),
            }
        ),
    )


def area_id(area: Area) -> str:
    """The same for every service that covers it."""
    return made_id("area", said(area.name), said(area.code))


def area_resource(area: Area) -> Resource:
    """A place that services cover."""
    id_ = area_id(area)
    # Whoever uses it: an area does not open or close with a service.
    body: Json = {
        "resourceType": "Location",
        "id": id_,
        "meta": {"profile": [f"{PROFILES}Location"]},
        "identifier": [{"system": f"{OWN}identifier/area", "value": said(area.code)}] if said(area.code) else [],
        "status": "active",
        "name": said(area.name),
        "mode": "instance",
        "type": [own("location-type", "area")],
        "physicalType": concept(f"{HL7}location-physical-type", "area", "Area"),
    }
    return Resource("Location", id_, without_empty(body))


def covered_areas(areas: Iterable[Area]) -> list[Json]:
    """References to the areas that a service covers, each with whom it is for."""
    found: dict[str, Json] = {}
    for area in areas:
        basis = extension("coverage-basis", valueCode=area.basis)
        covered = found.setdefault(area_id(area), {"extension": [], **reference("Location", area_id(area))})
        if basis not in covered["extension"]:
            covered["extension"].append(basis)
    return list(found.values())


def address_of(route: ReferralRoute) -> str:
    """Where a program or a browser can open a route; "" where nothing can be opened."""
    address = said(route.address)
    if route.method not in _OPENED:
        return ""
    if _MAIL.fullmatch(address):
        return f"mailto:{address}"
    return address if _WEB.fullmatch(address) else ""


def endpoint_id(service: str, route: ReferralRoute) -> str:
    """The same for as long as its method and address stay."""
    return made_id("endpoint", service, route.method, address_of(route))


def endpoint_resource(entry: Entry, route: ReferralRoute) -> Resource | None:
    """A referral route that can be opened; None for others."""
    if not address_of(route):
        return None
    id_ = endpoint_id(entry.id, route)
    body: Json = {
        "resourceType": "Endpoint",
        "id": id_,
        "meta": {"profile": [f"{PROFILES}Endpoint"]},
        "status": _ENDPOINT_STATUS.get(entry.facts.status, "off"),
        "connectionType": own("referral-method", route.method, METHOD_NAMES[route.method])["coding"][0],
        "name": f"{said(entry.facts.name)}: {METHOD_NAMES[route.method].lower()}",
        "managingOrganization": reference("Organization", resource_id("organisation", entry.organisation.id)),
        "payloadType": [concept(f"{HL7}endpoint-payload-type", "any", "Any")],
        "address": address_of(route),
    }
    return Resource("Endpoint", id_, body)
