"""Passkeys: the public half of what a person's device signs with (Web Authentication, level 3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from directory.store.tables.identity import passkeys


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey; `id` is the credential's own, base64url."""

    id: str
    person_id: int
    public_key: bytes
    sign_count: int
    name: str
    created_at: datetime
    used_at: datetime | None = None


def add(connection: Connection, passkey: Passkey) -> None:
    """Keep a passkey."""
    connection.execute(
        insert(passkeys).values(
            id=passkey.id,
            person_id=passkey.person_id,
            public_key=passkey.public_key,
            sign_count=passkey.sign_count,
            name=passkey.name,
            created_at=passkey.created_at,
        )
    )


def of_person(connection: Connection, person_id: int) -> list[Passkey]:
    """A person's passkeys, oldest first."""
    rows = connection.execute(
        select(passkeys).where(passkeys.c.person_id == person_id).order_by(passkeys.c.created_at, passkeys.c.id)
    )
    return [_passkey(row) for row in rows]


def find(connection: Connection, id: str) -> Passkey | None:
    """A passkey by its id, held until the transaction ends."""
    row = connection.execute(select(passkeys).where(passkeys.c.id == id).with_for_update()).one_or_none()
    return None if row is None else _passkey(row)


def used(connection: Connection, id: str, *, sign_count: int, at: datetime) -> None:
    """Note that a passkey signed, and how often it says it did so far."""
    connection.execute(update(passkeys).where(passkeys.c.id == id).values(sign_count=sign_count, used_at=at))


def remove(connection: Connection, person_id: int, id: str) -> bool:
    """Let go of a passkey of a person's own; whether there was one."""
    mine = delete(passkeys).where(passkeys.c.id == id, passkeys.c.person_id == person_id)
    return connection.execute(mine).rowcount == 1


def remove_all(connection: Connection, person_id: int) -> int:
    """Let go of all of a person's; returns how many there were."""
    return connection.execute(delete(passkeys).where(passkeys.c.person_id == person_id)).rowcount


def _passkey(row: Any) -> Passkey:
    return Passkey(row.id, row.person_id, bytes(row.public_key), row.sign_count, row.name, row.created_at, row.used_at)
