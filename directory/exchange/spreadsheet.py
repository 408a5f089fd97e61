"""The first sheet of an XLSX workbook (ECMA-376) as rows of text, as if it had been saved as CSV.

Nothing in a workbook is run: a formula is named as a problem, since its last value may be stale or never computed.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, BinaryIO

from directory.errors import Invalid
from directory.exchange.findings import Findings, not_of_the_format
from directory.exchange.tabular import MOST_COLUMNS, Row, clean

SIGNATURE = b"PK\x03\x04"
# Text packs to a hundredth: a file small enough to send can be large enough to take all memory.
_LARGEST = 200_000_000
# A workbook of a hundred sheets has some three hundred parts; a packed file can hold millions that are empty.
_MOST_PARTS = 2_000
# One more than is taken, so that a file with more is refused and not cut.
_MOST_COLUMNS = MOST_COLUMNS + 1
_MOST_ROWS = 200_000
_LAST_ROW = 1_048_576  # of Excel; a forged number beyond it would be counted up to, row by row


def rows_of(file: BinaryIO, findings: Findings) -> Iterator[Row]:
    """The rows of the first sheet, numbered as the spreadsheet does, without blank ones; dates as YYYY-MM-DD.

    A cell with a formula or an error (`#N/A`) is a problem of its row, and the cell counts as empty. Raises `Invalid`
    where the file is no workbook, has more than 2,000 parts, or is unpacked larger than 200 MB.
    """
    # A server that nobody sends a workbook does without its 180 modules.
    import openpyxl

    try:
        with zipfile.ZipFile(file) as packed:
            parts = packed.infolist()
            if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _LARGEST:
                raise not_of_the_format("This workbook is too large; save its first sheet as CSV and import that.")
        with warnings.catch_warnings():
            # Openpyxl warns of every feature that it does not keep (validation, themes); none matters for reading.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(file, read_only=True)
            rows = list(_rows(book, findings))
            book.close()
    except Invalid:
        raise
    except Exception as error:
        # A damaged workbook surfaces as whatever the archive, the XML or openpyxl stumbles over first.
        raise not_of_the_format(
            "This workbook cannot be opened; save it again as XLSX without a password, or as CSV."
        ) from error
    return iter(rows)


def _rows(book: Any, findings: Findings) -> Iterator[Row]:
    if not book.worksheets:
        return
    sheet = book.worksheets[0]
    # The size that a workbook states of itself is often wrong, and cuts off rows.
    sheet.reset_dimensions()
    header: tuple[str, ...] = ()
    for number, every in enumerate(sheet.iter_rows(max_row=_LAST_ROW), start=1):
        cells = every[:_MOST_COLUMNS]
        if all(cell.value is None for cell in cells):
            continue
        if number > _MOST_ROWS:
            raise not_of_the_format(f"This workbook has more than {_MOST_ROWS:,} rows; save it as CSV and import that.")
        columns = header + ("",) * (len(cells) - len(header))
        shown = [_text(cell, number, column, findings) for cell, column in zip(cells, columns, strict=False)]
        while shown and not shown[-1]:
            shown.pop()
        if len(shown) > MOST_COLUMNS:
            # Before the rest is read: of a small file that is wide, that takes most of a minute.
            raise not_of_the_format(f"This workbook has more than {MOST_COLUMNS:,} columns; keep those of services.")
        row = Row(number, (*shown, *("",) * (len(header) - len(shown))))
        header = header or row.cells
        yield row


def _text(cell: Any, row: int, column: str, findings: Findings) -> str:
    value = cell.value
    if value is None:
        return ""
    # "s" is text that begins with =, which is data; "f" is a formula.
    if cell.data_type == "f":
        findings.problem(row, column, "it holds a formula; paste its value instead")
        return ""
    if cell.data_type == "e":
        findings.problem(row, column, f"it holds the error {value}; put a value in its place, or nothing")
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return clean(str(value))
