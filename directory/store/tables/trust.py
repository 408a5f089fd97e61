"""Who is signed in, API keys, idempotent answers, and the audit trail."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, text

from directory.store.tables.kinds import Instant, metadata, serial_id

sessions = Table(
    "sessions",
    metadata,
    # Only a digest of the token is kept: a stolen copy of the table opens nothing.
    Column("token_sha256", String(64), primary_key=True),
    # What a person ends it by, among their own.
    Column("id", String(16), nullable=False, unique=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("method", String(16), nullable=False),
    Column("device", String(100), nullable=False),
    Column("created_at", Instant, nullable=False, index=True),
    Column("seen_at", Instant, nullable=False),
    Column("ended_at", Instant),
    # When a passkey was last shown.
    Column("confirmed_at", Instant),
    # What the browser's passkey has to sign next; taken once.
    Column("challenge", String(128)),
    Column("challenge_for", String(16)),
    Column("challenged_at", Instant),
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("secret_sha256", String(64), nullable=False, unique=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("scope", String(16), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
)

idempotent_answers = Table(
    "idempotent_answers",
    metadata,
    Column("actor", String(100), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("body_sha256", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False, index=True),
)

audit = Table(
    "audit",
    metadata,
    serial_id(),
    Column("at", Instant, nullable=False),
    # "person 12", "operator", "key ab12": never a name or an address, so that erasing a person leaves this whole.
    Column("actor", String(100), nullable=False),
    Column("action", String(32), nullable=False),
    Column("object", String(200), nullable=False),
    Column("details", Text, nullable=False),
    # Its place in the chain and its hash; nothing until the worker has sealed it, a moment later.
    Column("number", BigInteger),
    Column("sha256", String(64)),
    Index("ix_audit_object", "object"),
    Index("ix_audit_number", "number", unique=True),
    Index("ix_audit_unsealed", "id", sqlite_where=text("number IS NULL"), postgresql_where=text("number IS NULL")),
)

# What the nightly look at the directory found wrong, until it is not found any more.
findings = Table(
    "findings",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("subject", String(200), primary_key=True),
    Column("detail", Text, nullable=False),
    Column("since", Instant, nullable=False),
)
