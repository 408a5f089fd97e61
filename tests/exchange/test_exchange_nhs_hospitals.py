from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from directory.domain.service import Contact, Identifier, Location
from directory.domain.source import Reading, SourceService
from directory.errors import Invalid
from directory.exchange.nhs_hospitals import read

HEADER = (
    "OrganisationID,OrganisationCode,OrganisationType,SubType,Sector,OrganisationStatus,IsPimsManaged,"
    "OrganisationName,Address1,Address2,Address3,City,County,Postcode,Latitude,Longitude,ParentODSCode,ParentName,"
    "Phone,Email,Website,Fax"
)
HOSPITAL = {
    "OrganisationID": "1",
    "OrganisationCode": "RXX01",
    "SubType": "Hospital",
    "OrganisationName": "Northmoor Infirmary",
    "Address1": "Mill Lane",
    "City": "Northmoor",
    "Postcode": "NM1 1AA",
    "Latitude": "53.85",
    "Longitude": "-5.6E-2",
    "ParentODSCode": "RXX",
    "ParentName": "Northmoor Acute NHS Trust",
    "Phone": "01632 960001",
    "Email": "hello@northmoor.example",
    "Website": "www.northmoor.example",
    "Fax": "01632 960002",
}


def code_of(service: SourceService) -> str:
    assert service.identifier is not None
    return service.identifier.value


def row(**cells: str) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([(HOSPITAL | cells).get(column, "") for column in HEADER.split(",")])
    return line.getvalue()


def reading(*rows: str) -> Reading:
    return read("\r\n".join([HEADER, *(each.rstrip("\r\n") for each in rows)]).encode())


def only(*rows: str) -> SourceService:
    (service,) = reading(*rows).services
    return service


def test_a_hospital_is_a_service_with_its_owner() -> None:
    service = only(row())
    assert service.identifier == Identifier("ods", "RXX01")
    assert service.row == 2
    assert (service.organisation.ods_code, service.organisation.name) == ("RXX", "Northmoor Acute NHS Trust")
    assert service.set == {
        "name": "Northmoor Infirmary",
        "setting": "acute",
        "contacts": (
            Contact("phone", "01632 960001"),
            Contact("email", "hello@northmoor.example"),
            Contact("website", "www.northmoor.example"),
        ),
        "locations": (Location("", "Mill Lane, Northmoor", "NM1 1AA", 53.85, -0.056),),
        "identifiers": (Identifier("ods", "RXX01"),),
    }


def test_blank_and_null_cells_are_left_out() -> None:
    service = only(row(Phone="NULL", Email=" ", Website="", Latitude="", Longitude="", Address1="NULL", City=""))
    assert service.set["contacts"] == ()
    assert service.set["locations"] == (Location(postcode="NM1 1AA"),)


def test_a_mental_health_hospital_says_so() -> None:
    assert only(row(SubType="Mental Health Hospital")).set["setting"] == "mental-health"
    assert only(row(SubType="UNKNOWN")).set["setting"] == "acute"


def test_an_unquoted_comma_is_a_problem_with_its_row_and_what_to_do() -> None:
    found = reading(row(), row(OrganisationCode="RXX02").replace("Mill Lane", "Mill Lane, East"))
    (problem,) = found.problems
    assert problem.row == 3
    assert "23 cells where the header has 22; put quotation marks" in problem.reason
    assert [code_of(service) for service in found.services] == ["RXX01"]


