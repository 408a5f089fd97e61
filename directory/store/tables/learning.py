"""What the directory learns from its readers: reports, checks, gaps; and its pages and vocabulary."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Date, ForeignKey, Index, Integer, String, Table, Text, text

from directory.store.tables.kinds import Instant, Serial, metadata, serial_id

reports = Table(
    "reports",
    metadata,
    serial_id(),
    Column("ref", String(16), nullable=False, unique=True),
    # Null where it is about none: then it is for the editors.
    Column("service_id", ForeignKey("services.id")),
    # The question that found no answer, where it came of one.
    Column("gap", String(200)),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("person_id", ForeignKey("people.id")),
    # Of a reporter who did not sign in and wants to hear: only until they are told.
    Column("email", String(320)),
    Column("received_at", Instant, nullable=False),
    Column("state", String(16), nullable=False),
    # Who ran the service when it came and, from then on, when it was answered.
    Column("team", ForeignKey("teams.slug")),
    # How far up it was told (`domain.asking.Level`), and when it goes one further.
    Column("told", Integer, nullable=False, server_default="0"),
    Column("escalates_at", Instant),
    Column("answer", Text),
    Column("answered_at", Instant),
    Column("change_number", ForeignKey("changes.number")),
    Column("joined_to", ForeignKey("reports.id")),
    CheckConstraint("kind IN ('not-us', 'number', 'criteria', 'question', 'gap', 'other')", name="kind"),
    CheckConstraint("state IN ('open', 'fixed', 'not-changed', 'answered', 'joined')", name="state"),
    Index("ix_reports_service", "service_id", "state"),
    Index("ix_reports_team", "team", "received_at"),
    Index("ix_reports_joined_to", "joined_to"),
    Index("ix_reports_person", "person_id"),
    Index("ix_reports_change", "change_number"),
    Index(
        "ix_reports_due",
        "escalates_at",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
)

checks = Table(
    "checks",
    metadata,
    serial_id(),
    Column("service_id", ForeignKey("services.id"), nullable=False),
    Column("checked_at", Instant, nullable=False),
    Column("person_id", ForeignKey("people.id")),
    Column("source", Text, nullable=False),
    # Of which import it came: it goes when that is undone.
    Column("import_id", Serial, index=True),
    # When it was written down, where a source said so on another day.
    Column("recorded_at", Instant),
    # When it was first seen committed; null until then. Whoever read before may have read without it.
    Column("seen_at", Instant),
    Index("ix_checks_service", "service_id", "checked_at"),
    Index("ix_checks_seen_at", "seen_at"),
)

# What owners were asked to check and have not: gone once it is checked.
check_requests = Table(
    "check_requests",
    metadata,
    Column("service_id", ForeignKey("services.id"), primary_key=True),
    Column("asked_at", Instant, nullable=False),
    Column("told", Integer, nullable=False),
    Column("escalates_at", Instant),
)

gaps = Table(
    "gaps",
    metadata,
    Column("query", String(200), primary_key=True),
    Column("times", Integer, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("closed_at", Instant),
    # The ids of the nearest services when it was last asked.
    Column("nearest", Text),
    # How it was closed last: it stays when the question comes back.
    Column("outcome", String(16)),
    Column("outcome_at", Instant),
)

pages = Table(
    "pages",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("slug", String(100), nullable=False, unique=True),
)

page_versions = Table(
    "page_versions",
    metadata,
    Column("page_id", ForeignKey("pages.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("recorded_at", Instant, nullable=False),
    Column("updated", Date, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    # The whole file, front matter and all: what came in is what goes out.
    Column("text", Text, nullable=False),
    Column("person_id", ForeignKey("people.id")),
    # A minor version (a typo) is told to nobody.
    Column("weight", String(16), nullable=False, server_default=text("'major'")),
    Column("why", Text, nullable=False, server_default=text("''")),
    Column("told_at", Instant),
    CheckConstraint("kind IN ('pathway', 'forum', 'guidance')", name="kind"),
    Index(
        "ix_page_versions_untold",
        "recorded_at",
        sqlite_where=text("told_at IS NULL"),
        postgresql_where=text("told_at IS NULL"),
    ),
)

vocabulary = Table(
    "vocabulary",
    metadata,
    Column("term", String(200), primary_key=True),
    Column("means", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("number", Integer, nullable=False, server_default="1"),
)

# Every line as it ever was: what was removed can be put back.
vocabulary_versions = Table(
    "vocabulary_versions",
    metadata,
    Column("term", String(200), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("means", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("removed", Boolean(create_constraint=False), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("person_id", ForeignKey("people.id")),
)
