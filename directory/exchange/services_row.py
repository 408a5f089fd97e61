"""One row of a services spreadsheet, checked cell by cell, as a `SourceService`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import get_args

from directory.domain.service import (
    Area,
    Contact,
    ContactType,
    Eligibility,
    Identifier,
    Location,
    ReferralMethod,
    ReferralRoute,
    Setting,
    Status,
    Urgency,
    slug_of,
)
from directory.domain.source import SourceOrganisation, SourceService
from directory.exchange.cells import parts, unguarded
from directory.exchange.contacts import is_email, is_phone, is_website, lost_zero
from directory.exchange.findings import Findings
from directory.exchange.ods import ODS_CODE
from directory.exchange.tabular import number
from directory.shapes import adapter

_TEXTS = {"summary": "summary", "description": "description", "opening_hours": "hours"}
_CONTACTS: tuple[ContactType, ...] = ("phone", "email", "website")
_PLACE = ("address", "postcode", "latitude", "longitude")
ROUTE = ("method", "address", "who", "urgency", "hours", "what_to_send", "notes")
_AREA = re.compile(
    r"(?P<registered>registered:)?\s*(?P<name>.*?)\s*(?:\((?P<code>(?=[A-Z]*\d)[A-Z0-9]{3,10})\))?", re.DOTALL
)
_NOT_A_DATE = "is not a date; write it as YYYY-MM-DD or DD/MM/YYYY"


def service_of(row: int, cells: Mapping[str, str], findings: Findings) -> SourceService | None:
    """The service of a row, or None where something in it is wrong; every mistake is then a problem."""
    return _RowReader(row, cells, findings).service()


def area_of(text: str) -> Area | None:
    """An area as a sheet writes it, `registered: Northmoor (E09000099)`; None where it has no name."""
    found = _AREA.fullmatch(text)
    if found is None or not found["name"]:
        return None
    return Area(found["name"], found["code"] or "", "registered" if found["registered"] else "resident")


def contact_type_of(method: str) -> str:
    """What the address of a referral route is: a phone number, a mail address, a web address, or only text."""
    return {"web": "website"}.get(method, method)


def fault_of(kind: str, value: str) -> str:
    """What is wrong with a phone number, a mail address or a web address, or "" where nothing is."""
    if kind == "phone" and lost_zero(value):
        return f"“{value}” has lost its leading 0; format the column as text and write it in full"
    if kind == "phone" and not is_phone(value):
        return f"“{value}” is not a phone number"
    if kind == "email" and not is_email(value):
        return f"“{value}” is not a mail address; write it as name@example.nhs.uk"
    if kind == "website" and not is_website(value):
        return f"“{value}” is not a web address; write it as https://www.example.nhs.uk"
    return ""


class _RowReader:
    """One row: its cells, and where its mistakes go."""

    def __init__(self, row: int, cells: Mapping[str, str], findings: Findings) -> None:
        self._row, self._findings = row, findings
        self._cells = {column: unguarded(cell) for column, cell in cells.items()}
        self._wrong = findings.bad(row)

    def service(self) -> SourceService | None:
        name, owner, slug = self._cell("name"), self._cell("owner_organisation"), self._cell("slug")
        for column, value in (("name", name), ("owner_organisation", owner)):
            if not value:
                self._problem(column, "it is empty; every service needs it")
        if slug and slug != slug_of(slug):
            self._problem("slug", f"“{slug}” is no slug; write it as {slug_of(slug)}, or leave it empty")
        ods_code = self._cell("owner_ods_code").upper()
        if ods_code and not ODS_CODE.fullmatch(ods_code):
            self._problem("owner_ods_code", f"“{ods_code}” is no ODS code: it has letters and digits only")
        identity = self._cell("id")
        if len(identity) > Identifier.LONGEST:
            self._problem("id", f"it has {len(identity)} characters; give it an id of up to {Identifier.LONGEST}")
        identifier = Identifier("services-csv", (identity or slug or slug_of(name))[: Identifier.LONGEST])
        facts = self._facts(name, identifier)
        checked_at, effective_from = self._date("checked_at"), self._date("effective_from")
        if self._wrong:
            return None
        return SourceService(
            identifier=identifier,
            set=facts,
            organisation=SourceOrganisation(set={"name": owner}, ods_code=ods_code or None, row=self._row),
            team=self._cell("owner_team") or None,
            slug=slug or None,
            effective_from=effective_from,
            checked_at=checked_at,
            row=self._row,
        )

    def _facts(self, name: str, identifier: Identifier) -> dict[str, object]:
        facts: dict[str, object] = {"name": name, "identifiers": (identifier,)}
        for column, choices in (("status", get_args(Status)), ("setting", get_args(Setting))):
            if chosen := self._choice(column, choices):
                facts[column] = chosen
        facts.update({field: self._cell(column) for column, field in _TEXTS.items() if column in self._cells})
        facts.update({column: self._list(column) for column in ("former_names", "needs") if column in self._cells})
        if "areas" in self._cells:
            facts["areas"] = self._areas()
        if any(column in self._cells for column in _CONTACTS):
            facts["contacts"] = tuple(contact for column in _CONTACTS for contact in self._contacts(column))
        if any(column in self._cells for column in _PLACE):
            facts["locations"] = self._locations()
        if any(column in self._cells for column in ("eligibility", "age_min", "age_max")):
            facts["eligibility"] = self._eligibility()
        if any(column.startswith("referral_") for column in self._cells):
            facts["referral_routes"] = self._routes()
        return facts

    def _cell(self, column: str) -> str:
        return self._cells.get(column, "")

    def _list(self, column: str) -> tuple[str, ...]:
        return parts(self._cell(column))

    def _problem(self, column: str, reason: str) -> None:
        self._wrong = True
        self._findings.problem(self._row, column, reason)

    def _choice(self, column: str, choices: tuple[str, ...]) -> str:
        value = self._cell(column)
        folded = value.casefold().replace(" ", "-")
        if value and folded not in choices:
            self._problem(column, f"“{value}” is not one of {', '.join(choices)}")
        return folded if folded in choices else ""

    def _areas(self) -> tuple[Area, ...]:
        areas = []
        for part in self._list("areas"):
            if area := area_of(part):
                areas.append(area)
            else:
                self._problem("areas", f"“{part}” names no area; write its name, and its code in brackets after it")
        return tuple(areas)

    def _contacts(self, kind: ContactType) -> tuple[Contact, ...]:
        values = self._list(kind)
        for value in values:
            self._check_contact(kind, kind, value)
        return tuple(Contact(kind, value) for value in values)

    def _check_contact(self, column: str, kind: str, value: str) -> None:
        if fault := fault_of(kind, value):
            self._problem(column, fault)

    def _locations(self) -> tuple[Location, ...]:
        latitude, longitude = self._number("latitude"), self._number("longitude")
        if bool(self._cell("latitude")) != bool(self._cell("longitude")):
            self._problem("latitude", "give both latitude and longitude, or neither")
        try:
            place = Location("", self._cell("address"), self._cell("postcode").upper(), latitude, longitude)
        except ValueError as error:
            self._problem("latitude", f"{error}; mend it, or leave it empty")
            return ()
        return () if place == Location() else (place,)

    def _number(self, column: str) -> float | None:
        value = self._cell(column)
        found = number(value)
        if value and found is None:
            self._problem(column, f"“{value}” is not a decimal number in degrees, such as 51.5079")
        return found

    def _eligibility(self) -> Eligibility:
        youngest, oldest = self._age("age_min"), self._age("age_max")
        try:
            return Eligibility(self._cell("eligibility"), youngest, oldest)
        except ValueError as error:
            self._problem("age_min", f"{error}; mend one of them")
            return Eligibility()

    def _age(self, column: str) -> int | None:
        value = self._cell(column)
        if value and not re.fullmatch(r"\d{1,3}", value, re.ASCII):
            self._problem(column, f"“{value}” is not an age in whole years")
            return None
        return int(value) if value else None

    def _routes(self) -> tuple[ReferralRoute, ...]:
        numbers = {int(found[1]) for column in self._cells if (found := re.match(r"referral_(\d+)_", column))}
        prefixes = ["referral_", *(f"referral_{each}_" for each in sorted(numbers))]
        return tuple(route for prefix in prefixes if (route := self._route(prefix)) is not None)

    def _route(self, prefix: str) -> ReferralRoute | None:
        given = {part: self._cell(f"{prefix}{part}") for part in ROUTE if self._cell(f"{prefix}{part}")}
        if not given:
            return None
        method = self._choice(f"{prefix}method", get_args(ReferralMethod))
        if not method:
            if "method" not in given:
                self._problem(f"{prefix}method", f"say how to refer: {', '.join(get_args(ReferralMethod))}")
            return None
        given["method"] = method
        if urgency := self._choice(f"{prefix}urgency", get_args(Urgency)):
            given["urgency"] = urgency
        elif "urgency" in given:
            return None
        if address := given.get("address"):
            self._check_contact(f"{prefix}address", contact_type_of(method), address)
        route: ReferralRoute = adapter(ReferralRoute).validate_python(given)
        return route

    def _date(self, column: str) -> date | None:
        value = self._cell(column)
        if not value:
            return None
        day = _day_of(value)
        if day is None:
            self._problem(column, f"“{value}” {_NOT_A_DATE}")
        return day


def _day_of(value: str) -> date | None:
    """A day as YYYY-MM-DD (a time after it is ignored), as DD/MM/YYYY, or as the number by which Excel counts days."""
    if re.fullmatch(r"[2-7]\d{4}", value, re.ASCII):
        return date(1899, 12, 30) + timedelta(days=int(value))
    british = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", value, re.ASCII)
    written = f"{british[3]}-{int(british[2]):02d}-{int(british[1]):02d}" if british else value
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}([T ].*)?", written, re.ASCII):
        return None
    try:
        return date.fromisoformat(written[:10])
    except ValueError:
        return None
