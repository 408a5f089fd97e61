"""What people keep for themselves, what they do not want from their team, and what came back from their address."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, String, Table

from directory.store.tables.kinds import Instant, metadata

_SEVERITY = "severity IN ('hard', 'soft')"

# Members of a team who do not want what it is subscribed to; it does not count where that is mandatory.
opt_outs = Table(
    "opt_outs",
    metadata,
    Column("subscription_id", ForeignKey("subscriptions.id"), primary_key=True),
    Column("person_id", ForeignKey("people.id"), primary_key=True, index=True),
    Column("at", Instant, nullable=False),
)

favourites = Table(
    "favourites",
    metadata,
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("service_id", ForeignKey("services.id"), primary_key=True),
    Column("since", Instant, nullable=False),
)

# One row for each message that came back: relays report the same one more than once.
bounces = Table(
    "bounces",
    metadata,
    Column("ref", String(32), primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("severity", String(8), nullable=False),
    # RFC 3463, such as 5.1.1; empty where the report had none.
    Column("status", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    CheckConstraint(_SEVERITY, name="severity"),
)

# To whose address no updates go: until an instant or, without one, until they show that mail arrives again.
mail_stops = Table(
    "mail_stops",
    metadata,
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("severity", String(8), nullable=False),
    Column("status", String(16), nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant),
    # When those who look after them were told.
    Column("told_at", Instant),
    CheckConstraint(_SEVERITY, name="severity"),
)
