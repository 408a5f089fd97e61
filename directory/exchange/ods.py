"""Files of the Organisation Data Service (ODS): trusts, who succeeded whom, and which practice belongs to whom.

Sources: `etr` (NHS trusts) and `epcmem` (members of primary care organisations), both CSV without a header, published
under the Open Government Licence; and a table of successors with the header `old_code,new_code,date`.

ODS dates are the first and the last day on which something held; the directory keeps the day after the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from directory.domain.organisation import OrganisationMembership
from directory.domain.source import Reading, SourceOrganisation, SourceSuccession
from directory.domain.succession import Succession, by_predecessor, looping
from directory.exchange.capitals import readable
from directory.exchange.findings import Findings, not_of_the_format
from directory.exchange.tabular import Row, compact_date, decode, even, present, records, rows_of

ODS_CODE = re.compile(r"[A-Z0-9]{2,10}")
TRUSTS, SUCCESSORS, MEMBERSHIPS = "ods-trusts", "ods-successors", "ods-memberships"
SUCCESSOR_COLUMNS = ("old_code", "new_code", "date")
_TRUST_WIDTH = 12  # code, name, grouping, geography, five lines of address, postcode, opened, closed; then unused ones
_MEMBERSHIP_WIDTH = 6


def looks_like_successors(text: str) -> bool:
    """Whether the first line is the header of a table of successors."""
    first = text.split("\n", 1)[0].replace('"', "").casefold()
    return tuple(cell.strip() for cell in first.split(",")) == SUCCESSOR_COLUMNS


def looks_like_memberships(text: str) -> bool:
    """Whether the first line has six cells: two codes, a letter, a date, a date or nothing, and a flag."""
    first = text.split("\n", 1)[0].replace('"', "").strip()
    return re.fullmatch(r"[A-Z0-9]{2,10},[A-Z0-9]{2,10},\w*,\d{8},(\d{8})?,\w*", first) is not None


def looks_like_trusts(text: str) -> bool:
    """Whether the first line begins with an ODS code and has dates where the trusts of `etr` have them."""
    rows = rows_of(text.split("\n", 1)[0], Findings())
    if not rows or len(rows[0].cells) < _TRUST_WIDTH:
        return False
    cells = rows[0].cells
    dated = all(not cell or compact_date(cell) for cell in cells[10:12])
    return bool(ODS_CODE.fullmatch(cells[0]) and not cells[1].isdigit() and cells[1] and dated)


def read_trusts(data: bytes) -> Reading:
    """NHS trusts with name, address and dates; names in capitals are made readable.

    A trust with a date of closing is `closed`, even where that day is still to come. Raises `Invalid` where no row
    begins with a code; a malformed code or date, or a code on two rows, is a problem of its row.
    """
    findings = Findings()
    rows = rows_of(decode(data), findings)
    if not any(ODS_CODE.fullmatch(row.cells[0]) and len(row.cells) >= _TRUST_WIDTH for row in rows):
        raise not_of_the_format("This is not a file of NHS trusts (etr): its rows do not begin with a code and a name.")
    seen: dict[str, int] = {}
    organisations = [
        found for row in even(rows, _TRUST_WIDTH, findings) if (found := _trust(row, seen, findings)) is not None
    ]
    return Reading(
        format=TRUSTS, organisations=tuple(organisations), problems=findings.problems, notices=findings.notices
    )


def _trust(row: Row, seen: dict[str, int], findings: Findings) -> SourceOrganisation | None:
    code, name = row.cells[0].upper(), readable(present(row.cells[1]))
    opened = _date(row.number, "open date", row.cells[10], findings)
    last = _date(row.number, "close date", row.cells[11], findings)
    if not _code(row.number, "code", code, findings) or findings.bad(row.number):
        return None
    if not name:
        findings.problem(row.number, "name", "give the name of the trust")
        return None
    if (earlier := seen.setdefault(code, row.number)) != row.number:
        findings.problem(row.number, "code", f"{code} is on row {earlier} too; keep one of them")
        return None
    facts: dict[str, object] = {"name": name, "kind": "nhs-trust", "ods_code": code}
    if address := ", ".join(filter(None, (readable(present(line).strip(" ,")) for line in row.cells[4:9]))):
        facts["address"] = address
    if postcode := present(row.cells[9]):
        facts["postcode"] = postcode
    if opened:
        facts["opened"] = opened
    facts["closed"] = _day_after(last)
    facts["status"] = "closed" if last else "active"
    return SourceOrganisation(set=facts, ods_code=code, row=row.number)


def read_successors(data: bytes) -> Reading:
    """Which code became which, and on what day.

    A row that points to itself is left out with a notice, and so is an exact repetition; every code in a loop is
    named by a notice, its rows are kept. Raises `Invalid` without the header; a malformed code or date is a problem.
    """
    findings = Findings()
    rows = rows_of(decode(data), findings)
    header = tuple(cell.casefold() for cell in rows[0].cells) if rows else ()
    if header != SUCCESSOR_COLUMNS:
        raise not_of_the_format("This is not a file of ODS successors: its first row must be old_code,new_code,date.")
    kept: dict[tuple[str, str, date], SourceSuccession] = {}
    for found in _successions(records(rows[1:], header, findings), findings):
        key = (found.old_code, found.new_code, found.effective_from)
        if (earlier := kept.setdefault(key, found)) is not found:
            findings.notice(found.row, "", f"it says the same as row {earlier.row}; it is taken once")
    _name_loops(list(kept.values()), findings)
    return Reading(
        format=SUCCESSORS, successions=tuple(kept.values()), problems=findings.problems, notices=findings.notices
    )


def _successions(rows: Iterator[tuple[int, dict[str, str]]], findings: Findings) -> Iterator[SourceSuccession]:
    for row, cells in rows:
        old, new = cells["old_code"].upper(), cells["new_code"].upper()
        codes = [_code(row, "old_code", old, findings), _code(row, "new_code", new, findings)]
        day = _date(row, "date", cells["date"], findings, required=True)
        if not all(codes) or day is None:
            continue
        if old == new:
            findings.notice(row, "new_code", f"{old} points to itself; the row is left out")
            continue
        yield SourceSuccession(old, new, day, row)


def _name_loops(successions: Sequence[SourceSuccession], findings: Findings) -> None:
    first_rows: dict[str, int] = {}
    for found in successions:
        first_rows.setdefault(found.old_code, found.row)
    links = by_predecessor(
        Succession(found.old_code, found.new_code, "replaced", found.effective_from) for found in successions
    )
    for code in sorted(looping(links), key=first_rows.__getitem__):
        findings.notice(
            first_rows[code],
            "old_code",
            f"{code} is in a loop: its successors lead back to it; the links are kept, and never followed twice",
        )


def read_memberships(data: bytes) -> Reading:
    """Which GP practice belonged to which commissioner, and when; organisations are known by code alone.

    The letter and the flag of each row are not kept. Raises `Invalid` where no row has six cells that begin with two
    codes; a malformed code or date is a problem of its row.
    """
    findings = Findings()
    rows = rows_of(decode(data), findings)
    if not any(len(row.cells) == _MEMBERSHIP_WIDTH and all(map(ODS_CODE.fullmatch, row.cells[:2])) for row in rows):
        raise not_of_the_format("This is not a file of memberships (epcmem): its rows do not begin with two codes.")
    first_rows: dict[str, int] = {}
    memberships = []
    for row in even(rows, _MEMBERSHIP_WIDTH, findings):
        if (found := _membership(row, findings)) is not None:
            memberships.append(found)
            first_rows.setdefault(found.member, row.number)
            first_rows.setdefault(found.of, row.number)
    return Reading(
        format=MEMBERSHIPS,
        memberships=tuple(dict.fromkeys(memberships)),
        organisations=tuple(SourceOrganisation(set={}, ods_code=code, row=row) for code, row in first_rows.items()),
        problems=findings.problems,
        notices=findings.notices,
    )


def _membership(row: Row, findings: Findings) -> OrganisationMembership | None:
    member, of = row.cells[0].upper(), row.cells[1].upper()
    codes = [_code(row.number, "practice", member, findings), _code(row.number, "commissioner", of, findings)]
    start = _date(row.number, "from", row.cells[3], findings, required=True)
    last = _date(row.number, "to", row.cells[4], findings)
    if not all(codes) or start is None or findings.bad(row.number):
        return None
    if last and last < start:
        findings.problem(row.number, "to", "it ends before it begins; mend one of the two dates")
        return None
    membership = OrganisationMembership(member=member, of=of, kind="commissioner", start=start)
    return replace(membership, end=_day_after(last)) if last else membership


def _code(row: int, column: str, code: str, findings: Findings) -> bool:
    if ODS_CODE.fullmatch(code):
        return True
    findings.problem(row, column, f"“{code}” is not an ODS code; give its two to ten letters and digits")
    return False


def _date(row: int, column: str, text: str, findings: Findings, *, required: bool = False) -> date | None:
    """The day, None where there is none; what is no day, or is missing though required, is a problem."""
    day = compact_date(present(text))
    if day is None and (required or present(text)):
        findings.problem(row, column, f"“{text}” is not a date; write it as YYYY-MM-DD or YYYYMMDD")
    return day


def _day_after(last: date | None) -> date | None:
    return last + timedelta(days=1) if last and last < date.max else last
