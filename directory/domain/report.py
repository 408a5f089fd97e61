"""Reports: what readers say is wrong with an entry, and what may become of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, get_args

ReportKind = Literal["not-us", "number", "criteria", "question", "gap", "other"]
State = Literal["open", "fixed", "not-changed", "answered", "joined"]
Outcome = Literal["fixed", "not-changed", "answered"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

# What a reader can say. A gap is found by search, and reported by editors.
SAID: Mapping[ReportKind, str] = {
    "not-us": "“That’s not us any more”",
    "number": "A wrong number or address",
    "criteria": "Wrong criteria",
    "question": "A question",
    "other": "Something else",
}
IN_WORDS: Mapping[ReportKind, str] = {**SAID, "gap": "Not found by search"}
BECAME: Mapping[State, str] = {
    "open": "Not answered yet",
    "fixed": "Fixed",
    "not-changed": "Not changed",
    "answered": "Answered",
    "joined": "Joined to an earlier report",
}

# Crockford's base 32, without the letters that are read as figures: twelve of them are 60 bits.
REF_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
REF_LENGTH = 12


def ref_in_groups(letters: str) -> str:
    """A reference as people read it out: 7kqm-2xhw-9ptr."""
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def ref_of(typed: str) -> str:
    """A reference as it is kept, from what somebody typed: case, spaces and hyphens, and i, l and o for figures."""
    letters = re.sub(r"[\s-]", "", typed).lower().translate(str.maketrans("ilo", "110"))
    return ref_in_groups(letters) if len(letters) == REF_LENGTH else typed.strip().lower()
