"""Services to a spreadsheet (`services-csv`): the columns that its reader takes, and as many routes as are needed.

A sheet is flatter than an entry. It cannot say a contact's label and audience, text numbers and postal addresses among
the contacts, a location's name, further locations, and identifiers of other systems; and it leaves out what its reader
would refuse (a phone number without digits, a mail address without `@`). `said` is what a sheet does say of an entry:
an import compares with that, so that what a sheet cannot say is not lost when it comes back (`actions/flattened.py`).

Text is made safe as `exchange/cells.py` describes. Coordinates are numbers, `-0.41` among them, and are left bare.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TextIO

from directory.domain.service import Area, Facts, ReferralRoute, slug_of
from directory.exchange.cells import guarded, joined
from directory.exchange.findings import Findings
from directory.exchange.ods import ODS_CODE
from directory.exchange.services_csv import COLUMNS, FORMAT
from directory.exchange.services_row import ROUTE, area_of, contact_type_of, fault_of, service_of
from directory.exchange.tabular import clean

# `referral_99_method` is the last column that the reader knows.
MOST_ROUTES = 99
_NUMBERS = frozenset({"latitude", "longitude"})


@dataclass(frozen=True, slots=True)
class SheetService:
    """A service as a row gives it: what its version says, and the names of those who run it."""

    slug: str
    facts: Facts
    organisation: str
    ods_code: str | None = None
    team: str | None = None
    effective_from: date | None = None
    checked_at: date | None = None


def write(out: TextIO, services: Iterable[SheetService], *, routes: int) -> int:
    """Write a header and a row for each service as it comes; returns how many. `routes` is the most that one has."""
    columns = columns_for(routes)
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    count = 0
    for service in services:
        cells = cells_of(service).items()
        writer.writerow({column: cell if column in _NUMBERS else guarded(cell) for column, cell in cells})
        count += 1
    return count


def columns_for(routes: int) -> tuple[str, ...]:
    """The columns of a sheet whose services have at most so many referral routes."""
    further = (f"referral_{each}_{part}" for each in range(2, min(routes, MOST_ROUTES) + 1) for part in ROUTE)
    return (*COLUMNS, *further)


def cells_of(service: SheetService) -> dict[str, str]:
    """A service's cells by column, as text that is yet to be made safe; what has nothing to say is empty."""
    facts = service.facts
    ages = {"age_min": facts.eligibility.age_min, "age_max": facts.eligibility.age_max}
    days = {"checked_at": service.checked_at, "effective_from": service.effective_from}
    code = (service.ods_code or "").upper()
    return {
        **dict.fromkeys(COLUMNS, ""),
        "id": _own_id(service),
        "slug": service.slug if service.slug == slug_of(service.slug) else "",
        "name": facts.name,
        "former_names": joined(facts.former_names),
        "status": facts.status,
        "setting": facts.setting,
        "summary": facts.summary,
        "description": facts.description,
        "eligibility": facts.eligibility.text,
        "needs": joined(facts.needs),
        "areas": joined(filter(None, map(_area, facts.areas))),
        "owner_organisation": service.organisation,
        "owner_ods_code": code if ODS_CODE.fullmatch(code) else "",
        "owner_team": service.team or "",
        "opening_hours": facts.hours,
        **_contacts(facts),
        **_place(facts),
        **_routes(facts.referral_routes),
        **{column: "" if age is None else str(age) for column, age in ages.items()},
        **{column: day.isoformat() if day else "" for column, day in days.items()},
    }


def said(facts: Facts, slug: str) -> Mapping[str, object]:
    """What a sheet's reader takes from the row of these facts: fields as of `Facts`, without the owner."""
    cells = {column: guarded(cell) for column, cell in cells_of(SheetService(slug, facts, "its owner")).items()}
    read = service_of(0, cells, Findings())
    return {} if read is None else read.set


def _own_id(service: SheetService) -> str:
    """What the sheet it came from calls it; empty where the reader would make the same of the slug."""
    own = [each.value for each in service.facts.identifiers if each.system == FORMAT]
    return next((value for value in own if value != service.slug), "")


def _area(area: Area) -> str:
    # Written as the reader takes it, which may divide a name and its code elsewhere: then a second export is the same.
    read = area_of(clean(_flat_area(area)))
    return _flat_area(read) if read else ""


def _flat_area(area: Area) -> str:
    code = f" ({area.code})" if area.code else ""
    return f"{'registered: ' if area.basis == 'registered' else ''}{area.name}{code}"


def _contacts(facts: Facts) -> dict[str, str]:
    return {
        kind: joined(each.value for each in facts.contacts if each.type == kind and not fault_of(kind, each.value))
        for kind in ("phone", "email", "website")
    }


def _place(facts: Facts) -> dict[str, str]:
    if not facts.locations:
        return {}
    place = facts.locations[0]
    cells = {"address": place.address, "postcode": place.postcode.upper()}
    if place.latitude is None or place.longitude is None:
        return cells
    return {**cells, "latitude": repr(float(place.latitude)), "longitude": repr(float(place.longitude))}


def _routes(routes: tuple[ReferralRoute, ...]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for number, route in enumerate(routes[:MOST_ROUTES], start=1):
        prefix = "referral_" if number == 1 else f"referral_{number}_"
        cells |= {f"{prefix}{part}": getattr(route, part) for part in ROUTE}
        if fault_of(contact_type_of(route.method), route.address):
            cells[f"{prefix}address"] = ""
    return cells
