"""Imports as batches: what came beside their changes, which were undone, and files that wait to be imported."""

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
    LargeBinary,
    String,
    Table,
    Text,
)

from directory.store.tables.kinds import Instant, metadata

# Its key is that of the import: there is no undoing it a second time.
undone_imports = Table(
    "undone_imports",
    metadata,
    Column("import_id", ForeignKey("imports.id"), primary_key=True),
    Column("person_id", ForeignKey("people.id")),
    Column("undone_at", Instant, nullable=False),
    Column("why", Text, nullable=False),
    Column("first_change", BigInteger),
    Column("last_change", BigInteger),
)

# The memberships that an import wrote, and the end that each had before.
import_memberships = Table(
    "import_memberships",
    metadata,
    Column("import_id", ForeignKey("imports.id"), primary_key=True),
    Column("member", String(64), primary_key=True),
    Column("of", String(64), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("start", Date, primary_key=True),
    Column("new", Boolean(create_constraint=False), nullable=False),
    Column("end_before", Date),
    Column("end", Date),
)

# The services that an import had said to be checked, once it was undone: they read otherwise without a change.
undone_checks = Table(
    "undone_checks",
    metadata,
    Column("import_id", ForeignKey("imports.id"), primary_key=True),
    Column("service_id", ForeignKey("services.id"), primary_key=True, index=True),
    Column("undone_at", Instant, nullable=False),
    # As in `checks`.
    Column("seen_at", Instant, index=True),
)

# A file that somebody is looking through before it is imported. It is its sender's alone, and goes after a day.
uploads = Table(
    "uploads",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("format", String(32), nullable=False),
    Column("effective_from", Date, nullable=False),
    Column("complete", Boolean(create_constraint=False), nullable=False),
    Column("uploaded_at", Instant, nullable=False, index=True),
    # Null where it cannot be imported, and once it was: what is of no more use is not kept.
    Column("data", LargeBinary),
    # What importing it would do, as it was shown: another digest is another preview.
    Column("sha256", String(64), nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("import_id", ForeignKey("imports.id")),
)

upload_lines = Table(
    "upload_lines",
    metadata,
    Column("upload_id", ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("row", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_upload_lines_kind", "upload_id", "kind", "place"),
    CheckConstraint("kind IN ('problem', 'note', 'new', 'changed', 'closed', 'other')", name="kind"),
)
