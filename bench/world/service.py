"""A service over twenty years, and the telephone numbers that such services have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bench.words import Specialty
from bench.world.places import District, Organisation
from directory.domain.service import Facts
from directory.domain.succession import Succession

FIRST_DAY, LAST_DAY = date(2006, 4, 1), date(2026, 3, 1)
# Telephone numbers are 01632 and six digits, a code that is not in use; each service has this many of its own.
NUMBERS, MOST_SERVICES = 4, 200


@dataclass(frozen=True, slots=True)
class State:
    """What a service was from a day on."""

    effective_from: date
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team, by its slug."""

    slug: str
    name: str
    organisation: Organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service over time; `owners` and `teams` hold everybody who ever ran it, by id and slug."""

    id: str
    slug: str
    kind: Specialty
    district: District
    places: tuple[str, ...]
    states: tuple[State, ...]
    successions: tuple[Succession, ...]
    owners: dict[str, Organisation]
    teams: dict[str, Team]

    @property
    def facts(self) -> Facts:
        """What it is now."""
        return self.states[-1].facts

    @property
    def live(self) -> bool:
        """Whether it takes referrals now."""
        return self.facts.status != "closed"


def telephone(number: int, index: int, slot: int) -> str:
    """A number that nothing else has, with nothing to tell from its digits."""
    serial = (number * MOST_SERVICES + index) * NUMBERS + slot
    return f"01632 {(serial * 387_421 + 123_457) % 1_000_000:06d}"


def access_point(number: int) -> str:
    """The number of a district's single point of access, on which many services are reached."""
    return telephone(number, MOST_SERVICES - 1, 0)
