"""Phone numbers, addresses of mail and of the web: what may be kept as a contact.

Values are kept as they were written: people recognise a number by its spaces. Only what cannot be one is refused.
"""

from __future__ import annotations

import re

import phonenumbers

_EMAIL = re.compile(r"[^@\s<>()\[\],;:\"\\]+@[^@\s<>()\[\],;:\"\\.]+(\.[^@\s<>()\[\],;:\"\\.]+)+")
_WEBSITE = re.compile(r"(https?://)?[^\s/@:<>\"'.]+(\.[^\s/@:<>\"'.]+)+(:\d+)?([/?#][^\s<>\"]*)?", re.IGNORECASE)
_BROKEN_SCHEME = re.compile(r"(https?)\s*:/{0,2}(?=[^/\s])", re.IGNORECASE)
# 2.079E+10 and 2079460000.0 are what a spreadsheet makes of 020 7946 0000.
_AS_NUMBER = re.compile(r"\d+(\.\d+)?[eE]\+?\d+|\d{6,}\.0+")


def is_email(value: str) -> bool:
    """Whether it has the form of one mail address (RFC 5322's everyday part: name@host.domain)."""
    return len(value) <= 254 and _EMAIL.fullmatch(value) is not None


def is_website(value: str) -> bool:
    """Whether it is an address of the web, with or without `http://`; any other scheme (`javascript:`) is not."""
    return _WEBSITE.fullmatch(value) is not None


def mended_website(value: str) -> str | None:
    """An address of the web with the slashes that were left out put back (`http:www.…`), or None where it is none."""
    mended = _BROKEN_SCHEME.sub(r"\1://", value.strip(), count=1)
    return mended if is_website(mended) else None


def is_phone(value: str) -> bool:
    """Whether it can be dialled: it has two digits or more (999, 0151-473-0303, 01946 693181 ext. 2013)."""
    return sum(character.isdigit() for character in value) >= 2


def lost_zero(value: str) -> bool:
    """Whether a spreadsheet took away the leading 0 of a United Kingdom number, or wrote it as a quantity.

    Ten digits that do not begin with 0 or + have always lost it; nine, where a 0 before them makes a valid number
    (libphonenumber).
    """
    digits = re.sub(r"[\s().-]", "", value)
    if _AS_NUMBER.fullmatch(value.replace(" ", "")):
        return True
    if re.fullmatch(r"[1-9]\d{9}", digits, re.ASCII):
        return True
    if not re.fullmatch(r"[1-9]\d{8}", digits, re.ASCII):
        return False
    return phonenumbers.is_valid_number(phonenumbers.parse(f"0{digits}", "GB"))
