"""What a question says beside its subject: how urgent, in which setting, for what age; and how each is taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from directory.domain.parting import OLDEST, Ages
from directory.domain.query import Understood
from directory.search.text import fold

# What a service that does not fit keeps of its score.
ELSEWHERE, UNPLACED = 0.07, 0.5
OTHER_AGE, OTHER_URGENCY, OTHER_SETTING, OTHER_OWNER = 0.45, 0.9, 0.85, 0.15
GROUPS: Mapping[str, Ages] = MappingProxyType({"child": (0, 17), "adult": (18, OLDEST)})

_URGENCIES = {
    "emergency": ("emergency", "immediately", "999"),
    "urgent": ("urgent", "urgently", "today", "tonight", "same day", "asap", "straight away", "right away",
               "two week wait", "2 week wait", "2ww", "within 2 hours", "within two hours"),
    "routine": ("routine", "routinely", "non urgent", "not urgent"),
}  # fmt: skip
_SETTINGS = {
    "acute": ("acute", "in hospital", "hospital clinic", "hospital based", "outpatient", "outpatients"),
    "community": ("community", "in the community"),
    "voluntary": ("voluntary", "voluntary sector", "charity", "charities", "third sector"),
    "social-care": ("council", "social care", "local authority"),
    "primary-care": ("primary care",),
}
_LABELS = {"emergency": "Emergency", "urgent": "Urgent", "routine": "Routine",
           "acute": "Hospital", "community": "Community", "voluntary": "Voluntary sector", "social-care": "Social care",
           "primary-care": "Primary care"}  # fmt: skip
# The name of a condition as well as a word for its hurry: taken as urgent, and left in the question.
_ALSO_A_SUBJECT = frozenset({"2ww", "two week wait", "2 week wait"})
_LONGEST = 4
_WORD = re.compile(r"[^\W_]+(?:['’‘][^\W_]+)*")
# Goes with what it stands before.
_BEFORE = frozenset(
    [
        "in",
        "at",
        "for",
        "from",
        "near",
        "around",
        "of",
        "a",
        "an",
        "the",
        "who",
        "is",
        "are",
        "lives",
        "living",
        "live",
        "based",
        "and",
        "or",
        "with",
        "to",
        "by",
        "person",
        "patient",
    ]
)


def _by_words(table: Mapping[str, Sequence[str]], kind: str) -> dict[tuple[str, ...], tuple[str, str]]:
    return {tuple(phrase.split()): (kind, value) for value, phrases in table.items() for phrase in phrases}


_PHRASES: Mapping[tuple[str, ...], tuple[str, str]] = MappingProxyType(
    _by_words(_URGENCIES, "urgency") | _by_words(_SETTINGS, "setting")
)
_FIRST = frozenset(phrase[0] for phrase in _PHRASES)


@dataclass(frozen=True, slots=True)
class Recognised:
    """Something a question says: its kind, value and label, and the words that say it, folded, as they stand there."""

    kind: str
    value: str
    label: str
    words: tuple[str, ...]
    is_subject: bool = False


def recognise(words: Sequence[str]) -> Iterator[tuple[range, Recognised]]:
    """The urgency and the setting that a question gives, with the places of their words; of each, the first."""
    seen: set[str] = set()
    for first, word in enumerate(words):
        if word not in _FIRST:
            continue
        for last in range(min(len(words), first + _LONGEST), first, -1):
            phrase = tuple(words[first:last])
            if phrase in _PHRASES:
                kind, value = _PHRASES[phrase]
                if kind not in seen:
                    seen.add(kind)
                    also = " ".join(phrase) in _ALSO_A_SUBJECT
                    yield range(first, last), Recognised(kind, value, _LABELS[value], phrase, also)
                break


def age_label(typed: str) -> str:
    """An age as a filter shows it: "Aged 3", "Aged 14 months"."""
    found = re.search(r"(\d{1,3})[\s-]*(month|week|day)?", typed, re.IGNORECASE)
    if not found:
        return "Age"
    number, unit = int(found[1]), (found[2] or "").casefold()
    return " ".join(filter(None, ["Aged", str(number), f"{unit}{'' if number == 1 else 's'}" if unit else ""]))


def without(text: str, said: Sequence[str]) -> str:
    """A question less some of its words and the small words that lead to them; the same where they are not in it."""
    spans = [(found.start(), found.end(), _plain(found[0])) for found in _WORD.finditer(text)]
    words = [word for _, _, word in spans]
    size = len(said)
    for at in range(len(words) - size + 1):
        if words[at : at + size] == list(said):
            first = at
            while first and words[first - 1] in _BEFORE:
                first -= 1
            start = spans[first][0]
            left = f"{text[:start].rstrip(' ,;:(-')} {text[spans[at + size - 1][1] :].lstrip(' ,;:)-')}"
            return " ".join(left.split())
    return text


def said_in(text: str) -> tuple[str, ...]:
    """The words of a text as `without` compares them."""
    return tuple(_plain(found) for found in _WORD.findall(text))


def understood(text: str, recognised: Sequence[Recognised]) -> tuple[Understood, ...]:
    """Each thing recognised, as a filter that can be taken away; left out where its words are not in the question."""
    shown = []
    for each in recognised:
        left = without(text, each.words)
        if left != text:
            shown.append(Understood(each.kind, each.label, left))
    return tuple(shown)


def _plain(word: str) -> str:
    return fold(word).replace("'", "")
