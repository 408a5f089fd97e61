"""Opening hours as FHIR's `availableTime`, wherever that can say all of them; else in words, never half of them."""

from __future__ import annotations

import re

from directory.domain.hours import hours_in_words
from directory.exchange.fhir_codes import Json, said

_DAYS = {"Mo": "mon", "Tu": "tue", "We": "wed", "Th": "thu", "Fr": "fri", "Sa": "sat", "Su": "sun"}
_WEEK = tuple(_DAYS)
_DAY = "(?:Mo|Tu|We|Th|Fr|Sa|Su)"
_ITEM = rf"{_DAY}(?:-{_DAY})?"
_SPAN = r"\d{1,2}:\d{2}-\d{1,2}:\d{2}"
_RULE = re.compile(
    rf"(?P<days>{_ITEM}(?:\s*,\s*{_ITEM})*)?\s*(?P<times>24/7|{_SPAN}(?:\s*,\s*{_SPAN})*)"
    r"|(?P<holidays>PH (?:off|closed))"
)


def availability(hours: str) -> Json:
    """`availableTime` and `notAvailable`, or `availabilityExceptions` with the hours in words."""
    if not said(hours):
        return {}
    found = _read([part.strip() for part in hours.split(";") if part.strip()])
    return found or {"availabilityExceptions": said(hours_in_words(hours))}


def _read(rules: list[str]) -> Json | None:
    times: list[Json] = []
    taken: set[str] = set()
    closed: list[Json] = []
    for text in rules:
        rule = _RULE.fullmatch(text)
        if rule is None:
            return None
        if rule["holidays"]:
            closed = [{"description": "Closed on bank holidays"}]
            continue
        days = _days(rule["days"] or "Mo-Su")
        spans = [_span(each) for each in re.split(r"\s*,\s*", rule["times"])]
        # A second rule for a day takes the place of the first in one reading, and is added in another.
        if taken & set(days) or None in spans:
            return None
        taken |= set(days)
        times += [{"daysOfWeek": [_DAYS[day] for day in days], **span} for span in spans if span]
    return {"availableTime": times, **({"notAvailable": closed} if closed else {})} if times else None


def _days(text: str) -> list[str]:
    found: list[str] = []
    for item in re.findall(_ITEM, text):
        first, _, last = item.partition("-")
        start, length = _WEEK.index(first), (_WEEK.index(last or first) - _WEEK.index(first)) % 7
        found += [_WEEK[(start + ahead) % 7] for ahead in range(length + 1)]
    return sorted(set(found), key=_WEEK.index)


def _span(text: str) -> Json | None:
    """From when to when on one day; None where it ends after midnight, which `availableTime` cannot say."""
    if text == "24/7":
        return {"allDay": True}
    opens, closes = ((int(at[:-3]), int(at[-2:])) for at in text.split("-"))
    if (opens, closes) == ((0, 0), (24, 0)):
        return {"allDay": True}
    if not opens < closes or closes[0] > 23 or max(opens[1], closes[1]) > 59:
        return None
    return {"availableStartTime": _time(opens), "availableEndTime": _time(closes)}


def _time(at: tuple[int, int]) -> str:
    return f"{at[0]:02d}:{at[1]:02d}:00"
