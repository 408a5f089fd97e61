"""What a cell of a services spreadsheet may not say plainly, and how it says it all the same.

- A spreadsheet program runs a cell that begins with `=`, `+`, `-`, `@`, a tab or a line end, or with the wide forms of
  those signs. Such a text is written with an apostrophe before it. So is one that says only "null", which readers of
  comma-separated files take for nothing, one that is like what such a program leaves where it lost a value (`#N/A`,
  `1.2E+11`), and one that would be mistaken for any of these once written: a reader takes one apostrophe away from
  `'=1`, and from `''=1`, and none from `'tis`.
- `;` separates the items of a list; one inside an item is written `\\;`. A backslash means itself, but where it stands
  before a `;`: there it is doubled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from directory.exchange.tabular import clean

# What spreadsheet programs save of a formula that failed, of a column that was too narrow, and of a long number.
_ERROR = r"#(?:NAME\?|REF!|N/A|VALUE!|DIV/0!|NUM!|NULL!|SPILL!|CALC!)$|#{3,}$"
_QUANTITY = r"\d+(?:[.,]\d+)?E\+\d+$"
_RISKY = rf"[=+\-@\t\r\n＝＋－＠]|null$|{_ERROR}|{_QUANTITY}"
_TO_GUARD = re.compile(rf"'*(?:{_RISKY})", re.IGNORECASE)
_GUARDED = re.compile(rf"'+(?:{_RISKY})", re.IGNORECASE)
_LOST = re.compile(_ERROR, re.IGNORECASE)
_ROUNDED = re.compile(_QUANTITY, re.IGNORECASE)
_SEPARATOR_OR_ESCAPE = re.compile(r"(\\*);")
_BACKSLASHES_AT_END = re.compile(r"\\+$")


def guarded(text: str) -> str:
    """A text as a cell that no spreadsheet program runs; `unguarded` gives it back, without control characters."""
    text = clean(text)
    return f"'{text}" if _TO_GUARD.match(text) else text


def unguarded(cell: str) -> str:
    """The text that a cell stands for."""
    return cell[1:] if _GUARDED.match(cell) else cell


def is_lost(cell: str) -> bool:
    """Whether a spreadsheet program saved an error, or a row of #, in place of the value."""
    return cell.startswith("#") and _LOST.match(cell) is not None


def is_rounded(cell: str) -> bool:
    """Whether a spreadsheet program saved a number of many digits by its first few (`1.2E+11`)."""
    return _ROUNDED.match(cell) is not None


def joined(items: Iterable[str]) -> str:
    """Items as a list in one cell, each once and without white space at its ends; `parts` gives them back."""
    kept = list(dict.fromkeys(filter(None, map(clean, items))))
    escaped = [_SEPARATOR_OR_ESCAPE.sub(lambda found: found[1] * 2 + "\\;", item) for item in kept]
    # The separator follows every item but the last: only there would a backslash at the end be taken for an escape.
    return "; ".join(
        [*(_BACKSLASHES_AT_END.sub(lambda found: found[0] * 2, item) for item in escaped[:-1]), *escaped[-1:]]
    )


def parts(cell: str) -> tuple[str, ...]:
    """The items of a list, each once, in their order; empty ones are left out."""
    items, present, end = [], "", 0
    for found in _SEPARATOR_OR_ESCAPE.finditer(cell):
        present += cell[end : found.start()] + "\\" * (len(found[1]) // 2)
        end = found.end()
        if len(found[1]) % 2:
            present += ";"
        else:
            items.append(present)
            present = ""
    items.append(present + cell[end:])
    return tuple(dict.fromkeys(item.strip() for item in items if item.strip()))
