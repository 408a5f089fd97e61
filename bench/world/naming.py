"""What services are called, in the many ways in which directories have it."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from bench.words import Specialty
from bench.world.places import District, street

# Words that keep their capital within a name.
_KEPT = ("MSK", "TIA", "ENT", "ME", "Parkinson's", "Alzheimer")


def within(name: str) -> str:
    """A name as it stands after a place."""
    return name if name.startswith(_KEPT) else name[0].lower() + name[1:]


def present_name(kind: Specialty, where: District, places: Sequence[str], random: Random) -> str:
    """A present name: with its place more often than not."""
    name = kind.names[0] if random.random() < 0.5 else random.choice(kind.names)
    if kind.scope == "hospital":
        form = random.choice(["{0} ({1})", "{0}, {1}", "{0}", "{0} at {1}"])
        return form.format(name, where.hospital.name)
    if kind.scope == "district":
        form = random.choice(["{0}", "{0}", "{2} {1}", "{0} ({2})", "{0} for {2}"])
        return form.format(name, within(name), where.name)
    place = " and ".join(places)
    form = random.choice(
        [
            "{0} ({2})",
            "{2} {1}",
            "{0} – {2}",
            "{0}, {2}",
            "{0} in {2}",
            "{2} {1}",
            "{0}" if len(places) == 1 else "{2} {1}",
        ]
    )
    return form.format(name, within(name), place)


def former_name(kind: Specialty, place: str, random: Random) -> str:
    """A name of the past, with other words in it."""
    old = random.choice(kind.old)
    form = random.choice(["{1} {0}", "{0}, {1}", "{2} {0}", "{1} {2} {0}", "{0} ({1})"])
    return form.format(old, place, street(random))
