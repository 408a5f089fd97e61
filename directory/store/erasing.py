"""Everything that the database knows of a person, and how it goes. The number stays: history keeps its references.

Two sweeps: the tables in which rows belong to somebody, by their number; then every text of every table, by the
address, so that a table that is added later holds none unnoticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    String,
    Table,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from directory.store.database import Database
from directory.store.tables import metadata
from directory.store.tables.channels import channel_events, channels
from directory.store.tables.drafts import drafts
from directory.store.tables.fhir_subscriptions import fhir_events, fhir_subscriptions
from directory.store.tables.following import bounces, favourites, mail_stops, opt_outs
from directory.store.tables.identity import identities, letters, passkeys, sign_ins
from directory.store.tables.importing import uploads
from directory.store.tables.people import champions, memberships, people
from directory.store.tables.telling import deliveries, digests, excuses, subscription_terms, subscriptions
from directory.store.tables.trust import idempotent_answers, keys, sessions

# Rows that are somebody's own, and of no use to anybody else.
THEIRS = (
    champions, memberships, identities, passkeys, sessions, opt_outs, favourites, bounces, mail_stops, drafts, uploads,
    excuses,
)  # fmt: skip
# What was published, or was done. It is not altered: what it says of an address is for the caller to tell.
PUBLISHED = (
    "changes", "change_subjects", "change_terms", "service_versions", "organisation_versions", "team_versions",
    "version_terms", "page_versions", "audit", "services", "organisations", "teams", "identifiers", "successions",
    "fhir_history", "fhir_terms",
)  # fmt: skip
ERASED = "[erased]"
# Long enough not to be a part of a word of somebody else.
SHORTEST_NAME = 5


@dataclass(frozen=True, slots=True)
class Places:
    """In how many rows something was found and taken out, and where it still stands: table, key, column."""

    cleaned: int
    left: tuple[str, ...]


def erase_person(connection: Connection, person_id: int, *, at: datetime) -> None:
    """Let go of what is somebody's own, and of their name and address; what was sent and done keeps their number."""
    _erase_subscriptions(connection, person_id, at=at)
    for table in THEIRS:
        connection.execute(delete(table).where(table.c.person_id == person_id))
    mine = select(keys.c.id).where(keys.c.person_id == person_id)
    actors = [f"person {person_id}", *(f"key {key}" for key in connection.scalars(mine))]
    connection.execute(delete(idempotent_answers).where(idempotent_answers.c.actor.in_(actors)))
    connection.execute(
        update(keys).where(keys.c.person_id == person_id, keys.c.revoked_at.is_(None)).values(revoked_at=at)
    )
    for sent in (deliveries, digests):
        # A relay quotes the address in its reason.
        connection.execute(update(sent).where(sent.c.person_id == person_id).values(reason=None))
        over = {"state": "dropped", "lease": None, "leased_until": None, "next_attempt_at": None, "settled_at": at}
        connection.execute(update(sent).where(sent.c.person_id == person_id, sent.c.state == "pending").values(over))
    gone = {"email": None, "name": "", "editor": False, "erased_at": at, "away_until": None, "offered_at": None}
    connection.execute(update(people).where(people.c.id == person_id).values(gone))


def _erase_subscriptions(connection: Connection, person_id: int, *, at: datetime) -> None:
    theirs = select(subscriptions.c.id).where(subscriptions.c.person_id == person_id)
    for table in (channel_events, fhir_events, fhir_subscriptions, channels, subscription_terms):
        connection.execute(delete(table).where(table.c.subscription_id.in_(theirs)))
    mine = update(subscriptions).where(subscriptions.c.person_id == person_id)
    connection.execute(mine.values(address=None, label=""))
    connection.execute(mine.where(subscriptions.c.ended_at.is_(None)).values(ended_at=at))


def erase_text(connection: Connection, address: str, name: str = "") -> Places:
    """Take an address, and a whole name of two words, out of every text but what is published; case does not count."""
    connection.execute(delete(sign_ins).where(func.lower(sign_ins.c.email) == address))
    connection.execute(delete(letters).where(func.lower(letters.c.email) == address))
    sought = [address, *([name] if " " in name and len(name) >= SHORTEST_NAME else [])]
    pattern = re.compile("|".join(_whole(each) for each in sought), re.IGNORECASE)
    cleaned, left = 0, list[str]()
    for table, column in _texts():
        found = or_(*(func.lower(column).contains(each.lower(), autoescape=True) for each in sought))
        for row in connection.execute(select(*table.primary_key.columns, column.label("said")).where(found)).all():
            if not pattern.search(row.said):
                continue
            key = row[:-1]
            if table.name in PUBLISHED:
                left.append(f"{table.name} {', '.join(map(str, key))}: {column.name}")
                continue
            here = [each == value for each, value in zip(table.primary_key.columns, key, strict=True)]
            _reword(connection, table, here, {column.name: pattern.sub(ERASED, row.said)})
            cleaned += 1
    return Places(cleaned + _forget_answers(connection, pattern), tuple(left))


def _reword(connection: Connection, table: Table, here: list[ColumnElement[bool]], said: dict[str, str]) -> None:
    """Write a text without whom it named; where another row says the same already, and only one may, this one goes."""
    try:
        with connection.begin_nested():
            connection.execute(update(table).where(*here).values(said))
    except IntegrityError:
        connection.execute(delete(table).where(*here))


def _whole(sought: str) -> str:
    return rf"(?<![\w.+-]){re.escape(sought)}(?![\w-]|\.\w)"


def _forget_answers(connection: Connection, pattern: re.Pattern[str]) -> int:
    """Kept answers are bytes, which databases search each in their own way; they are few, and of one day."""
    table, count = idempotent_answers, 0
    for row in connection.execute(select(table.c.actor, table.c.key, table.c.body)).all():
        if pattern.search(row.body.decode("utf-8", "replace")):
            connection.execute(delete(table).where(table.c.actor == row.actor, table.c.key == row.key))
            count += 1
    return count


def _texts() -> Iterator[tuple[Table, Column[Any]]]:
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, String) and not isinstance(column.type, LargeBinary):
                yield table, column


def forget_pages(database: Database) -> str:
    """Make the database's own files forget what was deleted; returns what is left to do, empty where nothing is.

    SQLite: the file is written anew and the log beside it emptied. PostgreSQL: the tables are written anew; its log,
    and what backups hold, go in their own time.
    """
    with database.engine.connect().execution_options(**_ALONE[database.is_sqlite]) as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA busy_timeout=30000")
            connection.exec_driver_sql("VACUUM")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
            return "somebody is reading: run it again when Signpost is stopped" if busy else ""
        for table in sorted({each.name for each, _ in _texts()} - set(PUBLISHED)):
            # Statistics hold the commonest values of a column, addresses too.
            connection.exec_driver_sql(f'VACUUM (FULL, ANALYZE) "{table}"')
        return "PostgreSQL's write-ahead log holds the address until it is recycled or archived away"


_ALONE: dict[bool, dict[str, Any]] = {True: {"signpost_each": True}, False: {"isolation_level": "AUTOCOMMIT"}}
