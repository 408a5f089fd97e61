"""What has been given out as FHIR: every version of every resource, what finds it, and what is still to do."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from directory.store.tables.kinds import Instant, metadata, serial_id

fhir_history = Table(
    "fhir_history",
    metadata,
    # Counted in `fhir_state`, under its lock: numbers commit in order and without holes.
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("type", String(32), nullable=False),
    Column("resource_id", String(64), nullable=False),
    Column("version_id", Integer, nullable=False),
    # When it was written (UTC, whole milliseconds), never before the row before it.
    Column("at", Instant, nullable=False),
    # When it was first seen committed; null until then. Whoever read before may have read without it.
    Column("seen_at", Instant),
    # The number of the row that took its place; one that no row has, while none did.
    Column("until", BigInteger, nullable=False),
    # What it is made from: "service leg-ulcer-clinic".
    Column("subject", String(80), nullable=False),
    # The day on which it changes by itself, if it does.
    Column("due", Date),
    Column("name", String(300), nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("type", "resource_id", "version_id"),
    Index("ix_fhir_history_state", "type", "until", "resource_id"),
    Index("ix_fhir_history_type", "type", "seq"),
    Index("ix_fhir_history_subject", "subject", "until"),
    Index("ix_fhir_history_at", "at", "seq"),
    Index("ix_fhir_history_seen_at", "seen_at", "seq"),
    Index(
        "ix_fhir_history_unseen", "seq", sqlite_where=text("seen_at IS NULL"), postgresql_where=text("seen_at IS NULL")
    ),
    Index("ix_fhir_history_due", "due", sqlite_where=text("due IS NOT NULL"), postgresql_where=text("due IS NOT NULL")),
)

# What each version can be found by. `qualifier` is a token's system, the text of a string as it is written, the first
# day of a period, or a longitude; `value` is the code, the text folded, the reference, the last day, or the latitude.
fhir_terms = Table(
    "fhir_terms",
    metadata,
    Column("seq", ForeignKey("fhir_history.seq"), primary_key=True, autoincrement=False),
    Column("param", String(32), primary_key=True),
    Column("qualifier", String(300), primary_key=True),
    Column("value", String(300), primary_key=True),
    Column("type", String(32), nullable=False),
    Index("ix_fhir_terms_value", "type", "param", "value", "seq"),
)

# One row, which is locked by whoever writes any of these: how far the directory has been followed.
fhir_state = Table(
    "fhir_state",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("change_number", BigInteger, nullable=False),
    Column("day", Date, nullable=False),
    # Which way of rendering everything was last rendered by; 0 before the first time.
    Column("rendering", Integer, nullable=False),
)

# Subjects to be looked at again, in the order of their numbers.
fhir_waiting = Table(
    "fhir_waiting",
    metadata,
    serial_id(),
    Column("subject", String(80), nullable=False),
)