def test_every_row_of_a_repeated_code_is_named_and_none_is_taken() -> None:
    found = reading(row(), row(OrganisationCode="RXX02"), row(OrganisationCode="rxx01", Phone=""))
    assert [problem.row for problem in found.problems] == [2, 4]
    assert all("RXX01 is repeated, on rows 2 and 4" in problem.reason for problem in found.problems)
    assert [code_of(service) for service in found.services] == ["RXX02"]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"OrganisationCode": ""}, "OrganisationCode"),
        ({"OrganisationCode": "RXX-1"}, "OrganisationCode"),
        ({"OrganisationName": " "}, "OrganisationName"),
        ({"ParentODSCode": "", "ParentName": ""}, "ParentODSCode"),
        ({"ParentODSCode": "R?X"}, "ParentODSCode"),
    ],
)
def test_a_row_without_code_name_or_owner_is_a_problem(cells: dict[str, str], column: str) -> None:
    found = reading(row(**cells))
    assert [(problem.row, problem.column) for problem in found.problems] == [(2, column)]
    assert found.services == ()


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"Phone": "ask"}, "Phone"),
        ({"Email": "none at present"}, "Email"),
        ({"Website": "javascript:alert(1)"}, "Website"),
        ({"Latitude": "north"}, "Latitude"),
        ({"Longitude": "999"}, "Latitude"),
    ],
)
def test_what_is_odd_but_harmless_is_left_out_with_a_notice(cells: dict[str, str], column: str) -> None:
    found = reading(row(**cells))
    assert found.problems == ()
    assert [notice.column for notice in found.notices] == [column]
    assert len(found.services) == 1


def test_one_owner_has_one_name_in_a_file() -> None:
    found = reading(row(), row(OrganisationCode="RXX02", ParentName="Another Name"))
    assert {service.organisation.name for service in found.services} == {"Northmoor Acute NHS Trust"}
    assert [(notice.row, notice.column) for notice in found.notices] == [(3, "ParentName")]


def test_cells_may_be_parted_by_the_sign_of_later_releases_in_windows_1252() -> None:
    text = f"{HEADER}\n{row(OrganisationName='Café Ward').strip()}".replace(",", "¬")
    (service,) = read(text.encode("cp1252")).services
    assert service.set["name"] == "Café Ward"


def test_another_file_is_refused_in_one_sentence() -> None:
    with pytest.raises(Invalid, match="not a file of NHS hospitals: it has no column OrganisationCode"):
        read(b"name,owner_organisation\na,b\n")


def values(service: SourceService, kind: str) -> list[str]:
    contacts = service.set["contacts"]
    assert isinstance(contacts, tuple)
    return [contact.value for contact in contacts if contact.type == kind]


@pytest.mark.realdata
def test_the_real_files_differ_in_what_they_say_and_nothing_else(real_data: Path) -> None:
    before = read((real_data / "Hospital-2016-02.csv").read_bytes())
    after = read((real_data / "Hospital-2018-02.csv").read_bytes())
    assert (len(before.services), len(before.problems), before.notices) == (1115, 93, ())
    assert (len(after.services), len(after.problems), after.notices) == (1218, 16, ())
    codes = {problem.reason.split(" ")[0] for problem in after.problems}
    assert codes == {"TAHCC", "TAJ52", "RXE15", "RT1FC", "TAHEC", "RT5PA", "RT5PE", "RH8D6"}
    old = {code_of(service): service for service in before.services}
    new = {code_of(service): service for service in after.services}
    both = old.keys() & new.keys()
    assert len(both) == 889
    assert sum(values(old[code], "phone") != values(new[code], "phone") for code in both) == 88
    assert sum(values(old[code], "email") != values(new[code], "email") for code in both) == 91
    assert not [code for code in both if old[code].set["setting"] != new[code].set["setting"]]
    moved = {code for code in both if old[code].organisation.ods_code != new[code].organisation.ods_code}
    assert moved == {"NXN01", "RTP04"}
    renamed = {code for code in both - moved if old[code].organisation.name != new[code].organisation.name}
    assert (len(renamed), len({old[code].organisation.ods_code for code in renamed})) == (31, 13)


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["Hospital-2016-02.csv", "Hospital-2018-02.csv"])
def test_taking_out_the_named_rows_leaves_a_file_without_problems(real_data: Path, name: str) -> None:
    data = (real_data / name).read_bytes()
    bad = {problem.row for problem in read(data).problems}
    lines = data.decode().splitlines(keepends=True)
    mended = "".join(line for number, line in enumerate(lines, start=1) if number not in bad)
    assert read(mended.encode()).problems == ()
