"""The register of areas, as the directory's files give it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from directory.domain.area import Area
from directory.domain.change import fold
from directory.shapes import from_json, to_json
from directory.store.tables.places import areas


def load(connection: Connection) -> list[Area]:
    """Every area, in the order of names."""
    found = [from_json(Area, text) for text in connection.scalars(select(areas.c.area))]
    return sorted(found, key=lambda area: (fold(area.name), area.name))


def stamp(connection: Connection) -> tuple[int, datetime | None]:
    """What differs whenever the register does: how many areas, and when the last was written."""
    row = connection.execute(select(func.count(), func.max(areas.c.recorded_at))).one()
    return int(row[0]), row[1]


def put(connection: Connection, given: Sequence[Area], *, at: datetime) -> None:
    """Write areas; one whose name is there already, in any case, is replaced."""
    if not given:
        return
    rows = {fold(area.name): {"area": to_json(area).decode(), "recorded_at": at} for area in given}
    connection.execute(delete(areas).where(areas.c.key.in_(rows)))
    connection.execute(areas.insert(), [{"key": key, **row} for key, row in rows.items()])
