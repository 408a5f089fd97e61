"""Feeds of others that are read on a schedule: what each said last, and where this directory says otherwise."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from directory.store.tables.kinds import Instant, metadata, serial_id

sources = Table(
    "sources",
    metadata,
    serial_id(),
    Column("name", String(40), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("url", Text, nullable=False),
    Column("every_minutes", Integer, nullable=False),
    # Of a hundred services, how many may vanish at once without an editor being asked.
    Column("at_most", Integer, nullable=False),
    Column("keeper_id", ForeignKey("people.id")),
    Column("added_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False, index=True),
    Column("lease", String(32)),
    Column("leased_until", Instant),
    # How far it was read, in its own words: JSON, and empty until it was read once.
    Column("state", Text, nullable=False),
    Column("read_at", Instant),
    Column("failed", Boolean(create_constraint=False), nullable=False),
    Column("result", Text, nullable=False),
    # What could not be taken of it, a JSON list of lines.
    Column("notes", Text, nullable=False),
    # How many would be closed if an editor allowed it, and how many one has allowed.
    Column("missing", Integer, nullable=False),
    Column("may_close", Integer, nullable=False),
)

# What a source last said of a service, so that what was changed here since is told from what it changed itself.
source_services = Table(
    "source_services",
    metadata,
    Column("source_id", ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("foreign_id", String(300), primary_key=True),
    Column("service_id", ForeignKey("services.id"), nullable=False, index=True),
    Column("said", Text, nullable=False),
    # What both sides said when they were last compared: where it still names both, nothing is to be done.
    Column("seen", String(64), nullable=False),
    Column("gone", Boolean(create_constraint=False), nullable=False),
)

# The same of organisations, by what the source calls them.
source_organisations = Table(
    "source_organisations",
    metadata,
    Column("source_id", ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("foreign_id", String(300), primary_key=True),
    Column("organisation_id", ForeignKey("organisations.id"), nullable=False, index=True),
    Column("said", Text, nullable=False),
)

# What a source tells piece by piece, as it stands: a place may change without the services that are seen there.
source_resources = Table(
    "source_resources",
    metadata,
    Column("source_id", ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("body", Text, nullable=False),
)

source_clashes = Table(
    "source_clashes",
    metadata,
    Column("source_id", ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("service_id", ForeignKey("services.id"), primary_key=True),
    Column("field", String(32), primary_key=True),
    Column("theirs", Text, nullable=False),
    Column("seen_at", Instant, nullable=False),
    # Null until somebody decides to keep what is said here; theirs that is another asks anew.
    Column("kept_at", Instant),
    Index("ix_source_clashes_service_id", "service_id"),
)
