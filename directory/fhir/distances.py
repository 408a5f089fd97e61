"""Being near a point, as FHIR's `Location?near=` says it: `51.5|-0.12|5|km`."""

from __future__ import annotations

from collections.abc import Mapping

from directory.domain.place import METRES_A_MILE, Point
from directory.store.fhir_search import Circle

# By their codes in UCUM, and `mi`, which people write. Where none is given, FHIR says kilometres.
_METRES: Mapping[str, float] = {"": 1_000, "km": 1_000, "m": 1, "[mi_i]": METRES_A_MILE, "mi": METRES_A_MILE}
# Where no distance is given, FHIR leaves it to the server.
_UNSAID = "10"
_FORM = "give a latitude and a longitude, and perhaps a distance and km, m or [mi_i], such as 51.5|-0.12|5|km"


def circle(text: str) -> Circle:
    """What is near by one value of the parameter; raises ValueError."""
    pieces = [each.strip() for each in text.split("|")]
    if not 2 <= len(pieces) <= 4:
        raise ValueError(_FORM)
    latitude, longitude, distance, unit = (*pieces, "", "")[:4]
    try:
        middle, metres = Point(float(latitude), float(longitude)), float(distance or _UNSAID) * _METRES[unit]
    except (ValueError, KeyError):
        raise ValueError(_FORM) from None
    if not 0 <= metres < float("inf"):
        raise ValueError(_FORM)
    return Circle(middle, metres)
