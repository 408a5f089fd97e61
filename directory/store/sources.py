"""Feeds of others that are read on a schedule: where they are, how the last reading went, and whose turn it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, insert, or_, select, update

from directory.errors import SourceNotFound
from directory.store.batches import read_json, write_json
from directory.store.tables.people import people
from directory.store.tables.sources import source_clashes, source_services, sources

SourceKind = Literal["hsds", "mcsd"]
KINDS: tuple[SourceKind, ...] = get_args(SourceKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A feed. `read_at` and `due_at` are instants (UTC); `result` and `notes` say how the last reading went.

    `missing` is how many services would be closed if an editor allowed it, and `may_close` how many one has allowed.
    `at_most` is of a hundred services how many may vanish at once without anybody being asked.
    """

    id: int
    name: str
    kind: SourceKind
    url: str
    every_minutes: int
    at_most: int
    keeper_id: int | None
    keeper: str
    due_at: datetime
    state: str
    read_at: datetime | None
    failed: bool
    result: str
    notes: tuple[str, ...]
    missing: int
    may_close: int
    services: int = 0
    clashes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSource:
    """A feed as it is added."""

    name: str
    kind: SourceKind
    url: str
    every_minutes: int
    at_most: int
    keeper_id: int | None


def add(connection: Connection, new: NewSource, *, at: datetime) -> bool:
    """Read a feed from now on; False where there is one of this name already."""
    if connection.execute(select(sources.c.id).where(sources.c.name == new.name)).first() is not None:
        return False
    begins = {"added_at": at, "due_at": at, "state": "", "failed": False, "result": "", "notes": "[]"}
    given = {name: getattr(new, name) for name in ("name", "kind", "url", "every_minutes", "at_most", "keeper_id")}
    connection.execute(insert(sources).values({**given, **begins, "missing": 0, "may_close": 0}))
    return True


def change(connection: Connection, source_id: int, new: NewSource, *, at: datetime) -> None:
    """Read a feed otherwise from now on; what it said stays known, and it is read next."""
    names = ("url", "every_minutes", "at_most", "keeper_id")
    given = {name: getattr(new, name) for name in names}
    connection.execute(update(sources).where(sources.c.id == source_id).values(**given, due_at=at))


def remove(connection: Connection, source_id: int) -> None:
    """Read a feed no more; the services that it brought stay, and what it said of them is forgotten."""
    connection.execute(delete(sources).where(sources.c.id == source_id))


def by_name(connection: Connection, name: str) -> Source:
    """The feed of a name; raises SourceNotFound."""
    row = connection.execute(_whole().where(sources.c.name == name)).one_or_none()
    if row is None:
        raise SourceNotFound(f"No feed is called {name}; `signpost source list` names them.")
    return _source(row)


def list_all(connection: Connection) -> list[Source]:
    """Every feed by its name, with how many services it speaks of and how many clashes wait for somebody."""
    return [_source(row) for row in connection.execute(_whole().order_by(sources.c.name))]


def put_off(connection: Connection, source_id: int, *, until: datetime, may_close: int | None = None) -> None:
    """Read it next at another instant; `may_close` is how many services it may then close."""
    values: dict[str, Any] = {"due_at": until} | ({} if may_close is None else {"may_close": may_close})
    connection.execute(update(sources).where(sources.c.id == source_id).values(values))


def any_due(connection: Connection, *, at: datetime) -> bool:
    """Whether a feed is to be read: asked twice a second, it must not keep a writer from the database."""
    return connection.execute(select(sources.c.id).where(*_due(at)).limit(1)).first() is not None


def claim(
    connection: Connection, *, lease: str, at: datetime, until: datetime, only: int | None = None
) -> Source | None:
    """Take the feed that has been due the longest, or `only` one, due or not; None where another reader has it."""
    wanted = [_free(at), sources.c.id == only] if only is not None else list(_due(at))
    waiting = select(sources.c.id).where(*wanted).order_by(sources.c.due_at, sources.c.id).limit(1)
    key: int | None = connection.scalar(waiting.with_for_update(skip_locked=True))
    if key is None:
        return None
    connection.execute(update(sources).where(sources.c.id == key).values(lease=lease, leased_until=until))
    return _source(connection.execute(_whole().where(sources.c.id == key)).one())


def holds(connection: Connection, source_id: int, *, lease: str) -> bool:
    """Whether a reader still has a feed; its row is then held until the transaction ends."""
    mine = and_(sources.c.id == source_id, sources.c.lease == lease)
    return connection.execute(select(sources.c.id).where(mine).with_for_update()).first() is not None


def release(connection: Connection, source_id: int, *, lease: str) -> None:
    """Give a feed back unread."""
    mine = and_(sources.c.id == source_id, sources.c.lease == lease)
    connection.execute(update(sources).where(mine).values(lease=None, leased_until=None))


def settle(connection: Connection, source_id: int, *, lease: str, notes: tuple[str, ...], **values: Any) -> bool:
    """Write down how a reading went and give the feed back; whether the lease still held."""
    mine = and_(sources.c.id == source_id, sources.c.lease == lease)
    final = {**values, "notes": write_json(notes), "lease": None, "leased_until": None}
    return connection.execute(update(sources).where(mine).values(final)).rowcount == 1


def _free(at: datetime) -> ColumnElement[bool]:
    return or_(sources.c.leased_until.is_(None), sources.c.leased_until <= at)


def _due(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return sources.c.due_at <= at, _free(at)


def _whole() -> Select[Any]:
    spoken = select(func.count()).where(source_services.c.source_id == sources.c.id, source_services.c.gone.is_(False))
    waiting = select(func.count()).where(source_clashes.c.source_id == sources.c.id, source_clashes.c.kept_at.is_(None))
    keeper = func.coalesce(func.nullif(people.c.name, ""), people.c.email, "").label("keeper")
    return select(
        sources, keeper, spoken.scalar_subquery().label("services"), waiting.scalar_subquery().label("clashes")
    ).outerjoin(people, and_(people.c.id == sources.c.keeper_id, people.c.erased_at.is_(None)))


def _source(row: Any) -> Source:
    names = (
        "id", "name", "kind", "url", "every_minutes", "at_most", "keeper_id", "keeper", "due_at", "state", "read_at",
        "failed", "result", "missing", "may_close", "services", "clashes",
    )  # fmt: skip
    return Source(**{name: getattr(row, name) for name in names}, notes=tuple(read_json(row.notes)))
