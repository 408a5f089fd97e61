"""People, their memberships of teams with roles, and champions. Personal data lives here and nowhere else."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, String, Table, Text

from directory.store.tables.kinds import Instant, metadata, serial_id

people = Table(
    "people",
    metadata,
    serial_id(),
    # Null once erased: the number stays, so that history keeps its references.
    Column("email", String(320), unique=True),
    Column("name", Text, nullable=False),
    Column("editor", Boolean(create_constraint=False), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("erased_at", Instant),
    # On leave: what matches meanwhile comes afterwards.
    Column("away_until", Instant),
    # When their teams' services were offered to them, which happens once.
    Column("offered_at", Instant),
)

memberships = Table(
    "memberships",
    metadata,
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("team_id", ForeignKey("teams.id"), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("since", Instant, nullable=False),
    CheckConstraint("role IN ('reader', 'lead', 'team-admin')", name="role"),
    Index("ix_memberships_team_id", "team_id", "person_id"),
)

champions = Table(
    "champions",
    metadata,
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("team_id", ForeignKey("teams.id"), primary_key=True),
    Column("topic", String(300), primary_key=True),
    Column("since", Instant, nullable=False),
    Column("subscription_id", ForeignKey("subscriptions.id"), nullable=False),
    Index("ix_champions_team", "team_id"),
)
