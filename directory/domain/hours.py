"""Opening hours in plain words, from OpenStreetMap's opening_hours syntax (the part of it that directories use).

Each phrase goes through `say`: who shows hours in another language gives what looks phrases up there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import time

_DAYS = {
    "Mo": "Monday", "Tu": "Tuesday", "We": "Wednesday", "Th": "Thursday", "Fr": "Friday", "Sa": "Saturday",
    "Su": "Sunday",
}  # fmt: skip
_PLACES = {
    "1": "the first {day} of the month", "2": "the second {day} of the month", "3": "the third {day} of the month",
    "4": "the fourth {day} of the month", "5": "the fifth {day} of the month", "-1": "the last {day} of the month",
}  # fmt: skip
# An English phrase, with its names in braces, in the language that is wanted.
Say = Callable[[str], str]
_RULE = re.compile(
    r"(?P<days>(?:Mo|Tu|We|Th|Fr|Sa|Su|PH)[A-Za-z0-9,\[\]\- ]*?)?\s*(?P<times>off|closed|24/7|\d[\d:,\- ]*)"
)
_DAY = re.compile(r"(?P<first>Mo|Tu|We|Th|Fr|Sa|Su|PH)(?:-(?P<last>Mo|Tu|We|Th|Fr|Sa|Su)|\[(?P<place>-?\d)\])?")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_ALWAYS = "24 hours a day, 7 days a week"


def as_it_is(phrase: str) -> str:
    """English: what phrases are written in."""
    return phrase


def hours_in_words(text: str, say: Say = as_it_is) -> str:
    """The hours as a person says them; the text as it is wherever any part of it is not understood.

    >>> hours_in_words("Mo-Fr 09:00-17:00; PH off")
    'Monday to Friday, 9am to 5pm. Closed on bank holidays'
    """
    said = [_rule(part.strip(), say) for part in _parts(text)]
    if not said or None in said:
        return text.strip()
    return ". ".join(sentence for sentence in said if sentence)


def time_in_words(at: time, say: Say = as_it_is) -> str:
    """A time as the NHS content guide writes it: 9am, 5:30pm, midday, midnight."""
    return _time(f"{at.hour}", f"{at.minute:02d}", say) or ""


def _parts(text: str) -> Iterator[str]:
    """The rules; a semicolon inside a comment in quotation marks does not part them."""
    return (part for part in re.findall(r'(?:"[^"]*"|[^;"])+', text) if part.strip())


def _rule(rule: str, say: Say) -> str | None:
    if len(rule) > 2 and rule[0] == rule[-1] == '"':
        return rule[1:-1].strip()
    found = _RULE.fullmatch(rule)
    if found is None:
        return None
    times = found["times"].strip()
    closed = times in ("off", "closed")
    days = _days(found["days"] or "", say, each=closed)
    if days is None:
        return None
    if closed:
        return say("Closed on {days}").format(days=_listed(days, say)) if days else say("Closed")
    if times == "24/7" or (times == "00:00-24:00" and days in ([], [say("every day")])):
        return say(_ALWAYS) if days in ([], [say("every day")]) else None
    spans = _spans(times, say)
    if spans is None:
        return None
    when = _listed(days, say) or say("every day")
    return f"{when[0].upper()}{when[1:]}, {spans}"


def _days(text: str, say: Say, *, each: bool) -> list[str] | None:
    """Days and runs of days in words (with `each`, a day as in “on Mondays”); an empty list where none is named."""
    words: list[str] = []
    for part in filter(None, re.split(r"[,\s]+", text.strip())):
        found = _DAY.fullmatch(part)
        if found is None:
            return None
        first, last, place = found["first"], found["last"], found["place"]
        if first == "PH":
            if last or place:
                return None
            words.append(say("bank holidays"))
        elif place:
            if place not in _PLACES:
                return None
            words.append(say(_PLACES[place]).format(day=say(_DAYS[first])))
        elif last:
            run = say("{first} to {last}").format(first=say(_DAYS[first]), last=say(_DAYS[last]))
            words.append(say("every day") if (first, last) == ("Mo", "Su") else run)
        else:
            words.append(say(f"{_DAYS[first]}s" if each else _DAYS[first]))
    return words


def _spans(text: str, say: Say) -> str | None:
    said = []
    for part in re.split(r"\s*,\s*", text):
        found = _SPAN.fullmatch(part.strip())
        if found is None:
            return None
        opens, closes = _time(found[1], found[2], say), _time(found[3], found[4], say)
        if opens is None or closes is None:
            return None
        whole = part.strip() in ("00:00-24:00", "0:00-24:00")
        said.append(say("24 hours") if whole else say("{opens} to {closes}").format(opens=opens, closes=closes))
    return _listed(said, say)


def _time(hour: str, minute: str, say: Say) -> str | None:
    """A time as the NHS content guide writes it: 9am, 5:30pm, midday, midnight."""
    hours, minutes = int(hour), int(minute)
    if hours > 24 or minutes > 59 or (hours == 24 and minutes):
        return None
    if minutes == 0 and hours in (0, 24):
        return say("midnight")
    if minutes == 0 and hours == 12:
        return say("midday")
    shown = f"{hours % 12 or 12}" + (f":{minute}" if minutes else "")
    return f"{shown}{say('am' if hours < 12 else 'pm')}"


def _listed(words: Sequence[str], say: Say) -> str:
    return f"{', '.join(words[:-1])} {say('and')} {words[-1]}" if len(words) > 1 else "".join(words)
