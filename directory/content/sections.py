"""The reasons of a change as the body of its file: three texts, each under its heading."""

from __future__ import annotations

import re
from collections.abc import Mapping

from directory.errors import Invalid, Problem

HEADINGS = {"why": "Why", "what_to_do": "What to do", "in_flight": "Referrals already made"}
_KEYS = {heading.casefold(): key for key, heading in HEADINGS.items()}
# Known in any case; every other heading belongs to the text in which it stands.
_HEADING = r"## +({})(?: +#+)? *$".format("|".join(HEADINGS.values()))
_MARK = re.compile(f"^{_HEADING}", re.MULTILINE | re.IGNORECASE)
_LIKE_A_MARK = re.compile(rf"^(?=\\*{_HEADING})", re.MULTILINE | re.IGNORECASE)
_ESCAPED = re.compile(rf"^\\(?=\\*{_HEADING})", re.MULTILINE | re.IGNORECASE)


def write_sections(texts: Mapping[str, str]) -> str:
    """The body that says `texts` (by the keys of `HEADINGS`); one that is empty is left out.

    A line of a text that reads as one of the headings gets a backslash, as Markdown has it, so that it comes back.
    """
    said = {HEADINGS[key]: texts[key].strip() for key in HEADINGS if texts[key].strip()}
    return "\n\n".join(f"## {heading}\n\n{_LIKE_A_MARK.sub(lambda _: chr(92), text)}" for heading, text in said.items())


def read_sections(body: str, *, where: str = "") -> dict[str, str]:
    """The texts by the keys of `HEADINGS`; raises `Invalid` where some of the body is under none of them."""
    before, *rest = _MARK.split(body)
    if before.strip():
        known = ", ".join(f"## {heading}" for heading in HEADINGS.values())
        raise Invalid([Problem(where, f"there is text before the first heading; put it under one of {known}")])
    texts: dict[str, str] = {}
    for heading, text in zip(rest[::2], rest[1::2], strict=True):
        key = _KEYS[heading.casefold()]
        if key in texts:
            raise Invalid([Problem(where, f"the heading ## {HEADINGS[key]} is there twice")])
        texts[key] = _ESCAPED.sub("", text.strip())
    return texts
