from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from directory.domain.organisation import OrganisationMembership
from directory.domain.source import SourceSuccession
from directory.errors import Invalid
from directory.exchange.ods import read_memberships, read_successors, read_trusts


def trust(
    code: str = "RXX", name: str = "NORTHMOOR ACUTE NHS TRUST", opened: str = "20010401", closed: str = ""
) -> str:
    return f'{code},{name},Y60,QXX,"UNIT D, THE OAST",MILL LANE,,NORTHMOOR,,NM1 1AA,{opened},{closed},,,0'


def test_a_trust_has_a_readable_name_an_address_and_the_day_after_its_last() -> None:
    (found,) = read_trusts(trust(closed="20210930").encode()).organisations
    assert found.ods_code == "RXX"
    assert found.row == 1
    assert found.set == {
        "name": "Northmoor Acute NHS Trust",
        "kind": "nhs-trust",
        "ods_code": "RXX",
        "address": "Unit D, The Oast, Mill Lane, Northmoor",
        "postcode": "NM1 1AA",
        "opened": date(2001, 4, 1),
        "closed": date(2021, 10, 1),
        "status": "closed",
    }


def test_a_trust_without_dates_is_open_since_nobody_knows_when() -> None:
    (found,) = read_trusts(trust(opened="").encode()).organisations
    assert (found.set["status"], found.set["closed"]) == ("active", None)
    assert "opened" not in found.set


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (trust(code="R-1"), "code"),
        (trust(name=""), "name"),
        (trust(opened="20010230"), "open date"),
        (trust(closed="soon"), "close date"),
        (trust(), "code"),
        (trust(code="RXZ") + ",one more", ""),
    ],
    ids=["code", "name", "open date", "close date", "twice", "too wide"],
)
def test_a_bad_row_of_trusts_is_a_problem(line: str, column: str) -> None:
    found = read_trusts("\n".join([trust(), trust(code="RXY"), line]).encode())
    assert [(problem.row, problem.column) for problem in found.problems] == [(3, column)]
    assert len(found.organisations) == 2


def test_successions_are_read_once_each_and_never_to_themselves() -> None:
    found = read_successors(
        b"old_code,new_code,date\nRW6,R0A,2021-10-01\nRW6,RM3,2021-10-01\nRW6,R0A,2021-10-01\nAAA,AAA,2020-01-01\n"
    )
    assert found.successions == (
        SourceSuccession("RW6", "R0A", date(2021, 10, 1), 2),
        SourceSuccession("RW6", "RM3", date(2021, 10, 1), 3),
    )
    assert found.problems == ()
    assert [(notice.row, notice.reason.split(";")[0]) for notice in found.notices] == [
        (4, "it says the same as row 2"),
        (5, "AAA points to itself"),
    ]


def test_every_code_in_a_loop_is_named_and_its_rows_are_kept() -> None:
    found = read_successors(
        b"old_code,new_code,date\nAA,BB,2020-01-01\nBB,CC,2021-01-01\nCC,AA,2022-01-01\nDD,AA,2019-01-01\n"
    )
    assert len(found.successions) == 4
    assert [notice.reason.split(" ")[0] for notice in found.notices] == ["AA", "BB", "CC"]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("A?,BB,2020-01-01", "old_code"),
        ("AA,,2020-01-01", "new_code"),
        ("AA,BB,01/01/2020", "date"),
        ("AA,BB,", "date"),
    ],
)
def test_a_bad_row_of_successors_is_a_problem(line: str, column: str) -> None:
    found = read_successors(f"old_code,new_code,date\n{line}\n".encode())
    assert [(problem.row, problem.column) for problem in found.problems] == [(2, column)]
    assert found.successions == ()


def test_a_membership_ends_on_the_day_after_its_last() -> None:
    found = read_memberships(
        b'"A81001","5E1","W","20010401","20130331","0"\r\n"A81001","00K","W","20130401","","0"\r\n'
    )
    assert found.memberships == (
        OrganisationMembership("A81001", "5E1", "commissioner", date(2001, 4, 1), date(2013, 4, 1)),
        OrganisationMembership("A81001", "00K", "commissioner", date(2013, 4, 1), None),
    )
    assert [(each.ods_code, dict(each.set), each.row) for each in found.organisations] == [
        ("A81001", {}, 1),
        ("5E1", {}, 1),
        ("00K", {}, 2),
    ]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("A8 1,5E1,W,20010401,,0", "practice"),
        ("A81002,,W,20010401,,0", "commissioner"),
        ("A81002,5E1,W,,,0", "from"),
        ("A81002,5E1,W,20010401,20019999,0", "to"),
        ("A81002,5E1,W,20010401,20010331,0", "to"),
    ],
)
def test_a_bad_row_of_memberships_is_a_problem(line: str, column: str) -> None:
    found = read_memberships(f"A81001,5E1,W,20010401,,0\n{line}\n".encode())
    assert [(problem.row, problem.column) for problem in found.problems] == [(2, column)]
    assert len(found.memberships) == 1


@pytest.mark.parametrize("reader", [read_trusts, read_successors, read_memberships])
def test_another_file_is_refused_in_one_sentence(reader: object) -> None:
    assert callable(reader)
    with pytest.raises(Invalid, match="This is not a file of"):
        reader(b"name,owner_organisation\nclinic,trust\n")


@pytest.mark.realdata
def test_the_real_successors_split_pennine_on_its_day(real_data: Path) -> None:
    found = read_successors((real_data / "ods_successors.csv").read_bytes())
    assert (len(found.successions), len(found.notices), found.problems) == (25_441, 39, ())
    pennine = {(each.new_code, each.effective_from) for each in found.successions if each.old_code == "RW6"}
    assert pennine == {("R0A", date(2021, 10, 1)), ("RM3", date(2021, 10, 1))}


@pytest.mark.realdata
def test_the_real_trusts_and_memberships_are_read_whole(real_data: Path) -> None:
    for name, number in (("etr-c2015.csv", 241), ("etr-c2020.csv", 227), ("etr-c2022.csv", 218)):
        trusts = read_trusts((real_data / name).read_bytes())
        assert (len(trusts.organisations), trusts.problems, trusts.notices) == (number, (), ())
    pennine = next(each for each in trusts.organisations if each.ods_code == "RW6")
    assert (pennine.set["status"], pennine.set["closed"]) == ("closed", date(2021, 10, 1))
    members = read_memberships((real_data / "epcmem.csv").read_bytes())
    assert (len(members.memberships), members.problems) == (47_822, ())
