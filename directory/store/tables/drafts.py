"""Changes that somebody is still writing. They are nobody's business but their author's, and go after a while."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, Table, Text

from directory.store.tables.kinds import Instant, metadata

drafts = Table(
    "drafts",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    # Sent once it was published or offered: pressing twice finds it so, and does nothing again.
    Column("state", String(16), nullable=False),
    Column("body", Text, nullable=False),
    Column("updated_at", Instant, nullable=False, index=True),
    CheckConstraint("state IN ('open', 'sent')", name="state"),
    Index("ix_drafts_person", "person_id", "updated_at"),
)
