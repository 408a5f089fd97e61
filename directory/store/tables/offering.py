"""What waits for somebody's agreement, the services that need two people, and what one person published alone."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text, text

from directory.store.tables.kinds import Instant, change_number, metadata, serial_id

offers = Table(
    "offers",
    metadata,
    serial_id(),
    Column("ref", String(16), nullable=False, unique=True),
    # The whole change as it was written, as JSON.
    Column("draft", Text, nullable=False),
    # The author: their person, what the audit trail calls them, whether they are an editor, and the teams they led.
    Column("person_id", ForeignKey("people.id"), index=True),
    Column("actor", String(100), nullable=False),
    Column("editor", Boolean(create_constraint=False), nullable=False),
    Column("teams", Text, nullable=False),
    Column("offered_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    # How often it was written: who agrees names the one that they read.
    Column("version", Integer, nullable=False),
    # The version of each service that it was written upon.
    Column("read", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("settled_at", Instant),
    Column("settled_by", ForeignKey("people.id")),
    change_number(nullable=True),
    CheckConstraint("state IN ('waiting', 'published', 'declined', 'withdrawn', 'expired')", name="state"),
    Index("ix_offers_change", "change_number"),
    Index(
        "ix_offers_waiting",
        "expires_at",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)

offer_needs = Table(
    "offer_needs",
    metadata,
    Column("offer_id", ForeignKey("offers.id"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    # A team's slug; empty where no team owns it.
    Column("team", String(100), primary_key=True),
    Column("agreed_at", Instant),
    Column("agreed_by", ForeignKey("people.id")),
    # Whether they stood in for the team, as an editor; not known of what was agreed to before version 0.2.
    Column("as_editor", Boolean(create_constraint=False)),
    CheckConstraint("kind IN ('accept', 'approve')", name="kind"),
    Index("ix_offer_needs_team", "team"),
)

# The reports that an offer answers: they are settled when it is published, and stay open otherwise.
offer_reports = Table(
    "offer_reports",
    metadata,
    Column("offer_id", ForeignKey("offers.id"), primary_key=True),
    Column("report_id", ForeignKey("reports.id"), primary_key=True),
    Index("ix_offer_reports_report", "report_id"),
)

# In which role somebody published without the agreement that it took: as an editor, or as a lead of these teams.
overrides = Table(
    "overrides",
    metadata,
    change_number(primary_key=True),
    Column("editor", Boolean(create_constraint=False), nullable=False),
    Column("teams", Text, nullable=False),
)

# How a service is governed, not what its entry says: it has no versions, and its past is in the audit trail.
critical_services = Table(
    "critical_services",
    metadata,
    Column("service_id", ForeignKey("services.id"), primary_key=True),
    Column("since", Instant, nullable=False),
    Column("person_id", ForeignKey("people.id")),
)

# How often a service is to be checked, where that is not the setting.
check_intervals = Table(
    "check_intervals",
    metadata,
    Column("service_id", ForeignKey("services.id"), primary_key=True),
    Column("months", Integer, nullable=False),
    Column("since", Instant, nullable=False),
    Column("person_id", ForeignKey("people.id")),
    CheckConstraint("months BETWEEN 1 AND 60", name="months"),
)

# Pairs that look alike and are not the same, as an editor said: `one` comes before `other`.
no_duplicates = Table(
    "no_duplicates",
    metadata,
    Column("one", ForeignKey("services.id"), primary_key=True),
    Column("other", ForeignKey("services.id"), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("person_id", ForeignKey("people.id")),
    CheckConstraint("one < other", name="order"),
)

# Changes that needed a second person, and that one person published.
reviews = Table(
    "reviews",
    metadata,
    change_number(primary_key=True),
    Column("person_id", ForeignKey("people.id")),
    Column("due_at", Instant, nullable=False),
    Column("reviewed_at", Instant),
    Column("reviewed_by", ForeignKey("people.id")),
    Index(
        "ix_reviews_open",
        "due_at",
        sqlite_where=text("reviewed_at IS NULL"),
        postgresql_where=text("reviewed_at IS NULL"),
    ),
)
