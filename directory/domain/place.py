"""Points on the map, postcodes, and how far one is from another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

METRES_A_MILE = 1_609.344
_EARTH_MILES = 3_958.76
EARTH_METRES = _EARTH_MILES * METRES_A_MILE
_OUTWARD = r"[A-Z]{1,2}[0-9][A-Z0-9]?"
_POSTCODE = re.compile(rf"({_OUTWARD})\s*([0-9][A-Z]{{2}})", re.IGNORECASE)
_DISTRICT = re.compile(_OUTWARD, re.IGNORECASE)
_POINT = re.compile(r"(-?\d{1,2}(?:\.\d{1,12})?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d{1,12})?)")


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the map: latitude and longitude in degrees (WGS 84)."""

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180):
            raise ValueError("a latitude lies between -90 and 90, a longitude between -180 and 180")

    def miles_to(self, other: Point) -> float:
        """The distance as the crow flies, in statute miles (haversine, on a sphere: within 0.6 in 100)."""
        lat1, lat2 = radians(self.latitude), radians(other.latitude)
        half = sin((lat2 - lat1) / 2) ** 2
        half += cos(lat1) * cos(lat2) * sin(radians(other.longitude - self.longitude) / 2) ** 2
        return 2 * _EARTH_MILES * asin(sqrt(min(1.0, half)))

    @classmethod
    def read(cls, text: str) -> Point | None:
        """Coordinates as people write them, `54.03, 1.52`; None where they are not such."""
        found = _POINT.fullmatch(text.strip())
        try:
            return cls(float(found[1]), float(found[2])) if found else None
        except ValueError:
            return None


def middle(points: Iterable[Point]) -> Point | None:
    """The middle of some points that lie near one another; None where there are none."""
    given = list(points)
    if not given:
        return None
    return Point(sum(it.latitude for it in given) / len(given), sum(it.longitude for it in given) / len(given))


def postcode_of(text: str) -> tuple[str, str] | None:
    """A full postcode in any case and spacing as (outward, whole): ("NM1", "NM1 2AB"); None where it is none."""
    found = _POSTCODE.fullmatch(text.strip())
    return (found[1].upper(), f"{found[1]} {found[2]}".upper()) if found else None


def outward_of(text: str) -> str | None:
    """An outward code alone, such as "NM1"; None where it is none."""
    found = _DISTRICT.fullmatch(text.strip())
    return found[0].upper() if found else None
