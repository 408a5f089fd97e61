"""Patient data in free text: NHS numbers by their check digit, and dates of birth. Found so that it can be refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

# Ten digits with at most two of these between any two of them: people write groups of 3, 3 and 4, or what they like.
# Looked for from every digit on: what stands before a number must not take its first digits away.
_TEN_DIGITS = re.compile(r"(?<!\d)(?=((?:\d[\s.\-\u2010-\u2015/]{0,2}){9}\d)(?!\d))")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DATE = (
    r"(?:\d{1,2}\s*[./ -]\s*\d{1,2}\s*[./ -]\s*\d{2,4}|\d{4}\s*[./-]\s*\d{1,2}\s*[./-]\s*\d{1,2}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?[\s-]+(?:of\s+)?{_MONTH},?[\s-]+\d{{2,4}}"
    rf"|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{2,4}})"
)
_BIRTH = re.compile(
    rf"\b(?:d\.?\s?o\.?\s?b\.?|date[\s-]+of[\s-]+birth|birth\s?da(?:te|y)|born(?:\s+on)?)(?:\s+(?:is|was))?[\s:=.-]*{_DATE}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Found:
    """A stretch of text that looks like patient data."""

    kind: Literal["NHS number", "date of birth"]
    start: int
    end: int


def screen(text: str) -> tuple[Found, ...]:
    """Every stretch that looks like patient data, in the order of the text.

    A telephone number of ten digits is no NHS number unless its check digit happens to fit; one that begins with 0 is
    never taken for one, because NHS numbers do not.
    """
    found = [
        Found("NHS number", match.start(1), match.end(1))
        for match in _TEN_DIGITS.finditer(text)
        if is_nhs_number(re.sub(r"\D", "", match[1]))
    ]
    found += [Found("date of birth", match.start(), match.end()) for match in _BIRTH.finditer(text)]
    return tuple(sorted(found, key=lambda each: each.start))


def marked(text: str) -> tuple[tuple[str, bool], ...]:
    """A text in pieces, those that look like patient data marked; empty where none do."""
    pieces, end = [], 0
    for found in screen(text):
        if found.end > end:
            pieces += [(text[end : max(found.start, end)], False), (text[max(found.start, end) : found.end], True)]
            end = found.end
    return tuple(piece for piece in (*pieces, (text[end:], False)) if piece[0]) if pieces else ()


def is_nhs_number(digits: str) -> bool:
    """Whether ten digits carry the modulus 11 check digit of an NHS number (NHS Data Dictionary)."""
    if len(digits) != 10 or not digits.isdecimal() or digits[0] == "0" or len(set(digits)) == 1:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False))
    check = 11 - total % 11
    return check != 10 and check % 11 == int(digits[9])
