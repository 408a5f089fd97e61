"""The services of one district, live and gone; each district is made from its number alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from random import Random

from bench.words import Specialty, specialties
from bench.world.making import Maker
from bench.world.places import SHARED, District, district
from bench.world.service import LAST_DAY, MOST_SERVICES, Service
from directory.domain.service import slug_of
from directory.domain.succession import Part, Succession

_ABSENT, _SPLIT = 0.06, 0.25


def services_of(number: int, seed: int) -> list[Service]:
    """Every service of a district, in an order that does not depend on anything else."""
    where = district(number, seed)
    found: list[Service] = []
    for kind in specialties():
        random = Random(f"{seed}/services/{number}/{kind.key}")
        for places in _groups(kind, where, random):
            maker = Maker(kind, where, places, seed, random)
            found += maker.services(len(found))
    found += _split_ancestors(found, where, seed)
    if len(found) > MOST_SERVICES - 1:
        raise ValueError(f"District {number} has {len(found)} services; telephone numbers are for {MOST_SERVICES - 1}.")
    return found


def _groups(kind: Specialty, where: District, random: Random) -> Iterator[tuple[str, ...]]:
    """The places that each service of a kind covers."""
    if kind.scope == "hospital":
        if where.number % SHARED == 0 and random.random() >= _ABSENT:
            yield where.places
    elif kind.scope == "district":
        if random.random() >= _ABSENT:
            yield where.places
    else:
        left = list(where.places)
        while left:
            size = 2 if len(left) > 1 and random.random() < 0.15 else 1
            group, left = tuple(left[:size]), left[size:]
            if random.random() >= _ABSENT:
                yield group


# A therapy team that was split into two services of today, each taking its part.
_PARTED = (("physio-home", "ot-adult"), ("dietetics", "enteral"), ("memory", "older-mh"))
_PARTED_NAMES = ("Integrated therapy team", "Food and feeding office", "Elderly mental health unit")


def _split_ancestors(found: Sequence[Service], where: District, seed: int) -> list[Service]:
    gone: list[Service] = []
    live = [service for service in found if service.live]
    for pair, name in zip(_PARTED, _PARTED_NAMES, strict=True):
        random = Random(f"{seed}/split/{where.number}/{pair[0]}")
        heirs = [next((each for each in live if each.kind.key == key), None) for key in pair]
        if random.random() >= _SPLIT or heirs[0] is None or heirs[1] is None:
            continue
        first, second = heirs[0], heirs[1]
        index = len(found) + len(gone)
        maker = Maker(first.kind, where, first.places, seed, random)
        made = maker.service(
            index, closed=date(random.randint(2012, 2023), 10, 1), link=Succession("", None, "split", LAST_DAY)
        )
        place = first.places[0] if first.kind.scope == "place" else where.name
        states = tuple(
            replace(state, facts=replace(state.facts, name=f"{place} {name.lower()}", former_names=()))
            for state in made.states
        )
        links = tuple(
            Succession(made.id, heir.id, "split", states[-1].effective_from, Part(needs=heir.facts.needs))
            for heir in (first, second)
        )
        gone.append(replace(made, slug=f"{slug_of(name)}-{where.number}-{index}", states=states, successions=links))
    return gone
