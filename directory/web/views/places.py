"""Places as a page shows them, with links to a map; the page itself asks nobody for one."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from directory.domain.place import Point
from directory.domain.service import Location
from directory.web import words
from directory.web.views.lines import place_in_words

MAP = "https://www.openstreetmap.org"


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A place on one line; `href` shows it on a map (or searches for its address), `geo` opens a maps application."""

    text: str
    href: str = ""
    geo: str = ""
    miles: str = ""


def place_view(location: Location, near: Point | None = None) -> PlaceView | None:
    """A place in words with its links; None where nothing is said of it."""
    text = place_in_words(location)
    if not text:
        return None
    if point := location.point:
        where = f"{point.latitude:.6f}".rstrip("0").rstrip("."), f"{point.longitude:.6f}".rstrip("0").rstrip(".")
        query = urlencode({"mlat": where[0], "mlon": where[1]})
        miles = words.miles_in_words(point.miles_to(near)) if near else ""
        return PlaceView(text, f"{MAP}/?{query}#map=17/{where[0]}/{where[1]}", f"geo:{where[0]},{where[1]}", miles)
    # The name of a building is known to fewer maps than its address.
    address = ", ".join(filter(None, (location.address, location.postcode)))
    return PlaceView(text, f"{MAP}/search?{urlencode({'query': address})}" if address else "")
