"""The questions to measure by. Nothing in the product may be set to suit them; see `tuning` for those that may."""

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

_SEED = 7_919
_EACH = 52
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_SOUNDS = (
    ("ph", "f"),
    ("ae", "e"),
    ("oe", "e"),
    ("y", "i"),
    ("c", "k"),
    ("ea", "ee"),
    ("ie", "ei"),
    ("s", "c"),
    ("qu", "kw"),
    ("rrh", "rr"),
    ("ch", "k"),
)


def drafts(ground: Ground) -> Iterator[Draft]:
    """Eight kinds, the questions that leave doubt, and words that the vocabulary does not hold."""
    phrases = read_phrases("held_out")
    making = Making(ground, phrases, slip, dial, Random(_SEED), part=1)
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
    yield from doubts(making)
    for words, need in phrases.synonym.items():
        yield from making.several(partial(making.synonym, words, need), 1)


def doubts(making: Making) -> Iterator[Draft]:
    """Questions that no service answers, or that too many do."""
    yield from making.several(making.nothing, 14)
    yield from making.several(making.absent, 18)
    yield from making.several(making.anywhere, 14)
    last = most_districts() * (PLACES + 1)
    yield from (making.nowhere(place_name(last - number)) for number in range(2, 10))
    yield from (Draft(DOUBT, f"0113 496 0{number} who is this") for number in (113, 274, 386, 451, 592, 777))


def slip(word: str, random: Random) -> str | None:
    """A key beside it, a letter doubled, a double dropped, two swapped, or a word as it sounds; or two of these."""
    found = word
    for _ in range(1 if len(word) < 8 or random.random() < 0.7 else 2):
        found = random.choice((_neighbour, _doubled, _single, _swapped, _sounded))(found, random) or found
    return found if found != word else None


def _neighbour(word: str, random: Random) -> str | None:
    at = random.randrange(1, len(word))
    row = next((row for row in _KEYS if word[at] in row), "")
    near = (
        [row[key] for key in (row.index(word[at]) - 1, row.index(word[at]) + 1) if 0 <= key < len(row)] if row else []
    )
    return word[:at] + random.choice(near) + word[at + 1 :] if near else None


def _doubled(word: str, random: Random) -> str:
    at = random.randrange(1, len(word))
    return word[:at] + word[at] + word[at:]


def _single(word: str, random: Random) -> str | None:
    doubles = [at for at in range(1, len(word)) if word[at] == word[at - 1]]
    at = random.choice(doubles) if doubles else 0
    return word[:at] + word[at + 1 :] if doubles else None


def _swapped(word: str, random: Random) -> str:
    at = random.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _sounded(word: str, random: Random) -> str | None:
    fitting = [(right, heard) for right, heard in _SOUNDS if right in word]
    return word.replace(*random.choice(fitting), 1) if fitting else None


def dial(number: str, random: Random) -> str:
    """A telephone number as somebody in a hurry types it."""
    plain = number.replace(" ", "")
    forms = (
        plain,
        f"{plain[:5]}-{plain[5:8]}-{plain[8:]}",
        f"{plain[:3]} {plain[3:7]} {plain[7:]}",
        f"+44 (0){plain[1:5]} {plain[5:]}",
        f"0044{plain[1:]}",
        f"{plain[:5]} {plain[5:7]} {plain[7:9]} {plain[9:]}",
        f"({plain[:5]}) {plain[5:]}",
        f"{plain[:4]}  {plain[4:8]}.{plain[8:]}",
    )
    return random.choice(forms)
