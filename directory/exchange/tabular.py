"""Comma-separated text as numbered rows (RFC 4180, with the liberties that spreadsheets take).

A row's number is that of the line on which it begins, as a text editor counts lines: the first line is 1, and a
line break inside quotation marks counts. A spreadsheet program shows a smaller number after such a row.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, TextIO

from directory.errors import Invalid
from directory.exchange.findings import Findings, not_of_the_format

# Line breaks and tabs may stand inside a cell; no other control character, nor half of a surrogate pair, is ever
# meant, and PostgreSQL refuses NUL.
# As many as a service with all its routes could have; nobody's file has a tenth of it.
MOST_COLUMNS = 1_000
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_AT_ONCE = 1_000_000
_NOTHING = frozenset({"", "null"})


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a file: the line on which it begins, and its cells without white space at their ends."""

    number: int
    cells: tuple[str, ...]

    @property
    def blank(self) -> bool:
        """Whether no cell says anything."""
        return not any(self.cells)


def decode(data: bytes) -> str:
    """The text of a file in UTF-8 (with or without a byte order mark) or, failing that, in Windows-1252.

    Raises `Invalid` where it is neither, or holds NUL, as UTF-16 and most other files do.
    """
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise _not_text()


def _not_text() -> Invalid:
    return not_of_the_format("This is not a text file in UTF-8 or Windows-1252; save it as CSV UTF-8 and import that.")


def head_of(data: bytes) -> str:
    """The text of a file's beginning, which may end within a character; raises `Invalid` as `decode` does."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(data)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise _not_text()


@contextmanager
def decoded(file: BinaryIO) -> Iterator[TextIO]:
    """The same of a file that need not fit into memory; it is read twice, and stays open."""
    for encoding in ("utf-8-sig", "cp1252"):
        decoder = codecs.getincrementaldecoder(encoding)()
        file.seek(0)
        try:
            pieces = iter(lambda: file.read(_AT_ONCE), b"")
            has_nul = any("\x00" in decoder.decode(piece) for piece in pieces)
            decoder.decode(b"", final=not has_nul)
        except UnicodeDecodeError:
            continue
        if has_nul:
            break
        file.seek(0)
        # Without newline="" a line break inside quotation marks would change, and a lone CR would be an error.
        text = io.TextIOWrapper(file, encoding, newline="")
        try:
            yield text
        finally:
            text.detach()
        return
    raise _not_text()


def rows_of(text: str, findings: Findings, *, delimiter: str = ",") -> list[Row]:
    """Every record that is not blank. Quotation marks that do not pair up are a problem of the row where they begin."""
    return list(each_row(io.StringIO(text, newline=""), findings, delimiter=delimiter))


def each_row(text: TextIO, findings: Findings, *, delimiter: str = ",") -> Iterator[Row]:
    """The same, one after the other."""
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            findings.problem(
                start, "", "its quotation marks do not pair up; double each one that is meant, and close the last one"
            )
            continue
        row = Row(start, tuple(clean(cell) for cell in cells))
        if not row.blank:
            yield row


def clean(cell: str) -> str:
    """A cell without control characters, without white space at its ends, and with line breaks as LF."""
    return _CONTROL.sub("", cell.replace("\r\n", "\n").replace("\r", "\n")).strip()


def present(cell: str) -> str:
    """A cell's value, or "" where it only says that there is none."""
    return "" if cell.casefold() in _NOTHING else cell


def header_of(text: str, *, delimiter: str = ",") -> tuple[str, ...]:
    """The cells of the first record; none where it cannot be read. Reads no further."""
    rows = rows_of(text.split("\n", 1)[0], Findings(), delimiter=delimiter)
    return rows[0].cells if rows else ()


def records(rows: Iterable[Row], header: Sequence[str], findings: Findings) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row as number and column → value; a row with another number of cells than the header is a problem."""
    for row in rows:
        if len(row.cells) == len(header):
            yield row.number, dict(zip(header, map(present, row.cells), strict=True))
            continue
        found, due = len(row.cells), len(header)
        advice = (
            "put quotation marks round a value that contains a comma"
            if found > due
            else "add the cells that are missing"
        )
        findings.problem(row.number, "", f"it has {found} cells where the header has {due}; {advice}")


def even(rows: Sequence[Row], width: int, findings: Findings) -> Iterator[Row]:
    """The rows of a file without a header that are as wide as most, and at least `width`; others are problems."""
    if not rows:
        return
    due = max(width, Counter(len(row.cells) for row in rows).most_common(1)[0][0])
    for row in rows:
        if len(row.cells) == due:
            yield row
        else:
            findings.problem(
                row.number,
                "",
                f"it has {len(row.cells)} cells where the others have {due}; mend its commas and quotation marks",
            )


def number(text: str) -> float | None:
    """A decimal number in digits (`-0.41`, `-5.6E-2`), or None: no infinity, no "nan", no thousands separators."""
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", text, re.ASCII):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def compact_date(text: str) -> date | None:
    """A day written as YYYYMMDD or YYYY-MM-DD, or None where it is no day of the calendar."""
    if not re.fullmatch(r"\d{8}|\d{4}-\d{2}-\d{2}", text, re.ASCII):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
