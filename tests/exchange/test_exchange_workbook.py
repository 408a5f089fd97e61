from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import openpyxl
import pytest

from directory.domain.service import Eligibility, Location
from directory.errors import Invalid
from directory.exchange import spreadsheet
from directory.exchange.services_csv import read


def xlsx_of(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def test_a_workbook_is_read_as_its_first_sheet() -> None:
    header: list[object] = [
        "name",
        "owner_organisation",
        "age_min",
        "checked_at",
        "effective_from",
        "latitude",
        "longitude",
    ]
    found = read(
        xlsx_of(
            header,
            ["Clinic", "Trust", 18, datetime(2026, 5, 1, 9, 30), 46000, 53.5, -1.5],  # noqa: DTZ001
            [None, None],
            ["Ward", "Trust", None, date(2026, 5, 2), None, None, None],
        )
    )
    assert found.problems == ()
    clinic, ward = found.services
    assert (clinic.row, ward.row) == (2, 4)
    assert clinic.set["eligibility"] == Eligibility("", 18)
    assert (clinic.checked_at, clinic.effective_from) == (date(2026, 5, 1), date(2025, 12, 9))
    assert clinic.set["locations"] == (Location(latitude=53.5, longitude=-1.5),)
    assert ward.checked_at == date(2026, 5, 2)


def test_a_formula_and_an_error_in_a_workbook_are_named_and_never_run() -> None:
    found = read(
        xlsx_of(
            ["name", "owner_organisation", "summary"],
            ["Clinic", "Trust", "=A2"],
            ["Ward", "Trust", "#N/A"],
            ["Gym", "Trust", "-"],
        )
    )
    assert [(problem.row, problem.column) for problem in found.problems] == [(2, "summary"), (3, "summary")]
    assert "holds a formula; paste its value" in found.problems[0].reason
    assert [service.set["name"] for service in found.services] == ["Gym"]


def test_text_that_begins_with_an_equals_sign_in_a_workbook_is_text() -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["name", "owner_organisation", "summary"])
    book.active.append(["Clinic", "Trust", "x"])
    cell = book.active["C2"]
    cell.value = "=A2"
    cell.data_type = "s"
    data = io.BytesIO()
    book.save(data)
    assert read(data.getvalue()).services[0].set["summary"] == "=A2"


def test_a_phone_that_a_workbook_holds_as_a_number_has_lost_its_zero() -> None:
    found = read(xlsx_of(["name", "owner_organisation", "phone"], ["Clinic", "Trust", 1632960001]))
    assert [(problem.row, problem.column) for problem in found.problems] == [(2, "phone")]


def test_rows_beyond_what_is_taken_are_refused_not_dropped() -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["name", "owner_organisation"])
    book.active.cell(300_000, 1, "Clinic")
    data = io.BytesIO()
    book.save(data)
    with pytest.raises(Invalid, match="more than 200,000 rows"):
        read(data.getvalue())


def test_columns_beyond_what_is_taken_are_refused_not_dropped() -> None:
    header: list[object] = ["name", "owner_organisation", *(f"c{number}" for number in range(1_000))]
    for data in (
        xlsx_of(header, ["Clinic", "Trust"]),
        ",".join(map(str, header)).encode(),
        b"name,owner_organisation" + b",x" * 10**5,
    ):
        with pytest.raises(Invalid, match="more than 1,000 columns") as refusal:
            read(data)
        assert len(str(refusal.value)) < 200


def test_a_workbook_that_unpacks_to_more_than_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "_LARGEST", 100)
    with pytest.raises(Invalid, match="too large"):
        read(xlsx_of(["name", "owner_organisation"]))


def test_a_workbook_of_thousands_of_parts_is_refused() -> None:
    data = io.BytesIO(xlsx_of(["name", "owner_organisation"], ["Clinic", "Trust"]))
    assert len(read(data.getvalue()).services) == 1
    with zipfile.ZipFile(data, "a") as packed:
        for number in range(2_000):
            packed.writestr(f"xl/media/{number}", "")
    with pytest.raises(Invalid, match="too large"):
        read(data.getvalue())
