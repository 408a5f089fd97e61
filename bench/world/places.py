"""Places and the organisations that serve them; each district is made from its number alone, in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from random import Random

from bench.words import places as words

# Places to a district, besides the district itself.
PLACES = 5
# Neighbouring districts that share a hospital.
SHARED = 2
_STEP = 3011


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Who runs services: its present name, what it was called before, and until when."""

    id: str
    name: str
    ods_code: str
    former_name: str = ""
    renamed: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hospital:
    """One hospital and the trust that runs it."""

    name: str
    organisation: Organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    """A district, its places, and who serves it."""

    number: int
    name: str
    places: tuple[str, ...]
    outward: str
    latitude: float
    longitude: float
    community: Organisation
    before: Organisation
    council: Organisation
    mental: Organisation
    hospice: Organisation
    voluntary: Organisation
    hospital: Hospital

    @property
    def area_names(self) -> tuple[str, ...]:
        """Its places and itself."""
        return (*self.places, self.name)


def most_districts() -> int:
    """How many districts there are names for."""
    return len(words()["first"]) * len(words()["last"]) // (PLACES + 1)


def place_name(number: int) -> str:
    """A different name for each number, in an order without a pattern."""
    first, last = words()["first"], words()["last"]
    at = (number * _STEP + 17) % (len(first) * len(last))
    return first[at % len(first)] + last[at // len(first)]


@lru_cache(maxsize=64)
def district(number: int, seed: int) -> District:
    """The district with this number, from 0; raises `ValueError` where the names have run out."""
    if not 0 <= number < most_districts():
        raise ValueError(f"There are names for {most_districts():,} districts.")
    random = Random(f"{seed}/district/{number}")
    start = number * (PLACES + 1)
    name, *others = [place_name(start + each) for each in range(PLACES + 1)]
    shared = number - number % SHARED
    return District(
        number=number,
        name=name,
        places=tuple(others),
        outward=_outward(number),
        latitude=round(51 + random.random() * 3, 4),
        longitude=round(-2.5 + random.random() * 2, 4),
        community=_community(number, name, random),
        before=_organisation("hp", number, f"{others[0]} Health Partnership"),
        council=_organisation("co", number, f"{name} Council"),
        mental=_mental(number, seed),
        hospice=_organisation("ho", number, f"{_pick(Random(f'{seed}/hospice/{number}'), 'house')} Hospice, {name}"),
        voluntary=_organisation(
            "vo", number, f"{name} {random.choice(['Good Neighbours', 'Care Alliance', 'Together'])}"
        ),
        hospital=_hospital(shared, seed),
    )


def _community(number: int, name: str, random: Random) -> Organisation:
    form = random.choice(
        ["{} Community Health NHS Trust", "{} Health and Care", "{} Community Healthcare CIC", "{} Provider Services"]
    )
    former = random.choice(["{} Primary Care Trust", "{} Community Services", "Hundred of {} Health Authority"])
    renamed = date(random.randint(2011, 2022), random.choice([4, 7, 10]), 1)
    return Organisation(
        id=f"ch-{number}",
        name=form.format(name),
        ods_code=_ods(1, number),
        former_name=former.format(name),
        renamed=renamed,
    )


def _mental(number: int, seed: int) -> Organisation:
    group = number // 4
    random = Random(f"{seed}/mental/{group}")
    name = f"{_pick(random, 'river')} and {place_name(group * 4 * (PLACES + 1))} Mental Health NHS Trust"
    return _organisation("mh", group, name)


def _hospital(number: int, seed: int) -> Hospital:
    random = Random(f"{seed}/hospital/{number}")
    town = place_name(number * (PLACES + 1))
    form = random.choice(["{} General Hospital", "{} Royal Infirmary", "{} District Hospital"])
    owner = Organisation(
        id=f"ac-{number}",
        name=f"{town} Hospitals NHS Foundation Trust",
        ods_code=_ods(2, number),
        former_name=f"{town} Hospital Management Board",
        renamed=date(random.randint(2008, 2020), 4, 1),
    )
    return Hospital(name=form.format(town), organisation=owner)


def _organisation(kind: str, number: int, name: str) -> Organisation:
    return Organisation(
        id=f"{kind}-{number}", name=name, ods_code=_ods(3 + ("hp", "co", "mh", "ho", "vo").index(kind), number)
    )


def _ods(kind: int, number: int) -> str:
    """Five characters; no code of a real organisation begins with Z and a digit below 8."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    found = ""
    for _ in range(3):
        number, at = divmod(number, len(letters))
        found = letters[at] + found
    return f"Z{kind}{found}"


def _outward(number: int) -> str:
    """A postcode area that nobody lives in: none begins with Q, V or X."""
    seconds = "ABCDEFGHJKLMNOPRSTUWY"
    rest, second = divmod(number, len(seconds))
    digits, first = divmod(rest, 3)
    return f"{'QVX'[first]}{seconds[second]}{digits + 1}"


def _pick(random: Random, name: str) -> str:
    found: Sequence[str] = words()[name]
    return random.choice(found)


def street(random: Random) -> str:
    """A street."""
    return f"{_pick(random, 'street')} {_pick(random, 'street_last')}"


def venue(random: Random) -> str:
    """A building in which a service is seen."""
    return f"{_pick(random, 'house')} {_pick(random, 'house_last')}"
