"""What feeds last said of services and organisations, and where somebody here has said otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql

from directory.store.batches import in_batches
from directory.store.tables.sources import (
    source_clashes,
    source_organisations,
    source_resources,
    source_services,
    sources,
)


@dataclass(frozen=True, slots=True)
class Known:
    """A service that a feed speaks of: ours, what it last said (JSON), and whether it lists it no more.

    `seen` names what both sides said when they were last compared.
    """

    service_id: str
    said: str
    gone: bool = False
    seen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """A field in which a feed and this directory differ; `theirs` is a JSON object of that one field.

    `kept_at` is when somebody decided to keep what is said here, of what the feed says now.
    """

    source_id: int
    source: str
    service_id: str
    field: str
    theirs: str
    seen_at: datetime
    kept_at: datetime | None


def services(connection: Connection, source_id: int) -> dict[str, Known]:
    """Every service that a feed ever spoke of, by what it calls them."""
    table = source_services
    wanted = select(table.c.foreign_id, table.c.service_id, table.c.said, table.c.gone, table.c.seen)
    rows = connection.execute(wanted.where(table.c.source_id == source_id))
    return {row.foreign_id: Known(row.service_id, row.said, row.gone, row.seen) for row in rows}


def put_services(connection: Connection, source_id: int, known: Mapping[str, Known]) -> None:
    """Write down what a feed says now of some services."""
    rows = [
        {
            "source_id": source_id,
            "foreign_id": key,
            "service_id": it.service_id,
            "said": it.said,
            "gone": it.gone,
            "seen": it.seen,
        }
        for key, it in known.items()
    ]
    if rows:
        new = postgresql.insert(source_services)
        now = {name: new.excluded[name] for name in ("service_id", "said", "gone", "seen")}
        keys = [source_services.c.source_id, source_services.c.foreign_id]
        connection.execute(new.on_conflict_do_update(index_elements=keys, set_=now), rows)


def spoken_of(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Which of our services any feed speaks of."""
    found: set[str] = set()
    for batch in in_batches(ids):
        found |= set(
            connection.scalars(
                select(source_services.c.service_id).where(source_services.c.service_id.in_(batch)).distinct()
            )
        )
    return found


def organisations(connection: Connection, source_id: int) -> dict[str, tuple[str, str]]:
    """Every organisation that a feed ever named, by what it calls them: our id, and what it said (JSON)."""
    table = source_organisations
    rows = connection.execute(select(table).where(table.c.source_id == source_id))
    return {row.foreign_id: (row.organisation_id, row.said) for row in rows}


def put_organisations(connection: Connection, source_id: int, known: Mapping[str, tuple[str, str]]) -> None:
    """Write down what a feed says now of some organisations."""
    rows = [
        {"source_id": source_id, "foreign_id": key, "organisation_id": organisation, "said": said}
        for key, (organisation, said) in known.items()
    ]
    if rows:
        new = postgresql.insert(source_organisations)
        now = {name: new.excluded[name] for name in ("organisation_id", "said")}
        keys = [source_organisations.c.source_id, source_organisations.c.foreign_id]
        connection.execute(new.on_conflict_do_update(index_elements=keys, set_=now), rows)


def resources(connection: Connection, source_id: int) -> dict[str, str]:
    """What a feed told piece by piece, as it stands: JSON by type and id."""
    table = source_resources
    rows = connection.execute(select(table.c.key, table.c.body).where(table.c.source_id == source_id))
    return {row.key: row.body for row in rows}


def put_resources(connection: Connection, source_id: int, told: Mapping[str, str | None]) -> None:
    """Write down pieces as they stand now; None of what is not there any more."""
    table = source_resources
    for batch in in_batches(key for key, body in told.items() if body is None):
        connection.execute(delete(table).where(table.c.source_id == source_id, table.c.key.in_(batch)))
    rows = [{"source_id": source_id, "key": key, "body": body} for key, body in told.items() if body is not None]
    if rows:
        new = postgresql.insert(table)
        upsert = new.on_conflict_do_update(
            index_elements=[table.c.source_id, table.c.key], set_={"body": new.excluded.body}
        )
        connection.execute(upsert, rows)


