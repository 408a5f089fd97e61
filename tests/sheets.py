"""Sheets of services of any length, some of whose rows are bad."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Mapping
from datetime import date

from directory.actions.import_services import Import
from directory.domain.policy import OPERATOR, Actor
from directory.exchange.reading import READERS
from tests import build

COLUMNS = (
    "id", "name", "summary", "owner_organisation", "owner_ods_code", "owner_team", "referral_method",
    "referral_address", "phone", "email", "address", "postcode", "opening_hours", "needs", "areas", "age_min",
    "checked_at",
)  # fmt: skip
PLACES = ("Eastmarsh", "Northmoor", "Barrow", "Kelder")


def sheet(rows: int, *, bad: int = 0, **edited: str) -> bytes:
    """A sheet whose first row is row 2; `bad` of its rows, spread over it, have each one cell that cannot be taken.

    `edited` is what every third row says instead.
    """
    chance = random.Random(7)
    wrong = set(chance.sample(range(rows), bad))
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    for n in range(rows):
        row = {**row_of(n), **(edited if n % 3 == 0 else {}), **(_fault(n) if n in wrong else {})}
        writer.writerow(row)
    return out.getvalue().encode()


def row_of(n: int) -> dict[str, str]:
    """The cells of one service."""
    return {
        "id": f"S{n}",
        "name": f"Clinic {n} of {PLACES[n % 4]}",
        "summary": f"Sees people with wounds, room {n}.",
        "owner_organisation": f"Trust {n % 40}",
        "owner_ods_code": f"ZZ{n % 40:03}",
        "owner_team": f"Team {n % 80}",
        "referral_method": "email",
        "referral_address": f"c{n}@northmoor.example",
        "phone": f"01632 {960000 + n % 1000}",
        "email": f"a{n}@northmoor.example",
        "address": f"{n} Mill Lane",
        "postcode": "NM1 1AA",
        "opening_hours": "Mo-Fr 09:00-17:00",
        "needs": "leg ulcer; wound care",
        "areas": f"registered: {PLACES[n % 4]}",
        "age_min": str(n % 18),
        "checked_at": "2026-11-01",
    }


_FAULTS: tuple[Mapping[str, str], ...] = (
    {"phone": "none"},
    {"age_min": "ten"},
    {"owner_organisation": ""},
    {"email": "at home"},
    {"checked_at": "soon"},
    {"summary": "Ask for NHS number 943 476 5919."},
)


def _fault(n: int) -> Mapping[str, str]:
    return _FAULTS[n % len(_FAULTS)]


def job(
    data: bytes, *, by: Actor = OPERATOR, on: date = build.TODAY, source: str = "list.csv", complete: bool = False
) -> Import:
    """The import of a sheet."""
    return Import(READERS["services-csv"](data), source, by, build.NOON, build.LONDON, on, complete)
