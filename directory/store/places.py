"""Where postcodes are, as far as the directory's own services and areas say: there is no postcode database."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, select

from directory.domain.area import Area, Gazetteer
from directory.domain.place import Point, middle, outward_of, postcode_of
from directory.domain.service import Location
from directory.store.batches import in_batches
from directory.store.tables.places import postcodes


def note_postcodes(connection: Connection, locations: Iterable[Location]) -> None:
    """Remember where postcodes are; of several coordinates for one, the last given."""
    rows = {}
    for place in locations:
        code = postcode_of(place.postcode)
        if code and place.latitude is not None and place.longitude is not None:
            rows[code[1]] = {"outward": code[0], "latitude": place.latitude, "longitude": place.longitude}
    for batch in in_batches(rows):
        connection.execute(delete(postcodes).where(postcodes.c.postcode.in_(batch)))
        connection.execute(postcodes.insert(), [{"postcode": code, **rows[code]} for code in batch])


def locate(connection: Connection, text: str, gazetteer: Gazetteer) -> Point | None:
    """Where a postcode, an outward code, an area or a pair of coordinates is; None where the directory cannot tell.

    A full postcode at which no service is stands in the middle of its district: of its located postcodes, else of the
    area with the fewest districts among those that list it.
    """
    if found := Point.read(text):
        return found
    whole = postcode_of(text)
    outward = whole[0] if whole else outward_of(text)
    if outward is None:
        area = gazetteer.named(text)
        return area.middle if area else None
    points = {
        row.postcode: Point(row.latitude, row.longitude)
        for row in connection.execute(select(postcodes).where(postcodes.c.outward == outward))
    }
    if whole and whole[1] in points:
        return points[whole[1]]
    return middle(points.values()) or _smallest(gazetteer.of_outward(outward))


def _smallest(areas: Iterable[Area]) -> Point | None:
    placed = [area for area in areas if area.middle]
    return min(placed, key=lambda area: len(area.outward)).middle if placed else None
