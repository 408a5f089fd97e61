"""Changes: the numbered, chained log from which everything else follows."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from directory.store.tables.kinds import Instant, change_number, metadata, serial_id

# One locked row a counter: a sequence would leave holes, and would not commit in order on PostgreSQL.
counters = Table(
    "counters",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("recorded_at", Instant),
)

changes = Table(
    "changes",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("slug", String(100), nullable=False),
    Column("title", Text, nullable=False),
    Column("kinds", Text, nullable=False),
    Column("effective_from", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("weight", String(8), nullable=False),
    Column("urgent", Boolean(create_constraint=False), nullable=False),
    Column("status", String(16), nullable=False),
    Column("why", Text, nullable=False),
    Column("what_to_do", Text, nullable=False),
    Column("in_flight", Text, nullable=False),
    Column("published_by", ForeignKey("people.id")),
    Column("import_id", ForeignKey("imports.id")),
    Column("record", Text, nullable=False),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("previous", String(64), nullable=False, unique=True),
    Column("supersedes", BigInteger),
    Column("superseded_by", BigInteger),
    Column("reverses", BigInteger),
    # Why it was published without the agreement that it needed; empty for all others.
    Column("override", Text, nullable=False, server_default=text("''")),
    # The states of the walk: each is null until its step has done its work for this change.
    Column("announced_at", Instant),
    Column("told_in_force_at", Instant),
    Column("written_at", Instant),
    CheckConstraint("weight IN ('major', 'minor')", name="weight"),
    CheckConstraint("status IN ('published', 'withdrawn')", name="status"),
    Index("ix_changes_effective_from", "effective_from"),
    Index(
        "ix_changes_unannounced",
        "number",
        sqlite_where=text("announced_at IS NULL"),
        postgresql_where=text("announced_at IS NULL"),
    ),
    Index(
        "ix_changes_untold",
        "effective_from",
        sqlite_where=text("told_in_force_at IS NULL"),
        postgresql_where=text("told_in_force_at IS NULL"),
    ),
    Index(
        "ix_changes_unwritten",
        "number",
        sqlite_where=text("written_at IS NULL"),
        postgresql_where=text("written_at IS NULL"),
    ),
)

change_subjects = Table(
    "change_subjects",
    metadata,
    change_number(primary_key=True),
    Column("noun", String(16), primary_key=True),
    Column("subject_id", String(64), primary_key=True),
    Column("version", Integer),
    Column("effective_from", Date, nullable=False),
    Column("set", Text, nullable=False),
    Index("ix_change_subjects_subject", "noun", "subject_id", "effective_from"),
)

# What subscriptions are matched against. `subject_id` is the service that the terms are of.
change_terms = Table(
    "change_terms",
    metadata,
    change_number(primary_key=True),
    Column("subject_id", String(64), primary_key=True),
    Column("facet", String(16), primary_key=True),
    Column("value", String(300), primary_key=True),
    # The value first: a facet alone is half of the table, and SQLite would choose it before the change's number.
    Index("ix_change_terms_value_facet", "value", "facet"),
)

imports = Table(
    "imports",
    metadata,
    serial_id(),
    Column("format", String(32), nullable=False),
    Column("source", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("person_id", ForeignKey("people.id")),
    Column("first_change", BigInteger),
    Column("last_change", BigInteger),
    # How many services it opened, changed, closed and found as they were; null of those from before these were counted.
    Column("opened", Integer),
    Column("changed", Integer),
    Column("closed", Integer),
    Column("unchanged", Integer),
)

# Since when changes up to a number were seen committed: whoever read before may have read without the last of them.
seen_changes = Table(
    "seen_changes",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("seen_at", Instant, nullable=False, index=True),
)
