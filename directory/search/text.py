"""Words, stems and numbers: read in the same way from services and from questions."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from whoosh.lang.porter import stem as porter_stem

from directory.search.families import HEADS

LONGEST_WORD = 40
LONGEST_PHRASE = 8

_GRAMMAR = "a an the of for to in on at by with and or from is are be it its s as i we my me our us you your this that"
_GENERIC = "service services clinic clinics team teams centre centres center unit units department dept hub nhs trust"
# Dropped from names, needs and questions alike, so that "end of life" and "end life" are one phrase.
GRAMMAR = frozenset(_GRAMMAR.split())

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_MARKS = re.compile(r"[\u0300-\u036f]")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "&": " and "})
_PRACTITIONER = re.compile(r"(olog|therap|iatr|ometr|pharmac)(?:ist|ists|ists')$")
_OUTWARD = r"[A-Z]{1,2}[0-9][A-Z0-9]?"
POSTCODE = re.compile(rf"\b({_OUTWARD})\s*([0-9][A-Z]{{2}})\b", re.IGNORECASE)
OUTWARD = re.compile(rf"\b{_OUTWARD}\b", re.IGNORECASE)
EMAIL = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_EXTENSION = re.compile(r"\s*(?:extension|ext\.?|x|option)\s*\d", re.IGNORECASE)
PHONE = re.compile(r"(?<![\w])\+?\(?\d[\d\s().\-/]{4,24}\d(?!\w)")


def fold(text: str) -> str:
    """Text as it is compared: case, accents, apostrophe shapes and runs of white space do not count."""
    plain = unicodedata.normalize("NFKC", text).translate(_QUOTES).casefold()
    if not plain.isascii():
        plain = _MARKS.sub("", unicodedata.normalize("NFKD", plain))
    return " ".join(plain.split())


def words(text: str) -> list[str]:
    """Every word of a text, folded: "O.T." is "ot", "Alzheimer's" is "alzheimers"."""
    plain = fold(text)
    if "." in plain:
        plain = _DOTTED.sub(lambda found: found[0].replace(".", ""), plain)
    return [word.replace("'", "")[:LONGEST_WORD] for word in _WORD.findall(plain)]


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The stem that a word shares with its family; a practitioner is stemmed as what they practise."""
    if not word.isascii() or not word.isalpha():
        return word
    return str(porter_stem(_PRACTITIONER.sub(r"\1y", HEADS.get(word, word))))


@lru_cache(maxsize=4_000)
def phrase(text: str) -> tuple[str, ...]:
    """A short text as stems, without grammar; all of its words where nothing else is left."""
    found = words(text)
    return tuple(stem(word) for word in found if word not in GRAMMAR) or tuple(stem(word) for word in found)


# What nearly every service is called: it helps a little, and is never what a question turns on.
_GENERIC_STEMS = frozenset(stem(word) for word in _GENERIC.split())


def is_generic(stemmed: str) -> bool:
    """Whether a stem is one of those that nearly every service carries in its name."""
    return stemmed in _GENERIC_STEMS


def core(stems: tuple[str, ...]) -> tuple[str, ...]:
    """A phrase without its generic words: "Podiatry service" is "podiatry"; itself where nothing else is left."""
    if _GENERIC_STEMS.isdisjoint(stems):
        return stems
    return tuple(part for part in stems if part not in _GENERIC_STEMS) or stems


def without_generic(stems: frozenset[str]) -> frozenset[str]:
    """The stems of a text that are not generic; all of them where nothing else is left."""
    return stems - _GENERIC_STEMS or stems


def key(stems: tuple[str, ...]) -> str:
    """A phrase as one key of the index."""
    return " ".join(stems[:LONGEST_PHRASE])


def phone_key(text: str) -> str | None:
    """A telephone number as national digits, whatever its spacing and prefix; None where it has too few digits."""
    plain = _EXTENSION.split(text, maxsplit=1)[0]
    digits = re.sub(r"\D", "", plain.replace("(0)", ""))
    for prefix in ("0044", "44"):
        if digits.startswith(prefix) and len(digits) >= len(prefix) + 9:
            digits = "0" + digits.removeprefix(prefix).lstrip("0")
    return digits[:20] if len(digits) >= 3 else None


def code_key(text: str) -> str:
    """An identifier as it is compared: upper case letters and digits only."""
    return re.sub(r"[^A-Z0-9]", "", text.upper())[:60]


def postcode_keys(text: str) -> tuple[str, str] | None:
    """A full postcode as (outward, whole), or None."""
    if found := POSTCODE.search(text):
        outward, inward = found[1].upper(), found[2].upper()
        return outward, f"{outward} {inward}"
    return None
