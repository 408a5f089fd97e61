"""Questions by which weights may be set; they share no phrase, slip or chance with those that measure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from random import Random

from bench.search.queries import owners
from bench.search.queries.ground import Ground
from bench.search.queries.labelled import DOUBT, Draft
from bench.search.queries.making import Making
from bench.search.queries.phrases import read_phrases
from bench.world.places import PLACES, most_districts, place_name

_SEED = 104_729
_EACH = 30


def drafts(ground: Ground) -> Iterator[Draft]:
    """Eight kinds, doubtful questions and unheld words: fewer of each than in the other set."""
    phrases = read_phrases("tuning")
    making = Making(ground, phrases, slip, dial, Random(_SEED), part=0)
    for make in (
        making.exact,
        making.former,
        making.misspelt,
        making.abbreviation,
        making.condition_place,
        making.question,
    ):
        yield from making.several(make, _EACH)
    yield from making.several(partial(owners.owner, making), _EACH)
    yield from making.several(partial(owners.number, making), _EACH)
    yield from making.several(making.nothing, 8)
    yield from making.several(making.absent, 10)
    yield from making.several(making.anywhere, 10)
    last = most_districts() * (PLACES + 1)
    yield from (making.nowhere(place_name(last - number)) for number in range(10, 16))
    yield from (Draft(DOUBT, f"0118 496 0{number}") for number in (101, 222, 343))
    for words, need in phrases.synonym.items():
        yield from making.several(partial(making.synonym, words, need), 1)


def slip(word: str, random: Random) -> str | None:
    """A letter left out, or a vowel for another."""
    at = random.randrange(1, len(word))
    if random.random() < 0.5:
        return word[:at] + word[at + 1 :]
    return word[:at] + random.choice("aeiou") + word[at + 1 :] if word[at] in "aeiou" else None


def dial(number: str, random: Random) -> str:
    """A telephone number as a letter or a screen has it."""
    area, rest = number.split(" ")
    return random.choice((number, f"{area} {rest[:3]} {rest[3:]}", f"+44 {area[1:]} {rest}", area + rest))
