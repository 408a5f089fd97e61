"""Channels besides mail: where a subscription is posted to, and the numbered events of each."""

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

from directory.store.tables.kinds import Instant, change_number, metadata

_WAITING = "sent < written AND stopped_at IS NULL"
_BEATS = "beat_at IS NOT NULL"

# A queue for each subscription: what was numbered and not yet accepted waits, in order, behind one lease.
channels = Table(
    "channels",
    metadata,
    Column("subscription_id", ForeignKey("subscriptions.id"), primary_key=True),
    # Sealed (`store.sealing`): whoever knows the address of a Slack or Teams channel can write into it.
    Column("url", Text, nullable=False),
    Column("secret", Text),
    # The one before, with which events are signed too until this instant.
    Column("former_secret", Text),
    Column("former_until", Instant),
    Column("made_by", ForeignKey("people.id")),
    # The last number given, and the last one that was accepted.
    Column("written", BigInteger, nullable=False, server_default="0"),
    Column("sent", BigInteger, nullable=False, server_default="0"),
    # The fence: a worker that lost its lease finds another token here and changes nothing.
    Column("lease", String(32)),
    Column("leased_until", Instant),
    Column("served_at", Instant),
    # Of the event that is next.
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("failing_since", Instant),
    Column("next_attempt_at", Instant),
    Column("reason", Text),
    Column("stopped_at", Instant),
    # When something is said although nothing happened: of FHIR, the handshake and each heartbeat.
    Column("beat_at", Instant),
    CheckConstraint("sent >= 0 AND sent <= written", name="numbers"),
    Index("ix_channels_waiting", "served_at", sqlite_where=text(_WAITING), postgresql_where=text(_WAITING)),
    Index("ix_channels_beat", "beat_at", sqlite_where=text(_BEATS), postgresql_where=text(_BEATS)),
)

channel_events = Table(
    "channel_events",
    metadata,
    Column("subscription_id", ForeignKey("channels.subscription_id"), primary_key=True),
    # From 1, without a hole.
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    # Of a change or of a version of a page.
    change_number(nullable=True),
    Column("page_id", String(64)),
    Column("page_number", Integer),
    Column("stage", String(16), nullable=False),
    Column("matched_at", Instant, nullable=False),
    Column("sent_at", Instant),
    UniqueConstraint("change_number", "stage", "subscription_id"),
    UniqueConstraint("page_id", "page_number", "subscription_id"),
    ForeignKeyConstraint(["page_id", "page_number"], ["page_versions.page_id", "page_versions.number"]),
    CheckConstraint(
        "(change_number IS NULL) <> (page_id IS NULL) AND (page_id IS NULL) = (page_number IS NULL)", name="source"
    ),
    CheckConstraint("stage IN ('announced', 'in-force', 'amended', 'withdrawn')", name="stage"),
)
