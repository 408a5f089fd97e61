"""Subscriptions, deliveries, digests and acknowledgements."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.schema import SchemaItem

from directory.store.tables.kinds import Instant, change_number, metadata, serial_id

subscriptions = Table(
    "subscriptions",
    metadata,
    serial_id(),
    Column("person_id", ForeignKey("people.id"), index=True),
    Column("team_id", ForeignKey("teams.id"), index=True),
    Column("rank", Integer, nullable=False),
    Column("channel", String(16), nullable=False),
    Column("address", Text),
    Column("label", Text, nullable=False),
    # How many facets must each meet one of their terms.
    Column("facets", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("paused_until", Instant),
    Column("ended_at", Instant),
    CheckConstraint("(person_id IS NULL) <> (team_id IS NULL)", name="one_subscriber"),
    CheckConstraint("rank IN (0, 1, 2)", name="rank"),
)

subscription_terms = Table(
    "subscription_terms",
    metadata,
    Column("subscription_id", ForeignKey("subscriptions.id"), primary_key=True),
    Column("facet", String(16), primary_key=True),
    Column("value", String(300), primary_key=True),
    Index("ix_subscription_terms_facet_value", "facet", "value", "subscription_id"),
)


def _sending() -> list[SchemaItem]:
    """What a thing that is sent keeps of its sending: its state, a lease with a fence, and what became of it."""
    return [
        Column("state", String(16), nullable=False),
        # The fence: a worker that lost its lease finds another token here and changes nothing.
        Column("lease", String(32)),
        Column("leased_until", Instant),
        Column("attempts", Integer, nullable=False, server_default="0"),
        Column("next_attempt_at", Instant),
        Column("settled_at", Instant),
        Column("reason", Text),
        CheckConstraint("state IN ('pending', 'accepted', 'failed', 'dropped')", name="state"),
    ]


digests = Table(
    "digests",
    metadata,
    serial_id(),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("slot_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    *_sending(),
    UniqueConstraint("person_id", "slot_at"),
    Index(
        "ix_digests_pending",
        "next_attempt_at",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
)

deliveries = Table(
    "deliveries",
    metadata,
    serial_id(),
    # Of a change or of a version of a page.
    change_number(nullable=True),
    Column("page_id", String(64)),
    Column("page_number", Integer),
    Column("stage", String(16), nullable=False),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("rank", Integer, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("matched_at", Instant, nullable=False),
    Column("digest_id", ForeignKey("digests.id"), index=True),
    *_sending(),
    UniqueConstraint("change_number", "stage", "person_id", "channel"),
    UniqueConstraint("page_id", "page_number", "person_id", "channel"),
    ForeignKeyConstraint(["page_id", "page_number"], ["page_versions.page_id", "page_versions.number"]),
    CheckConstraint(
        "(change_number IS NULL) <> (page_id IS NULL) AND (page_id IS NULL) = (page_number IS NULL)", name="source"
    ),
    CheckConstraint("stage IN ('announced', 'in-force', 'amended', 'withdrawn')", name="stage"),
    Index(
        "ix_deliveries_undigested",
        "rank",
        "person_id",
        sqlite_where=text("state = 'pending' AND digest_id IS NULL"),
        postgresql_where=text("state = 'pending' AND digest_id IS NULL"),
    ),
    Index("ix_deliveries_person", "person_id"),
)

# The slots that have been run, so that missed ones are made up and none runs twice.
digest_slots = Table(
    "digest_slots",
    metadata,
    Column("slot_at", Instant, primary_key=True),
    Column("run_at", Instant, nullable=False),
)

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("change_number", ForeignKey("changes.number"), primary_key=True),
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    # The team that a champion speaks for; empty for "I have read this".
    Column("team_id", String(64), primary_key=True, server_default=""),
    Column("at", Instant, nullable=False),
)

# Subscribers' own numbering of webhook events, so that a receiver sees a hole.
webhook_sequences = Table(
    "webhook_sequences",
    metadata,
    Column("subscription_id", ForeignKey("subscriptions.id"), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