def put_clashes(
    connection: Connection, source_id: int, found: Mapping[tuple[str, str], str], *, of: Iterable[str], at: datetime
) -> None:
    """What of some services (`of`) differs, by service and field, each as JSON: all there is of these.

    What somebody decided to keep stays decided for as long as the feed says the same.
    """
    table = source_clashes
    before: dict[tuple[str, str], str] = {}
    for batch in in_batches(of):
        known = select(table).where(table.c.source_id == source_id, table.c.service_id.in_(batch))
        before |= {(row.service_id, row.field): row.theirs for row in connection.execute(known)}
    if over := [{"service": service, "name": name} for service, name in before.keys() - found.keys()]:
        these = (table.c.service_id == bindparam("service"), table.c.field == bindparam("name"))
        connection.execute(delete(table).where(table.c.source_id == source_id, *these), over)
    rows = [
        {"source_id": source_id, "service_id": key[0], "field": key[1], "theirs": theirs, "seen_at": at}
        for key, theirs in found.items()
        if before.get(key) != theirs
    ]
    if rows:
        new = postgresql.insert(table)
        now = {"theirs": new.excluded.theirs, "seen_at": new.excluded.seen_at, "kept_at": None}
        keys = [table.c.source_id, table.c.service_id, table.c.field]
        connection.execute(new.on_conflict_do_update(index_elements=keys, set_=now), rows)


def how_many(connection: Connection, source_id: int) -> int:
    """How many fields a feed says otherwise."""
    count = select(func.count()).where(source_clashes.c.source_id == source_id)
    return int(connection.scalar(count) or 0)


def clashes(connection: Connection, *, source_id: int | None = None, limit: int = 500) -> list[Clash]:
    """The clashes of a feed, or of all: those that wait for somebody first, the newest first."""
    wanted = _clashes() if source_id is None else _clashes().where(source_clashes.c.source_id == source_id)
    order = (source_clashes.c.kept_at.is_not(None), source_clashes.c.seen_at.desc(), source_clashes.c.service_id)
    return [_clash(row) for row in connection.execute(wanted.order_by(*order, source_clashes.c.field).limit(limit))]


def clashes_of(connection: Connection, service_id: str) -> list[Clash]:
    """The clashes of a service that wait for somebody."""
    wanted = _clashes().where(source_clashes.c.service_id == service_id, source_clashes.c.kept_at.is_(None))
    return [_clash(row) for row in connection.execute(wanted.order_by(sources.c.name, source_clashes.c.field))]


def clash(connection: Connection, source_id: int, service_id: str, field: str) -> Clash | None:
    """One clash, held until the transaction ends; None where it is over."""
    this = _this(source_id, service_id, field)
    row = connection.execute(_clashes().where(*this).with_for_update(of=source_clashes)).one_or_none()
    return _clash(row) if row is not None else None


def keep(connection: Connection, it: Clash, *, at: datetime) -> None:
    """What is said here stays, for as long as the feed says the same."""
    this = _this(it.source_id, it.service_id, it.field)
    connection.execute(update(source_clashes).where(*this).values(kept_at=at))


def end(connection: Connection, it: Clash) -> None:
    """They do not differ any more."""
    connection.execute(delete(source_clashes).where(*_this(it.source_id, it.service_id, it.field)))


def _this(source_id: int, service_id: str, field: str) -> tuple[Any, ...]:
    table = source_clashes
    return table.c.source_id == source_id, table.c.service_id == service_id, table.c.field == field


def _clashes() -> Select[Any]:
    return select(source_clashes, sources.c.name.label("source")).join(
        sources, sources.c.id == source_clashes.c.source_id
    )


def _clash(row: Any) -> Clash:
    names = ("source_id", "source", "service_id", "field", "theirs", "seen_at", "kept_at")
    return Clash(**{name: getattr(row, name) for name in names})
