"""Where services are mentioned: in what other entries say, and on pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, or_

from directory.store.tables.nouns import service_versions, services
from directory.store.versions import in_force

MOST = 200


def services_that_say(
    connection: Connection, texts: Iterable[str], *, besides: Iterable[str], on: date, limit: int = MOST
) -> list[str]:
    """The ids of services, not closed on a day, whose entry holds one of some texts; by id, one statement."""
    wanted = [text for text in dict.fromkeys(texts) if text]
    if not wanted:
        return []
    statement = in_force("service", on=on).where(
        or_(*(service_versions.c.facts.contains(text, autoescape=True) for text in wanted)),
        service_versions.c.status != "closed",
        services.c.id.not_in(list(besides)),
    )
    return list(connection.scalars(statement.with_only_columns(services.c.id).order_by(services.c.id).limit(limit)))
