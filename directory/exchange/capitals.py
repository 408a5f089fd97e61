"""Names and addresses that a register prints in capitals, made readable: "Barts Health NHS Trust".

Only a text that is wholly in capitals is touched, so that what somebody wrote with care stays as it is.
"""

from __future__ import annotations

import re

_SMALL = {
    "an", "and", "as", "at", "by", "cum", "de", "for", "from", "in", "la", "le", "of", "on", "or", "sub", "super",
    "sur", "the", "to", "under", "upon", "with", "y", "yr",
}  # fmt: skip
_ACRONYMS = {
    "NHS", "CIC", "LLP", "UK", "GP", "GPS", "ICB", "ICS", "CCG", "PCT", "BMI", "BPAS", "HM", "HQ", "PO", "MRI", "CT",
    "ENT", "RAF", "MOD", "HIV", "A&E", "IT", "II", "III", "IV", "VI",
}  # fmt: skip
_SPELT = {"LTD": "Ltd", "PLC": "plc", "C/O": "c/o", "ST": "St", "DR": "Dr", "MR": "Mr", "MRS": "Mrs"}
_WORD = re.compile(r"[^\s]+")
_PIECE = re.compile(r"[^\W_]+(?:['’][^\W_]+)*['’]?(?:[&/][^\W_]+)?")


def readable(text: str) -> str:
    """A name or a line of an address in ordinary capitals; unchanged where it already has a small letter.

    Joining words stay small but at the start (`The Christie`, `Newcastle upon Tyne`, `Stoke-on-Trent`); abbreviations
    (NHS, CIC, HQ) and codes (`Unit B2`) stay large; `O'Neill`, `McDonald`, `Children's`, `2gether` and `7th` are known.
    """
    if text != text.upper() or not any(character.isalpha() for character in text):
        return text
    return _WORD.sub(lambda found: _word(found.group(), first=_begins(text[: found.start()], found.group())), text)


def _begins(before: str, word: str) -> bool:
    """Whether a name begins here: at the start, after a comma or bracket, or ("the") after a house number."""
    words = before.split()
    if not words or words[-1].endswith(",") or word.startswith("("):
        return True
    return word == "THE" and words[-1].isdigit()


def _word(word: str, *, first: bool) -> str:
    pieces = list(_PIECE.finditer(word))
    shown, end = "", 0
    for index, piece in enumerate(pieces):
        within = word[end : piece.start()]
        joined = index > 0 and within == "-"
        shown += within + _piece(
            piece.group(), first=first and index == 0, joined=joined or (not first and len(pieces) == 1)
        )
        end = piece.end()
    return shown + word[end:]


def _piece(piece: str, *, first: bool, joined: bool) -> str:
    """One unbroken piece of a word; `joined` where it may be a joining word (`on` in `Stoke-on-Trent`)."""
    if piece in _ACRONYMS:
        return piece
    if piece in _SPELT:
        return _SPELT[piece]
    if joined and not first and piece.lower() in _SMALL:
        return piece.lower()
    if any(character.isdigit() for character in piece):
        return _with_digits(piece)
    parts = re.split(r"(['’&/])", piece)
    return "".join(_capital(part, index, parts) for index, part in enumerate(parts))


def _with_digits(piece: str) -> str:
    if re.fullmatch(r"\d+(ST|ND|RD|TH)", piece) or re.fullmatch(r"\d+[A-Z]{4,}", piece):
        return piece.lower()
    return piece


def _capital(part: str, index: int, parts: list[str]) -> str:
    """Capital first, but not for the `s` of a possessive; and within, where a name has one (`McDonald`)."""
    if index >= 2 and parts[index - 1] in "'’" and len(parts[index - 2]) > 1:
        return part.lower()
    if re.fullmatch(r"MC[B-DF-HJ-NP-TV-Z][A-Z]{2,}|MC[AEIOU][A-Z]{3,}", part):
        return f"Mc{part[2:].capitalize()}"
    return part.capitalize()
