"""Where things are: the register of areas, located postcodes, and the names by which a practice is met."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, String, Table, Text

from directory.store.tables.kinds import Instant, metadata

areas = Table(
    "areas",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("area", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
)

# Postcodes at which services are, with the coordinates last recorded: there is no postcode database.
postcodes = Table(
    "postcodes",
    metadata,
    Column("postcode", String(8), primary_key=True),
    Column("outward", String(4), nullable=False, index=True),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
)

# Every name that an organisation has or had, as questions are compared with it.
organisation_names = Table(
    "organisation_names",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("organisation_id", ForeignKey("organisations.id"), primary_key=True),
    Index("ix_organisation_names_organisation", "organisation_id"),
)
