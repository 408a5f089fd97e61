"""The parts of a question that are not its subject: how it is put, and the numbers and addresses in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from directory.search.lexicon import Lexicon
from directory.search.places import NOWHERE, Places
from directory.search.text import EMAIL, OUTWARD, PHONE, POSTCODE, code_key, fold, phone_key

LONGEST_QUESTION = 400
MOST_WORDS = 16

_ASKING = """
who whom whose what how where which when why whats whos do does did can could should would will may might must there
here now currently today anymore still any some please tell know find get got have has had about handle handles handled
handling deal deals dealing look looks looking after run runs running ran responsible covers covering cover take takes
taking over use used was were been being he she him her his hers they them their hello hi hey thanks just also if so
then than but not no yes im ive id whoever someone somebody anyone
go goes going gone lives live living near nearby around whether which one ones think thinks know knows known seem seems
please could give gives given since because until while very really quite bit lot lots there theyre im dont does doesnt
isnt hasnt havent wont wouldnt didnt come comes came accept accepts sees seen through per each every
"""
_SOFT = """
refer refers referral referrals referred referring patient patients client clients person people phone telephone number
numbers contact contacts call calls calling ring email mail address help support need needs needed needing want wants
wanted new old urgent urgently local nearest near best send make making speak talk advice details information route
form management care health lady man woman gentleman year years aged age
problem problems difficulty difficulties trouble issue issues keep keeps having suffering suffers getting gets keen
husband wife mother father mum dad son daughter nan gran grandad neighbour resident lady's old
name names named called former formerly previous previously
see seeing available options option way ways thing things stuff ask asking question
"""
# How a question is put. Dropped, unless a name or a need that the index knows holds the word.
ASKING = frozenset(_ASKING.split())
# Part of most questions and of some names: they help a little, and nothing turns on them.
SOFT = frozenset(_SOFT.split())

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_CHUNK = re.compile(r"[A-Za-z0-9][A-Za-z0-9./:-]*")
_SPACED = re.compile(r"\b[A-Za-z]{1,3}\d{0,6}(?:[\s./-]{1,2}[A-Za-z]?\d{1,10}[A-Za-z]?){1,4}\b")
# "A number ending 0146": four or five digits alone say too little to be taken for a telephone number.
_ENDING = re.compile(
    r"\b(?:end(?:s|ing)?|finish(?:es|ing)|last (?:\w+ )?digits|ext(?:ension)?)"
    r"\s*(?:in|with|on|are|is|:)?\s*(\d{4,5})\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Key:
    """Something met whole: `kind` and `value` as in the index, and the words of the question that it accounts for."""

    kind: str
    value: str
    weight: float = 1.0
    covers: tuple[int, ...] = ()


@dataclass(slots=True)
class Numbers:
    """What of a question was a number, an address or a code, what was none that the index knows, and the words left.

    `outwards` are the postcodes, as typed, each with its first half.
    """

    rest: str
    keys: list[Key] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    outwards: list[tuple[str, str]] = field(default_factory=list)


def clean(text: str) -> str:
    """A question as far as it is read: one line, without control characters, cut at `LONGEST_QUESTION`."""
    return " ".join(_CONTROL.sub(" ", text[: LONGEST_QUESTION * 4]).split())[:LONGEST_QUESTION]


def take_numbers(text: str, lexicon: Lexicon, places: Places = NOWHERE) -> Numbers:
    """Lift email addresses, telephone numbers, postcodes and codes out of a question."""
    numbers = Numbers(text)
    _lift_emails(numbers, lexicon)
    _lift_spaced_codes(numbers, lexicon)
    _lift_phones(numbers, lexicon)
    _lift_postcodes(numbers, lexicon, places)
    _lift_codes(numbers, lexicon)
    return numbers


def _lift_emails(numbers: Numbers, lexicon: Lexicon) -> None:
    def lift(found: re.Match[str]) -> str:
        address = fold(found[0]).strip(".")
        kinds = [kind for kind in ("email", "former_email") if lexicon.has(kind, address)]
        numbers.keys += [Key(kind, address) for kind in kinds]
        if not kinds:
            numbers.unknown.append(address)
        # Its first part often names the service: leave it as words.
        return " " if kinds else f" {found[0].split('@')[0]} "

    numbers.rest = EMAIL.sub(lift, numbers.rest)


def _lift_phones(numbers: Numbers, lexicon: Lexicon) -> None:
    def lift(found: re.Match[str]) -> str:
        digits = phone_key(found[0])
        if digits is None or len(digits) < 6:
            return found[0]
        for digits_or in (digits, f"0{digits}"):
            kinds = [kind for kind in ("phone", "former_phone") if lexicon.has(kind, digits_or)]
            if kinds:
                numbers.keys += [Key(kind, digits_or) for kind in kinds]
                return " "
        if len(digits) <= 8 and lexicon.has("tail", digits[-6:]):
            numbers.keys.append(Key("tail", digits[-6:]))
        elif not lexicon.has("code", code_key(found[0])):
            numbers.unknown.append(digits)
        else:
            return found[0]
        return " "

    def end(found: re.Match[str]) -> str:
        if not lexicon.has("tail", found[1][-4:]):
            numbers.unknown.append(found[1])
            return " "
        numbers.keys.append(Key("tail", found[1][-4:]))
        return " "

    numbers.rest = _ENDING.sub(end, PHONE.sub(lift, numbers.rest))


def _lift_postcodes(numbers: Numbers, lexicon: Lexicon, places: Places) -> None:
    def whole(found: re.Match[str]) -> str:
        outward, postcode = found[1].upper(), f"{found[1]} {found[2]}".upper()
        numbers.outwards.append((found[0], outward))
        if lexicon.has("postcode", postcode):
            numbers.keys.append(Key("postcode", postcode))
        if lexicon.has("outward", outward):
            numbers.keys.append(Key("outward", outward))
        return " "

    def outward(found: re.Match[str]) -> str:
        known = lexicon.has("outward", found[0].upper())
        if not (known or places.of_outward(found[0])) or lexicon.has("code", code_key(found[0])):
            return found[0]
        numbers.outwards.append((found[0], found[0].upper()))
        if known:
            numbers.keys.append(Key("outward", found[0].upper()))
        return " "

    numbers.rest = OUTWARD.sub(outward, POSTCODE.sub(whole, numbers.rest))


def _lift_spaced_codes(numbers: Numbers, lexicon: Lexicon) -> None:
    """Codes that are read out in groups: "D 100 0003"."""

    def lift(found: re.Match[str]) -> str:
        value = code_key(found[0])
        if not lexicon.has("code", value):
            return found[0]
        numbers.keys.append(Key("code", value))
        return " "

    numbers.rest = _SPACED.sub(lift, numbers.rest)


def _lift_codes(numbers: Numbers, lexicon: Lexicon) -> None:
    def lift(found: re.Match[str]) -> str:
        value = code_key(found[0])
        if len(value) < 3 or not lexicon.has("code", value):
            if found[0].isdigit() and lexicon.has("phone", found[0]):
                numbers.keys.append(Key("phone", found[0]))
                return " "
            return found[0]
        if value.isalpha() and not found[0].isupper() and lexicon.knows(fold(found[0])):
            return found[0]
        numbers.keys.append(Key("code", value))
        return " "

    numbers.rest = _CHUNK.sub(lift, numbers.rest)
