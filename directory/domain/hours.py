"""Opening hours in plain words, from OpenStreetMap's opening_hours syntax (the part of it that directories use)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import time

_DAYS = {
    "Mo": "Monday", "Tu": "Tuesday", "We": "Wednesday", "Th": "Thursday", "Fr": "Friday", "Sa": "Saturday",
    "Su": "Sunday",
}  # fmt: skip
_PLACES = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth", "-1": "last"}
_RULE = re.compile(
    r"(?P<days>(?:Mo|Tu|We|Th|Fr|Sa|Su|PH)[A-Za-z0-9,\[\]\- ]*?)?\s*(?P<times>off|closed|24/7|\d[\d:,\- ]*)"
)
_DAY = re.compile(r"(?P<first>Mo|Tu|We|Th|Fr|Sa|Su|PH)(?:-(?P<last>Mo|Tu|We|Th|Fr|Sa|Su)|\[(?P<place>-?\d)\])?")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_ALWAYS = "24 hours a day, 7 days a week"


def hours_in_words(text: str) -> str:
    """The hours as a person says them; the text as it is wherever any part of it is not understood.

    >>> hours_in_words("Mo-Fr 09:00-17:00; PH off")
    'Monday to Friday, 9am to 5pm. Closed on bank holidays'
    """
    said = [_rule(part.strip()) for part in _parts(text)]
    if not said or None in said:
        return text.strip()
    return ". ".join(sentence for sentence in said if sentence)


def time_in_words(at: time) -> str:
    """A time as the NHS content guide writes it: 9am, 5:30pm, midday, midnight."""
    return _time(f"{at.hour}", f"{at.minute:02d}") or ""


def _parts(text: str) -> Iterator[str]:
    """The rules; a semicolon inside a comment in quotation marks does not part them."""
    return (part for part in re.findall(r'(?:"[^"]*"|[^;"])+', text) if part.strip())


def _rule(rule: str) -> str | None:
    if len(rule) > 2 and rule[0] == rule[-1] == '"':
        return rule[1:-1].strip()
    found = _RULE.fullmatch(rule)
    if found is None:
        return None
    days, times = _days(found["days"] or ""), found["times"].strip()
    if days is None:
        return None
    if times in ("off", "closed"):
        return f"Closed on {_listed([_plural(day) for day in days])}" if days else "Closed"
    if times == "24/7" or (times == "00:00-24:00" and days in ([], ["every day"])):
        return _ALWAYS if days in ([], ["every day"]) else None
    spans = _spans(times)
    if spans is None:
        return None
    when = _listed(days) or "every day"
    return f"{when[0].upper()}{when[1:]}, {spans}"


def _days(text: str) -> list[str] | None:
    """Days and runs of days in words; an empty list where none is named."""
    words: list[str] = []
    for part in filter(None, re.split(r"[,\s]+", text.strip())):
        found = _DAY.fullmatch(part)
        if found is None:
            return None
        first, last, place = found["first"], found["last"], found["place"]
        if first == "PH":
            if last or place:
                return None
            words.append("bank holidays")
        elif place:
            if place not in _PLACES:
                return None
            words.append(f"the {_PLACES[place]} {_DAYS[first]} of the month")
        elif last:
            words.append("every day" if (first, last) == ("Mo", "Su") else f"{_DAYS[first]} to {_DAYS[last]}")
        else:
            words.append(_DAYS[first])
    return words


def _plural(day: str) -> str:
    return f"{day}s" if day in _DAYS.values() else day


def _spans(text: str) -> str | None:
    said = []
    for part in re.split(r"\s*,\s*", text):
        found = _SPAN.fullmatch(part.strip())
        if found is None:
            return None
        opens, closes = _time(found[1], found[2]), _time(found[3], found[4])
        if opens is None or closes is None:
            return None
        whole = part.strip() in ("00:00-24:00", "0:00-24:00")
        said.append("24 hours" if whole else f"{opens} to {closes}")
    return _listed(said)


def _time(hour: str, minute: str) -> str | None:
    """A time as the NHS content guide writes it: 9am, 5:30pm, midday, midnight."""
    hours, minutes = int(hour), int(minute)
    if hours > 24 or minutes > 59 or (hours == 24 and minutes):
        return None
    if minutes == 0 and hours in (0, 24):
        return "midnight"
    if minutes == 0 and hours == 12:
        return "midday"
    shown = f"{hours % 12 or 12}" + (f":{minute}" if minutes else "")
    return f"{shown}{'am' if hours < 12 else 'pm'}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else " and ".join((", ".join(words[:-1]), words[-1])) if words else ""
