"""Services, organisations and teams with their versions, terms and successions."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Integer, String, Table, Text

from directory.store.tables.kinds import Instant, change_number, metadata, serial_id

services = Table(
    "services",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("slug", String(100), nullable=False, unique=True),
)

organisations = Table(
    "organisations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("slug", String(100), nullable=False, unique=True),
    # Kept beside the versions because a code is how others name an organisation, in imports of tens of thousands.
    Column("ods_code", String(20), unique=True),
)

teams = Table(
    "teams",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("slug", String(100), nullable=False, unique=True),
)


def _versions(noun: str, parent: Table, *extra: Column[str]) -> Table:
    """A table of immutable snapshots on both time axes."""
    return Table(
        f"{noun}_versions",
        metadata,
        Column("subject_id", ForeignKey(parent.c.id), primary_key=True),
        Column("number", Integer, primary_key=True),
        Column("effective_from", Date, nullable=False),
        Column("recorded_at", Instant, nullable=False),
        change_number(),
        Column("name", Text, nullable=False),
        *extra,
        Column("facts", Text, nullable=False),
        Index(f"ix_{noun}_versions_in_force", "subject_id", "effective_from", "number"),
        Index(f"ix_{noun}_versions_effective_from", "effective_from"),
        Index(f"ix_{noun}_versions_change", "change_number"),
    )


service_versions = _versions(
    "service",
    services,
    Column("status", String(16), nullable=False),
    Column("owner_organisation", ForeignKey("organisations.id"), nullable=False, index=True),
    Column("owner_team", ForeignKey("teams.slug"), index=True),
)
organisation_versions = _versions("organisation", organisations)
team_versions = _versions(
    "team", teams, Column("organisation", ForeignKey("organisations.id"), nullable=False, index=True)
)

# What a version can be found by in SQL: its areas, needs and the identifiers of other systems, folded.
version_terms = Table(
    "version_terms",
    metadata,
    Column("subject_id", ForeignKey("services.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("facet", String(16), primary_key=True),
    Column("value", String(300), primary_key=True),
    Index("ix_version_terms_facet_value", "facet", "value"),
)

# The names that other systems give a service; for ever, so that a source finds it again after a rename.
identifiers = Table(
    "identifiers",
    metadata,
    Column("system", String(200), primary_key=True),
    Column("value", String(300), primary_key=True),
    Column("service_id", ForeignKey("services.id"), nullable=False, index=True),
)

successions = Table(
    "successions",
    metadata,
    serial_id(),
    Column("noun", String(16), nullable=False),
    Column("predecessor", String(64), nullable=False),
    Column("successor", String(64)),
    Column("kind", String(16), nullable=False),
    Column("effective_from", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("part", Text),
    # When the change that made it was withdrawn: from then on it is known never to have been.
    Column("withdrawn_at", Instant),
    change_number(),
    Index("ix_successions_predecessor", "noun", "predecessor"),
    Index("ix_successions_successor", "noun", "successor"),
    Index("ix_successions_change", "change_number"),
    CheckConstraint("noun IN ('service', 'organisation', 'team')", name="noun"),
    CheckConstraint("kind IN ('renamed', 'replaced', 'merged', 'split', 'moved', 'closed')", name="kind"),
)

organisation_memberships = Table(
    "organisation_memberships",
    metadata,
    Column("member", ForeignKey("organisations.id"), primary_key=True),
    Column("of", ForeignKey("organisations.id"), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("start", Date, primary_key=True),
    Column("end", Date),
    Index("ix_organisation_memberships_of", "of"),
)
