from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.domain.source import Reading
from directory.errors import Invalid
from directory.exchange.reading import FORMATS, READERS, detect, read

HOSPITALS = "OrganisationID,OrganisationCode,ParentODSCode,ParentName"
SAMPLES = {
    "services-csv": "name,owner_organisation\nClinic,Trust\n",
    "hsds": ' [{"id": "1", "name": "Clinic", "status": "active"}]',
    "fhir": '{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "HealthcareService", "id": "1"}}]}',
    "nhs-hospitals": HOSPITALS,
    "ods-trusts": "RXX,NORTHMOOR NHS TRUST,Y60,QXX,,,,,,NM1 1AA,20010401,,,\n",
    "ods-successors": '"old_code","new_code","date"\r\nAA,BB,2020-01-01\r\n',
    "ods-memberships": '"A81001","5E1","W","20010401","","0"\n',
}


def workbook() -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["name", "owner_organisation"])
    book.active.append(["Clinic", "Trust"])
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


WORKBOOK = workbook()


@pytest.mark.parametrize("format", FORMATS)
def test_auto_tells_the_formats_apart(tmp_path: Path, format: str) -> None:
    path = tmp_path / "some.file"
    path.write_text(f"\ufeff{SAMPLES[format]}", encoding="utf-8")
    assert detect(path) == format


def test_a_workbook_is_services_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "services.bin"
    path.write_bytes(WORKBOOK)
    assert detect(path) == "services-csv"
    assert len(read(path).services) == 1


def test_a_file_is_read_in_the_format_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "services.csv"
    path.write_text(SAMPLES["services-csv"], encoding="utf-8")
    assert read(path).format == read(path, "services-csv").format == "services-csv"
    with pytest.raises(Invalid, match="not a file of ODS successors"):
        read(path, "ods-successors")
    with pytest.raises(Invalid, match="no format “fax”; the formats are services-csv"):
        read(path, "fax")


@pytest.mark.parametrize("text", ["", "dear all,\nhello\n", "a,b,c\n1,2,3\n", '"'])
def test_a_file_of_no_known_format_is_refused_with_the_formats(tmp_path: Path, text: str) -> None:
    path = tmp_path / "letter.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Invalid, match=r"letter.txt is of no known format; say which it is: services-csv, hsds"):
        read(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"missing\.csv cannot be read"):
        read(tmp_path / "missing.csv")
    with pytest.raises(Invalid, match="cannot be read"):
        detect(tmp_path)


JSON_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
KEYS = st.sampled_from(
    [
        "id", "name", "status", "email", "url", "phones", "number", "contacts", "organization", "description",
        "schedules", "byday", "opens_at", "closes_at", "service_at_locations", "location", "latitude", "longitude",
        "addresses", "attributes", "minimum_age", "service_areas", "fees",
    ]
)  # fmt: skip
JSON_VALUES = st.recursive(
    JSON_SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=12
)


def reads_or_refuses(format: str, data: bytes) -> None:
    with contextlib.suppress(Invalid):
        assert isinstance(READERS[format](data), Reading)


@pytest.mark.parametrize("format", FORMATS)
@given(data=st.binary(max_size=200), text=st.text(max_size=200))
def test_any_bytes_give_a_reading_or_a_refusal(format: str, data: bytes, text: str) -> None:
    reads_or_refuses(format, data)
    reads_or_refuses(format, text.encode("utf-8", "surrogatepass"))
    # Past the first line or letter, where a reader has taken the file for its own.
    reads_or_refuses(format, SAMPLES[format].encode() + data)
    reads_or_refuses(format, SAMPLES[format].encode() + text.encode("utf-8", "replace"))


@given(entry=st.dictionaries(KEYS, JSON_VALUES, max_size=10))
def test_any_json_gives_a_reading_or_a_refusal(entry: dict[str, object]) -> None:
    reads_or_refuses("hsds", json.dumps([{"id": "1", "name": "N", "status": "active", **entry}]).encode())


@given(at=st.integers(0, len(WORKBOOK) - 1), byte=st.integers(0, 255))
def test_a_damaged_workbook_gives_a_reading_or_a_refusal(at: int, byte: int) -> None:
    reads_or_refuses("services-csv", WORKBOOK[:at] + bytes([byte]) + WORKBOOK[at + 1 :])
    reads_or_refuses("services-csv", WORKBOOK[:at])
