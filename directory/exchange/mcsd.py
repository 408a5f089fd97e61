"""Services of a FHIR directory by IHE mCSD (R4): HealthcareService with the Organization and Locations that it names.

Source: IHE mCSD 4.0.1 and FHIR R4. What this directory itself says beyond them is read again where the other is one:
its extensions and codes stand under the address of the directory (`base`).

Decisions: what is not `active` is closed, unless its own status says otherwise; a HealthcareService without an
Organization is owned by one of its own name, as in Open Referral; of a type or specialty the words are a need.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast, get_args

from directory.domain.service import (
    SETTINGS,
    Area,
    Audience,
    Contact,
    ContactType,
    Eligibility,
    Identifier,
    Location,
    ReferralMethod,
    ReferralRoute,
    Status,
    Urgency,
)
from directory.domain.source import Reading, SourceOrganisation, SourceService
from directory.exchange.contacts import is_email, is_phone, mended_website
from directory.exchange.fhir_codes import ODS
from directory.exchange.findings import Findings
from directory.exchange.hsds_json import Json, object_of, objects_of, text_of
from directory.exchange.mcsd_history import is_refused
from directory.exchange.opening_hours import hours_of
from directory.exchange.prose import line_of, markdown_of
from directory.exchange.tabular import number

FORMAT = "mcsd"
SYSTEM = "mcsd"
_TYPES: Mapping[str, ContactType] = {"phone": "phone", "email": "email", "url": "website", "sms": "text"}
_AGES = re.compile(r"Aged (?:up to (?P<most>\d+)|(?P<least>\d+) (?:and over|to (?P<to>\d+)))")
_STATUSES: tuple[Status, ...] = get_args(Status)


def read(resources: Mapping[str, Json], base: str) -> Reading:
    """The services of a directory, from all of its resources by type and id; `row` counts them by their ids."""
    findings, services = Findings(), []
    directory = _Directory(resources, base.rstrip("/"), findings)
    keys = sorted(key for key in resources if key.startswith("HealthcareService/"))
    for row, key in enumerate(keys, start=1):
        if refused := directory.refused(resources[key]):
            findings.notice(row, "", f"{key}: {refused} holds what looks like patient data; it stays as it was")
        else:
            services.append(directory.service(resources[key], key.partition("/")[2], row))
    return Reading(format=FORMAT, services=tuple(services), problems=findings.problems, notices=findings.notices)


@dataclass(frozen=True, slots=True)
class _Directory:
    """Resources by type and id, under whose address their own extensions and codes stand."""

    resources: Mapping[str, Json]
    base: str
    findings: Findings

    def service(self, found: Json, identity: str, row: int) -> SourceService:
        name = line_of(text_of(found, "name"))
        facts: dict[str, object] = {"status": self._status(found)}
        if not name:
            name = f"Unnamed service ({identity[:12]})"
            facts["status"] = "paused"
            self.findings.notice(row, "name", f"{identity} has no name; it comes in as “{name}”, paused")
        # Said in full each time: what a resource leaves out is not there any more.
        facts |= {
            "name": name,
            "setting": self._setting(found),
            "summary": line_of(text_of(found, "comment")),
            "description": markdown_of(text_of(found, "extraDetails")),
            "needs": tuple(dict.fromkeys(self._needs(found))),
            "areas": tuple(dict.fromkeys(self._areas(found))),
            "contacts": tuple(dict.fromkeys(self._contacts(found, row))),
            "locations": tuple(dict.fromkeys(self._places(found, str(facts["status"]), row))),
            "hours": _hours(found),
            "eligibility": _eligibility(found),
            "referral_routes": tuple(self._routes(found)),
            "identifiers": (*self._identifiers(found), Identifier(SYSTEM, identity)),
        }
        if former := tuple(line_of(text_of(each, "valueString")) for each in self._own(found, "former-name")):
            facts["former_names"] = former
        team = next((object_of(each, "valueReference") for each in self._own(found, "team")), {})
        return SourceService(
            identifier=Identifier(SYSTEM, identity),
            set=facts,
            organisation=self._organisation(found, name, row),
            team=line_of(text_of(self._at(team), "name")) or None,
            row=row,
        )

    def refused(self, found: Json) -> str:
        """Which resource of those that say what a service is was refused; "" where none was."""
        if is_refused(found):
            return "it"
        named = [object_of(found, "providedBy"), *objects_of(found, "location", "coverageArea")]
        return next((text_of(each, "reference") for each in named if is_refused(self._at(each))), "")

    def _at(self, reference: Json) -> Json:
        """What a reference leads to; empty where that is not here."""
        said = text_of(reference, "reference")
        parts = said.split("/_history")[0].split("/")
        # In a Bundle, what has no address of its own is named by its `fullUrl`.
        return self.resources.get("/".join(parts[-2:])) or self.resources.get(said, {})

    def _own(self, found: Json, name: str) -> list[Json]:
        url = f"{self.base}/StructureDefinition/{name}"
        return [each for each in objects_of(found, "extension") if text_of(each, "url") == url]

    def _codes(self, concepts: Iterable[Json], system: str) -> list[str]:
        url = f"{self.base}/CodeSystem/{system}"
        codings = [each for concept in concepts for each in objects_of(concept, "coding")]
        return [text_of(each, "code") for each in codings if text_of(each, "system") == url]

    def _status(self, found: Json) -> Status:
        said = self._codes(objects_of(found, "characteristic"), "service-characteristic")
        own = next((status for status in _STATUSES if status in said), None)
        return own or ("closed" if found.get("active") is False else "active")

    def _setting(self, found: Json) -> str:
        said = self._codes(objects_of(found, "category"), "setting")
        return next((each for each in said if each in SETTINGS), "community")

    def _needs(self, found: Json) -> Iterator[str]:
        for concept in objects_of(found, "type", "specialty"):
            if self._codes([concept], "setting"):
                continue
            shown = (text_of(each, "display") for each in objects_of(concept, "coding"))
            if need := line_of(text_of(concept, "text") or next(filter(None, shown), "")):
                yield need

    def _areas(self, found: Json) -> Iterator[Area]:
        for reference in objects_of(found, "coverageArea"):
            place = self._at(reference)
            name = line_of(text_of(place, "name") or text_of(reference, "display"))
            codes = [text_of(each, "value") for each in objects_of(place, "identifier")]
            bases = [text_of(each, "valueCode") for each in self._own(reference, "coverage-basis")] or ["resident"]
            for basis in bases if name else ():
                yield Area(name, codes[0] if codes else "", "registered" if basis == "registered" else "resident")

    def _contacts(self, found: Json, row: int) -> Iterator[Contact]:
        for each in objects_of(found, "telecom"):
            type_, value = _TYPES.get(text_of(each, "system")), text_of(each, "value")
            label = next((text_of(it, "valueString") for it in self._own(each, "contact-label")), "")
            whose = [text_of(it, "valueCode") for it in self._own(each, "contact-audience")]
            audience: Audience = "professionals" if "professionals" in whose else "public"
            if type_ is None or not value:
                continue
            if usable := _usable(type_, value):
                yield Contact(type_, usable, line_of(label), audience)
            else:
                self.findings.notice(row, "telecom", f"“{value}” is no {type_}; it is left out")
        for each in self._own(found, "contact-address"):
            if value := text_of(each, "valueString"):
                yield Contact("address", value)

    def _places(self, found: Json, status: str, row: int) -> Iterator[Location]:
        for reference in objects_of(found, "location"):
            place = self._at(reference)
            # Where a service that goes on is not seen any more.
            if not place or (status == "active" and text_of(place, "status") == "inactive"):
                continue
            yield _place(place, row, self.findings)

    def _routes(self, found: Json) -> Iterator[ReferralRoute]:
        said = self._own(found, "referral-route")
        for each in said:
            yield _route({text_of(part, "url"): part for part in objects_of(each, "extension")})
        for reference in () if said else objects_of(found, "endpoint"):
            address = text_of(self._at(reference), "address")
            if text_of(self._at(reference), "status") == "active" and address.startswith("mailto:"):
                yield ReferralRoute("email", address.removeprefix("mailto:"))

    def _identifiers(self, found: Json) -> Iterator[Identifier]:
        for each in objects_of(found, "identifier"):
            system, value = text_of(each, "system"), text_of(each, "value")
            if system and value and len(system) <= 200 and len(value) <= 300:
                yield Identifier("ods" if system == ODS else system, value)

    def _organisation(self, found: Json, service: str, row: int) -> SourceOrganisation:
        reference = object_of(found, "providedBy")
        given = self._at(reference)
        name = line_of(text_of(given, "name") or text_of(reference, "display"))
        if not name:
            self.findings.notice(row, "providedBy", f"no organization is named; “{service}” stands as its own owner")
            return SourceOrganisation(set={"name": service}, row=row)
        return organisation_of(given, name, row)


def organisation_of(given: Json, name: str, row: int) -> SourceOrganisation:
    """An Organization by its name, website and ODS code."""
    facts: dict[str, object] = {"name": name}
    sites = [text_of(each, "value") for each in objects_of(given, "telecom") if text_of(each, "system") == "url"]
    if website := next(filter(None, map(mended_website, sites)), None):
        facts["website"] = website
    codes = [each for each in objects_of(given, "identifier") if text_of(each, "system") == ODS]
    code = next((text_of(each, "value") for each in codes), "") or None
    return SourceOrganisation(set=facts, ods_code=code, row=row, foreign_id=text_of(given, "id"))


def _usable(type_: ContactType, value: str) -> str:
    if type_ == "email":
        return value if is_email(value) else ""
    if type_ == "website":
        return mended_website(value) or ""
    return value if is_phone(value) else ""


def _place(place: Json, row: int, findings: Findings) -> Location:
    address = object_of(place, "address")
    lines = address.get("line")
    parts = [str(line) for line in lines] if isinstance(lines, list) else []
    parts += [text_of(address, key) for key in ("city", "district", "state")]
    written = text_of(address, "text") or ", ".join(filter(None, map(line_of, parts)))
    name, postcode = line_of(text_of(place, "name")), line_of(text_of(address, "postalCode"))
    # A place needs a name there, and gets what else is known of it where it has none here.
    name = "" if name in (line_of(written), postcode) else name
    where = object_of(place, "position")
    try:
        latitude, longitude = number(text_of(where, "latitude")), number(text_of(where, "longitude"))
        return Location(name, written, postcode, latitude, longitude)
    except ValueError as error:
        findings.notice(row, "position", f"{error}; the coordinates are left out")
        return Location(name, written, postcode)


def _route(parts: Mapping[str, Json]) -> ReferralRoute:
    def said(name: str) -> str:
        return text_of(parts.get(name, {}), "valueString", "valueCode")

    method = said("method") if said("method") in get_args(ReferralMethod) else "letter"
    urgency = said("urgency") if said("urgency") in get_args(Urgency) else "routine"
    return ReferralRoute(
        cast(ReferralMethod, method),
        said("address"),
        said("who"),
        cast(Urgency, urgency),
        said("hours"),
        said("what-to-send"),
        said("notes"),
    )


def _hours(found: Json) -> str:
    times = [
        {
            "freq": "WEEKLY",
            "byday": ",".join(str(day)[:2].upper() for day in days) if isinstance(days, list) else "",
            "opens_at": "00:00" if each.get("allDay") is True else text_of(each, "availableStartTime")[:5],
            "closes_at": "24:00" if each.get("allDay") is True else text_of(each, "availableEndTime")[:5],
        }
        for each in objects_of(found, "availableTime")
        for days in [each.get("daysOfWeek")]
    ]
    hours = hours_of(times)
    closed = [text_of(each, "description") for each in objects_of(found, "notAvailable")]
    if hours and any("bank holiday" in each.casefold() for each in closed):
        hours += "; PH off"
    return hours or line_of(text_of(found, "availabilityExceptions"))


def _eligibility(found: Json) -> Eligibility:
    said = objects_of(found, "eligibility")
    text = "; ".join(filter(None, (line_of(text_of(each, "comment")) for each in said)))
    ages = [text_of(object_of(each, "code"), "text") for each in said]
    for each in ages:
        if match := _AGES.fullmatch(each):
            least, most = match["least"], match["most"] or match["to"]
            try:
                return Eligibility(text, int(least) if least else None, int(most) if most else None)
            except ValueError:
                break
    return Eligibility("; ".join(filter(None, (*map(line_of, ages), text))))
