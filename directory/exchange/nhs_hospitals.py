"""The hospitals of NHS Choices (later nhs.uk): one row a hospital, with the organisation that runs it.

Format: CSV with a header of 22 columns, `OrganisationID` to `Fax`, in UTF-8 or Windows-1252; later releases part the
cells by `¬` instead of commas. Published by NHS Digital under the Open Government Licence.

Not kept: `OrganisationID` (an internal number, which changes at an unchanged code), `OrganisationType`, `Sector`,
`OrganisationStatus` and `IsPimsManaged` (about the listing, not the service) and `Fax`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from directory.domain.service import Contact, Identifier, Location, Setting
from directory.domain.source import Reading, SourceOrganisation, SourceService
from directory.exchange.contacts import is_email, is_phone, is_website
from directory.exchange.findings import Findings, not_of_the_format
from directory.exchange.ods import ODS_CODE
from directory.exchange.tabular import decode, number, records, rows_of

FORMAT = "nhs-hospitals"
COLUMNS = (
    "OrganisationCode", "SubType", "OrganisationName", "Address1", "Address2", "Address3", "City", "County",
    "Postcode", "Latitude", "Longitude", "ParentODSCode", "ParentName", "Phone", "Email", "Website",
)  # fmt: skip
# Every release geocodes anew: between two of them a hospital at an unchanged address moves by up to 0.03 degrees.
TOLERANCE = 0.05

Record = tuple[int, dict[str, str]]


def looks_like(text: str) -> bool:
    """Whether the first line is this format's header."""
    first = text.split("\n", 1)[0]
    return all(column in first for column in ("OrganisationCode", "ParentODSCode"))


def read(data: bytes) -> Reading:
    """The services of a file, found again by ODS code. Raises `Invalid` where it is not of this format.

    A row with too many or too few cells, without code, name or owner, or whose code stands on another row too, is a
    problem; every row of a repeated code is named, since only a person can say which is right. A phone, mail or web
    address or coordinate that cannot be one is left out with a notice.
    """
    text, findings = decode(data), Findings()
    delimiter = "¬" if "¬" in text.split("\n", 1)[0] else ","
    rows = rows_of(text, findings, delimiter=delimiter)
    header = rows[0].cells if rows else ()
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise not_of_the_format(
            f"This is not a file of NHS hospitals: it has no column {' and no column '.join(missing)}."
        )
    good = list(records(rows[1:], header, findings))
    repeated = _repeated(good, findings)
    owners = _Owners(findings)
    services = [
        service
        for row, cells in good
        if cells["OrganisationCode"].upper() not in repeated
        and (service := _service(row, cells, owners, findings)) is not None
    ]
    return Reading(
        format=FORMAT,
        services=tuple(services),
        problems=findings.problems,
        notices=findings.notices,
        coordinate_tolerance=TOLERANCE,
    )


def _repeated(good: Iterable[Record], findings: Findings) -> set[str]:
    rows: dict[str, list[int]] = defaultdict(list)
    for row, cells in good:
        if cells["OrganisationCode"]:
            rows[cells["OrganisationCode"].upper()].append(row)
    repeated = {code: numbers for code, numbers in rows.items() if len(numbers) > 1}
    for code, numbers in repeated.items():
        all_of_them = " and ".join(map(str, numbers))
        for row in numbers:
            findings.problem(
                row, "OrganisationCode", f"{code} is repeated, on rows {all_of_them}; keep the one that is right"
            )
    return set(repeated)


class _Owners:
    """One `SourceOrganisation` for each code, so that a file cannot rename an organisation back and forth."""

    def __init__(self, findings: Findings) -> None:
        self._known: dict[str, SourceOrganisation] = {}
        self._findings = findings

    def of(self, row: int, code: str, name: str) -> SourceOrganisation:
        key = code or name.casefold()
        known = self._known.setdefault(
            key, SourceOrganisation(set={"name": name} if name else {}, ods_code=code or None, row=row)
        )
        if name and known.name != name:
            self._findings.notice(
                row, "ParentName", f"{code} is {known.name} on row {known.row}; this other name is left out"
            )
        return known


def _service(row: int, cells: dict[str, str], owners: _Owners, findings: Findings) -> SourceService | None:
    code, parent = cells["OrganisationCode"].upper(), cells["ParentODSCode"].upper()
    wrong = [
        ("OrganisationCode", "give its ODS code, of letters and digits") if not ODS_CODE.fullmatch(code) else None,
        ("OrganisationName", "give the name of the hospital") if not cells["OrganisationName"] else None,
        ("ParentODSCode", "give the ODS code or the name of the organisation that runs it")
        if not parent and not cells["ParentName"]
        else None,
        ("ParentODSCode", "an ODS code has letters and digits only")
        if parent and not ODS_CODE.fullmatch(parent)
        else None,
    ]
    if any(wrong):
        for found in filter(None, wrong):
            findings.problem(row, *found)
        return None
    identifier = Identifier("ods", code)
    # SubType says "UNKNOWN" of community hospitals and clinics alike, so it tells apart nothing but mental health.
    setting: Setting = "mental-health" if cells["SubType"] == "Mental Health Hospital" else "acute"
    facts: dict[str, object] = {
        "name": cells["OrganisationName"],
        "setting": setting,
        "contacts": _contacts(row, cells, findings),
        "locations": _locations(row, cells, findings),
        "identifiers": (identifier,),
    }
    owner = owners.of(row, parent, cells["ParentName"])
    return SourceService(identifier=identifier, set=facts, organisation=owner, row=row)


def _contacts(row: int, cells: dict[str, str], findings: Findings) -> tuple[Contact, ...]:
    contacts = []
    if phone := cells["Phone"]:
        if is_phone(phone):
            contacts.append(Contact("phone", phone))
        else:
            findings.notice(row, "Phone", f"“{phone}” is not a phone number; it is left out")
    if email := cells["Email"]:
        if is_email(email):
            contacts.append(Contact("email", email))
        else:
            findings.notice(row, "Email", f"“{email}” is not a mail address; it is left out")
    if website := cells["Website"]:
        if is_website(website):
            contacts.append(Contact("website", website))
        else:
            findings.notice(row, "Website", f"“{website}” is not a web address; it is left out")
    return tuple(contacts)


def _locations(row: int, cells: dict[str, str], findings: Findings) -> tuple[Location, ...]:
    address = ", ".join(filter(None, (cells[part] for part in ("Address1", "Address2", "Address3", "City", "County"))))
    try:
        latitude, longitude = number(cells["Latitude"]), number(cells["Longitude"])
        given = bool(cells["Latitude"] or cells["Longitude"])
        if given and (latitude is None or longitude is None):
            raise ValueError("latitude and longitude are not both decimal numbers")
        place = Location(address=address, postcode=cells["Postcode"], latitude=latitude, longitude=longitude)
    except ValueError as error:
        findings.notice(row, "Latitude", f"{error}; the coordinates are left out")
        place = Location(address=address, postcode=cells["Postcode"])
    return () if place == Location() else (place,)
