"""How people come in: sign-ins asked for, identities of OpenID providers, passkeys; letters to one address; limits.

Addresses stand here only while they are needed: a sign-in goes when it expires, a letter's address when it is settled.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from directory.store.tables.kinds import Instant, metadata, serial_id

sign_ins = Table(
    "sign_ins",
    metadata,
    # The link and the code are worked out from it with the secret: a stolen copy of the table opens nothing.
    Column("id", String(32), primary_key=True),
    Column("email", String(320), nullable=False),
    Column("browser_sha256", String(64), nullable=False, index=True),
    Column("next_path", Text, nullable=False),
    # Of an OpenID provider that did not vouch for the address: the mail does.
    Column("issuer", String(300)),
    Column("subject", String(255)),
    Column("asked_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("used_at", Instant),
    # The session that began with it: whoever presses its button twice comes in once.
    Column("session_id", String(16)),
)

letters = Table(
    "letters",
    metadata,
    serial_id(),
    Column("kind", String(16), nullable=False),
    Column("email", String(320)),
    Column("facts", Text, nullable=False),
    Column("queued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", Instant),
    Column("lease", String(32)),
    Column("leased_until", Instant),
    Column("settled_at", Instant),
    CheckConstraint("state IN ('pending', 'accepted', 'failed', 'dropped')", name="state"),
    Index("ix_letters_due", "state", "next_attempt_at"),
)

identities = Table(
    "identities",
    metadata,
    Column("issuer", String(300), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
)

passkeys = Table(
    "passkeys",
    metadata,
    # The credential's own id, base64url.
    Column("id", String(1400), primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", String(100), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("used_at", Instant),
)

allowances = Table(
    "allowances",
    metadata,
    # A keyed digest of what is limited, so that no address and no network can be read from it.
    Column("key", String(64), primary_key=True),
    # Milliseconds since 1970: what was taken so far is given back by then.
    Column("until_ms", BigInteger, nullable=False, index=True),
)

call_counts = Table(
    "call_counts",
    metadata,
    # A keyed digest of who calls, and the minute since 1970 in which: rows of the minutes before are let go.
    Column("name", String(64), primary_key=True),
    Column("window", BigInteger, primary_key=True, autoincrement=False, index=True),
    Column("calls", BigInteger, nullable=False),
)
