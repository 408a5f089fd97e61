"""Changes that somebody is still writing, as plain data: nobody but their author reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Select, delete, insert, select, update

from directory.store.batches import read_json, write_json
from directory.store.tables.drafts import drafts

State = Literal["open", "sent"]


@dataclass(frozen=True, slots=True)
class Row:
    """One draft; `body` is what `actions.writing` makes of it."""

    id: str
    person_id: int
    state: State
    body: Mapping[str, Any]
    updated_at: datetime


def add(connection: Connection, row: Row) -> None:
    """Write a new draft down."""
    connection.execute(
        insert(drafts).values(
            id=row.id,
            person_id=row.person_id,
            state=row.state,
            body=write_json(row.body),
            updated_at=row.updated_at,
        )
    )


def put(connection: Connection, row: Row) -> None:
    """Keep what was saved of a draft; one that was sent stays as it was."""
    values = {"body": write_json(row.body), "state": row.state, "updated_at": row.updated_at}
    connection.execute(update(drafts).where(drafts.c.id == row.id, drafts.c.state == "open").values(values))


def load(connection: Connection, draft_id: str, *, person_id: int, hold: bool = False) -> Row | None:
    """A draft of a person's own, held until this transaction ends where asked; None where it is not theirs."""
    statement = _own(person_id).where(drafts.c.id == draft_id)
    row = connection.execute(statement.with_for_update() if hold else statement).one_or_none()
    return _read(row) if row else None


def is_there(connection: Connection, draft_id: str) -> bool:
    """Whether there is such a draft, whosever it is."""
    return connection.execute(select(drafts.c.id).where(drafts.c.id == draft_id)).first() is not None


def open_ones(connection: Connection, *, person_id: int, limit: int) -> list[Row]:
    """A person's drafts that were not sent, the last saved first."""
    statement = _own(person_id).where(drafts.c.state == "open")
    return [_read(row) for row in connection.execute(statement.order_by(drafts.c.updated_at.desc()).limit(limit))]


def remove(connection: Connection, draft_id: str, *, person_id: int) -> bool:
    """Let go of one; whether there was one to let go of."""
    gone = delete(drafts).where(drafts.c.id == draft_id, drafts.c.person_id == person_id, drafts.c.state == "open")
    return connection.execute(gone).rowcount == 1


def forget(connection: Connection, *, before: datetime) -> int:
    """Let go of those that nobody saved since an instant; returns how many."""
    return connection.execute(delete(drafts).where(drafts.c.updated_at < before)).rowcount


def _own(person_id: int) -> Select[Any]:
    return select(drafts).where(drafts.c.person_id == person_id)


def _read(row: Any) -> Row:
    return Row(row.id, row.person_id, row.state, read_json(row.body), row.updated_at)
