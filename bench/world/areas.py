"""The register of areas: each place in its district, each district with its postcodes."""

from __future__ import annotations

from collections.abc import Iterator

from bench.world.places import district
from directory.domain.area import Area, Gazetteer


def areas(districts: int, seed: int) -> Iterator[Area]:
    """The areas of the first districts."""
    for number in range(districts):
        where = district(number, seed)
        yield Area(where.name, "borough", outward=(where.outward,))
        yield from (Area(place, "place", within=(where.name,)) for place in where.places)


def gazetteer(districts: int, seed: int) -> Gazetteer:
    """The same, to be looked up."""
    return Gazetteer.of(list(areas(districts, seed)))
