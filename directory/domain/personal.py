"""What in a question could say who somebody is, so that the question is not kept.

NHS numbers and dates of birth are found by `screen`; here are email addresses, telephone numbers, and titles with a
name ("Mrs Patel", "Mr J Smith"). A name without a title cannot be told from the name of a place or a service.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from directory.domain.screen import screen

_EMAIL = re.compile(r"\S@\S")
# Seven digits or more, however they are grouped: a telephone number, a hospital number, a date of birth in figures.
_NUMBER = re.compile(r"(?<![\w.])\+?\(?\d(?:[\s().\-/]{0,2}\d){6,}")
_SURE = ("mr", "mrs", "mx", "prof", "professor", "messrs")
# These are words or abbreviations of the field too: the MS nurse, a miss rate, the doctor on call.
_UNSURE = ("ms", "miss", "dr", "doctor", "sir", "dame", "rev", "reverend", "master", "lady", "lord")
_TITLE = re.compile(
    rf"\b(?P<title>{'|'.join((*_SURE, *_UNSURE))})\b\.?\s+(?:[a-z]\b\.?\s*){{0,3}}(?P<name>[^\W\d_][\w'’-]+)",
    re.IGNORECASE,
)
_GRAMMAR = frozenset(
    [
        "a", "about", "an", "and", "any", "are", "as", "at", "by", "can", "do", "does", "for", "from", "has", "have",
        "how", "if", "in", "is", "it", "my", "no", "not", "of", "on", "or", "our", "she", "he", "that", "the", "their",
        "them", "they", "this", "to", "was", "we", "what", "when", "where", "which", "who", "will", "with", "you",
        "your",
    ]
)  # fmt: skip


def could_be_personal(text: str, *, known: Callable[[str], bool] = lambda _word: False) -> bool:
    """Whether a question holds anything that could say who somebody is.

    `known` says whether a lower-case word is one of the directory's own. Doubt counts against keeping: what is lost is
    one line of a statistic.
    """
    return bool(screen(text) or _EMAIL.search(text) or has_number(text) or names_somebody(text, known=known))


def has_number(text: str) -> bool:
    """Whether there is a number as long as a telephone number."""
    return _NUMBER.search(text) is not None


def names_somebody(text: str, *, known: Callable[[str], bool] = lambda _word: False) -> bool:
    """Whether a title stands before what could be a name."""
    return any(_is_name(match["title"], match["name"], known) for match in _TITLE.finditer(text))


def _is_name(title: str, name: str, known: Callable[[str], bool]) -> bool:
    word = name.casefold()
    if word in _GRAMMAR:
        return False
    if title.casefold() in _SURE:
        return True
    # "Ms Green" is a person, and "MS nurse" is not: as they are written; in small letters the directory's words decide.
    as_a_name = title[0].isupper() and title[1:].islower() and name[0].isupper() and not name.isupper()
    return as_a_name or not known(word)
