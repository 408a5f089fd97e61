"""Services as a spreadsheet (`services-csv`): one row a service, as CSV or XLSX, with the columns of `interface.md`.

A column that is there sets its field, and an empty cell in it empties the field; a column that is not there leaves
the field alone. Fields of several columns (contacts, the location, eligibility, referral routes) are set as a whole as
soon as one of their columns is there. Lists are separated by `;`. An area may carry its code, `Northmoor (E09000099)`,
and `registered: Northmoor` says that it is for those registered with a GP there. Besides the columns of `interface.md`,
a route may have `referral_hours` and `referral_what_to_send`. A cell that begins with `=`, `+`, `-` or `@` is text; so
is one with an apostrophe before that sign, which is taken away (`exchange/cells.py`).
"""

from __future__ import annotations

import difflib
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from directory.domain.source import Reading, SourceService
from directory.domain.spool import spooled
from directory.errors import Invalid, Problem
from directory.exchange import spreadsheet
from directory.exchange.cells import is_lost, is_rounded
from directory.exchange.findings import Findings, not_of_the_format
from directory.exchange.services_row import service_of
from directory.exchange.tabular import MOST_COLUMNS, Row, decoded, each_row, header_of, records

FORMAT = "services-csv"
REQUIRED = ("name", "owner_organisation")
COLUMNS = (
    "id", "slug", "name", "former_names", "status", "setting", "summary", "description", "eligibility", "needs",
    "areas", "owner_organisation", "owner_ods_code", "owner_team", "referral_method", "referral_address",
    "referral_who", "referral_urgency", "referral_hours", "referral_what_to_send", "referral_notes", "phone", "email",
    "website", "address", "postcode", "latitude", "longitude", "opening_hours", "age_min", "age_max", "checked_at",
    "effective_from",
)  # fmt: skip
_FURTHER_ROUTE = re.compile(r"referral_([2-9]|[1-9]\d)_(method|address|who|urgency|hours|what_to_send|notes)")


def looks_like(text: str) -> bool:
    """Whether the first line has `name` and another of the columns: enough to tell what is wrong with the rest."""
    header = {_folded(cell) for cell in header_of(text)}
    return "name" in header and len(header & set(COLUMNS)) > 1


def read(data: bytes) -> Reading:
    """The services of a CSV or XLSX file, found again by `id`, else by `slug`, else by name.

    Raises `Invalid` where a column is unknown, repeated, without a name or missing. Everything wrong in a row is a
    problem; two rows that would be the same service are problems both.
    """
    return read_file(io.BytesIO(data))


def read_file(file: BinaryIO) -> Reading:
    """The same of a file, row by row: it need not fit into memory, and neither need its services."""
    findings = Findings()
    if file.read(len(spreadsheet.SIGNATURE)) == spreadsheet.SIGNATURE:
        return _read(spreadsheet.rows_of(file, findings), findings)
    with decoded(file) as text:
        return _read(each_row(text, findings), findings)


def _read(rows: Iterator[Row], findings: Findings) -> Reading:
    first = next(rows, None)
    if first is None:
        raise not_of_the_format(
            "This file has no rows; its first must name the columns, such as name and owner_organisation."
        )
    services = spooled(_services(rows, _header(first), findings))
    _name_repeated(services, findings)
    return Reading(format=FORMAT, services=services, problems=findings.problems, notices=findings.notices)


def _services(rows: Iterable[Row], header: tuple[str, ...], findings: Findings) -> Iterator[SourceService]:
    width = len(header)
    for every in rows:
        # Spreadsheets leave empty cells at the right.
        row = every if any(every.cells[width:]) else Row(every.number, every.cells[:width])
        found = [service_of(number, cells, findings) for number, cells in records([row], header, findings)]
        _name_lost(row, header, findings)
        if not findings.bad(row.number):
            yield from filter(None, found)


def _folded(cell: str) -> str:
    return "_".join(cell.casefold().split())


def _header(row: Row) -> tuple[str, ...]:
    """The columns."""
    header = [_folded(cell) for cell in row.cells]
    while header and not header[-1]:
        header.pop()
    if len(header) > MOST_COLUMNS:
        # To name each of 100,000 would take seconds, and an answer of megabytes.
        raise not_of_the_format(f"This file has more than {MOST_COLUMNS:,} columns; keep those that are of services.")
    if problems := _header_problems(header):
        raise Invalid(problems)
    return tuple(header)


def _header_problems(header: Sequence[str]) -> list[Problem]:
    problems = []
    for index, column in enumerate(header, start=1):
        if not column:
            problems.append(Problem(f"column {index}", "it has no name; name it or delete it"))
        elif column not in COLUMNS and not _FURTHER_ROUTE.fullmatch(column):
            near = difflib.get_close_matches(column, COLUMNS, n=1, cutoff=0.5)
            advice = f"did you mean {near[0]}?" if near else f"the columns are {', '.join(COLUMNS)}"
            problems.append(Problem(column, f"there is no such column; {advice}"))
    problems.extend(
        Problem(column, "the column is there more than once; keep one")
        for column, times in Counter(header).items()
        if times > 1 and column
    )
    problems.extend(
        Problem(column, "the column is missing; every service needs it") for column in REQUIRED if column not in header
    )
    return problems


def _name_lost(row: Row, header: Sequence[str], findings: Findings) -> None:
    """What the program that saved the sheet did not keep, and the directory would say as if somebody had said it."""
    named = findings.columns(row.number)
    for column, cell in zip(header, row.cells, strict=False):
        if column in named:
            continue
        if is_lost(cell):
            findings.problem(row.number, column, f"it holds {cell}; put the value in its place, or nothing")
        elif column == "id" and is_rounded(cell):
            reason = f"“{cell}” has lost digits; format the column as text and write it in full"
            findings.problem(row.number, column, reason)


def _name_repeated(services: Sequence[SourceService], findings: Findings) -> None:
    rows: dict[str, list[int]] = {}
    for service in services:
        if service.identifier is not None:
            rows.setdefault(service.identifier.value, []).append(service.row)
    for value, numbers in rows.items():
        if len(numbers) > 1:
            listed = " and ".join(map(str, numbers))
            for row in numbers:
                findings.problem(row, "id", f"{value} is repeated, on rows {listed}; give each its own id, or keep one")
