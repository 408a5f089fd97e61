"""Subscriptions, deliveries, digests and acknowledgements."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
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
    false,
    text,
)
from sqlalchemy.schema import SchemaItem

from directory.store.tables.kinds import Instant, change_number, metadata, serial_id


def _index(name: str, *columns: str, where: str) -> Index:
    """An index of a queue: of what waits, whatever was settled in twenty years."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


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
    # Of a team: its members cannot opt out.
    Column("mandatory", Boolean(create_constraint=False), nullable=False, server_default=false()),
    CheckConstraint("(person_id IS NULL) <> (team_id IS NULL)", name="one_subscriber"),
    CheckConstraint("rank IN (0, 1, 2)", name="rank"),
    # Those who asked for every change: few, and asked for with each.
    _index("ix_subscriptions_everything", "id", where="facets = 0"),
)

subscription_terms = Table(
    "subscription_terms",
    metadata,
    Column("subscription_id", ForeignKey("subscriptions.id"), primary_key=True),
    Column("facet", String(16), primary_key=True),
    Column("value", String(300), primary_key=True),
    # As in the subscription: one that stands alone is matched without counting. 0 is not known: it is counted.
    Column("facets", Integer, nullable=False, server_default="0"),
    Index("ix_subscription_terms_facet_value", "facet", "value", "facets", "subscription_id"),
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
    _index("ix_digests_pending", "id", where="state = 'pending'"),
    _index("ix_digests_lease", "lease", where="lease IS NOT NULL"),
    _index("ix_digests_failed", "id", where="state = 'failed'"),
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
    Column("digest_id", ForeignKey("digests.id")),
    *_sending(),
    # As its change is: it goes out before everything else.
    Column("urgent", Boolean(create_constraint=False), nullable=False, server_default=false()),
    UniqueConstraint("change_number", "stage", "person_id", "channel"),
    UniqueConstraint("page_id", "page_number", "person_id", "channel"),
    ForeignKeyConstraint(["page_id", "page_number"], ["page_versions.page_id", "page_versions.number"]),
    CheckConstraint(
        "(change_number IS NULL) <> (page_id IS NULL) AND (page_id IS NULL) = (page_number IS NULL)", name="source"
    ),
    CheckConstraint("stage IN ('announced', 'in-force', 'amended', 'withdrawn')", name="stage"),
    _index("ix_deliveries_digest", "digest_id", where="digest_id IS NOT NULL"),
    _index("ix_deliveries_undigested", "rank", "person_id", where="state = 'pending' AND digest_id IS NULL"),
    _index("ix_deliveries_at_once", "urgent", "id", where="state = 'pending' AND digest_id IS NULL AND rank = 0"),
    _index("ix_deliveries_pending", "change_number", where="state = 'pending'"),
    _index("ix_deliveries_lease", "lease", where="lease IS NOT NULL"),
    _index("ix_deliveries_failed", "id", where="state = 'failed'"),
    Index("ix_deliveries_person", "person_id"),
)

# A relay is away for everybody, and its rate is that of all who send by it.
relays = Table(
    "relays",
    metadata,
    Column("name", String(300), primary_key=True),
    Column("away_since", Instant),
    Column("next_attempt_at", Instant),
    Column("reason", Text),
    # When what was taken of its rate is given back (the generic cell rate algorithm, ITU-T I.371), since 1970.
    Column("free_at_ms", BigInteger, nullable=False, server_default="0"),
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
    change_number(primary_key=True),
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    # The team that a champion speaks for; empty for "I have read this".
    Column("team_id", String(64), primary_key=True, server_default=""),
    Column("at", Instant, nullable=False),
    # Seconds since its publication, and since the day on which it takes effect began; before that, less than nothing.
    Column("after_publication", BigInteger, nullable=False),
    Column("after_effect", BigInteger, nullable=False),
    Index("ix_acknowledgements_person", "person_id"),
)

# Whom an urgent change does not concern after all: nobody reminds them.
excuses = Table(
    "excuses",
    metadata,
    change_number(primary_key=True),
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("at", Instant, nullable=False),
)
