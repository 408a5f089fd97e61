"""Patient data in free text: NHS numbers by their check digit, and dates of birth. Found so that it can be refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

# Ten digits, in the groups of 3, 3 and 4 in which people write them, or together.
_TEN_DIGITS = re.compile(r"(?<!\d)(?:\d[ -]?){9}\d(?!\d)")
_BIRTH = re.compile(
    r"\b(?:d\.?o\.?b\.?|date of birth|born(?: on)?)\b[\s:]*"
    r"(?:\d{1,2}[./ -]\d{1,2}[./ -]\d{2,4}|\d{4}-\d{2}-\d{2}|\d{1,2}(?:st|nd|rd|th)? [a-z]{3,9} \d{2,4})",
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
        Found("NHS number", match.start(), match.end())
        for match in _TEN_DIGITS.finditer(text)
        if is_nhs_number(re.sub(r"\D", "", match.group()))
    ]
    found += [Found("date of birth", match.start(), match.end()) for match in _BIRTH.finditer(text)]
    return tuple(sorted(found, key=lambda each: each.start))


def is_nhs_number(digits: str) -> bool:
    """Whether ten digits carry the modulus 11 check digit of an NHS number (NHS Data Dictionary)."""
    if len(digits) != 10 or not digits.isdecimal() or digits[0] == "0" or len(set(digits)) == 1:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False))
    check = 11 - total % 11
    return check != 10 and check % 11 == int(digits[9])
