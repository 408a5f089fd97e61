"""Why a service was found, and what speaks against it, in words: the same on pages, in the API and in commands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from directory.domain.parting import OLDEST, Ages
from directory.domain.query import Matched
from directory.domain.service import Eligibility

# Field of search → how a person says it. What was, is a sentence; what is, is named as what it was found by.
_WAS: Mapping[str, str] = MappingProxyType(
    {
        "former_name": "Used to be called “{}”",
        "former_core": "Used to be called “{}”",
        "former_owner": "Used to be run by {}",
        "former_phone": "Its old number was {}",
        "former_email": "Its old email address was {}",
        "former_address": "Used to be at {}",
    }
)
_FOUND_BY: Mapping[str, str] = MappingProxyType(
    {
        "name": "its name",
        "core": "its name",
        "need": "a need it meets",
        "owner": "who runs it",
        "phone": "its phone number",
        "email": "an email address, present or former",
        "code": "its code",
        "postcode": "its postcode",
        "area": "an area it covers",
        "address": "its address",
        "text": "what its entry says",
    }
)
# Where no word is shared, an abbreviation or another word for the same thing led there.
_BY_MEANING = frozenset({"name", "core", "need"})


def why(matched: Matched, *, asked: str) -> str:
    """Why something was found, as one sentence without a full stop."""
    if matched.field in _WAS:
        return _WAS[matched.field].format(matched.text)
    if matched.field in _BY_MEANING and not _beginnings(asked) & _beginnings(matched.text):
        return f"Near in meaning to “{asked}”: {matched.text}"
    return f"Found by {_FOUND_BY.get(matched.field, 'what its entry says')}: {matched.text}"


def takes(eligibility: Eligibility, ages: Ages | None) -> tuple[str, str]:
    """Whom a service takes, where the question gives an age: what speaks for it, or else against it, or neither."""
    said = _ages(eligibility)
    if ages is None or not said:
        return "", ""
    youngest, oldest = eligibility.age_min or 0, OLDEST if eligibility.age_max is None else eligibility.age_max
    if ages[0] <= oldest and youngest <= ages[1]:
        return f"Takes people {said}{f': {eligibility.text}' if eligibility.text else ''}", ""
    return "", f"Not for this age: it takes people {said}"


def _ages(eligibility: Eligibility) -> str:
    if eligibility.age_min and eligibility.age_max is not None:
        return f"aged {eligibility.age_min} to {eligibility.age_max}"
    if eligibility.age_min:
        return f"aged {eligibility.age_min} and over"
    return f"aged {eligibility.age_max} and under" if eligibility.age_max is not None else ""


def _beginnings(text: str) -> set[str]:
    """The first letters of each word: sitter and sitting begin alike."""
    return {word[:4] for word in re.findall(r"\w+", text.casefold())}
