"""Subscriptions of FHIR: what beside its channel each of them asks for, and its numbered events."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, String, Table, Text

from directory.store.tables.kinds import Instant, metadata

fhir_subscriptions = Table(
    "fhir_subscriptions",
    metadata,
    Column("subscription_id", ForeignKey("channels.subscription_id"), primary_key=True),
    Column("topic", String(32), nullable=False),
    # empty, id-only or full-resource.
    Column("content", String(16), nullable=False),
    # As they were written, and as they are held against a resource: two lists in JSON.
    Column("filters", Text, nullable=False),
    Column("conditions", Text, nullable=False),
    Column("reason", Text, nullable=False),
    # Sealed, as the address is: a header is where a receiver has its password.
    Column("headers", Text, nullable=False),
    Column("heartbeat_seconds", Integer),
    Column("timeout_seconds", Integer),
    Column("max_count", Integer),
    Column("ends_at", Instant),
    # When the receiver answered the first message, which says nothing but that it is there.
    Column("shaken_at", Instant),
    # Up to which row of `fhir_history` its events were written.
    Column("matched_seq", BigInteger, nullable=False),
    CheckConstraint("content IN ('empty', 'id-only', 'full-resource')", name="content"),
)

fhir_events = Table(
    "fhir_events",
    metadata,
    Column("subscription_id", ForeignKey("channels.subscription_id"), primary_key=True),
    # From 1, without a hole.
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", ForeignKey("fhir_history.seq"), nullable=False),
)
