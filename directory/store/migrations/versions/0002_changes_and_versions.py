"""Changes and versions."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

INSTANT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _counters()
    _imports()
    _version_terms()
    _changes()
    _change_subjects()
    _change_terms()
    _organisation_versions()
    _service_versions()
    _successions()
    _team_versions()
    _first_number()


def _counters() -> None:
    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )


def _imports() -> None:
    op.create_table(
        "imports",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("format", sa.String(length=32), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("person_id", SERIAL, nullable=True),
        sa.Column("first_change", sa.BigInteger(), nullable=True),
        sa.Column("last_change", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_imports_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )


def _version_terms() -> None:
    op.create_table(
        "version_terms",
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("facet", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["services.id"], name=op.f("fk_version_terms_subject_id")),
        sa.PrimaryKeyConstraint("subject_id", "number", "facet", "value", name=op.f("pk_version_terms")),
    )
    op.create_index("ix_version_terms_facet_value", "version_terms", ["facet", "value"], unique=False)


def _changes() -> None:
    op.create_table(
        "changes",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("weight", sa.String(length=8), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("what_to_do", sa.Text(), nullable=False),
        sa.Column("in_flight", sa.Text(), nullable=False),
        sa.Column("published_by", SERIAL, nullable=True),
        sa.Column("import_id", SERIAL, nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("announced_at", INSTANT, nullable=True),
        sa.Column("told_in_force_at", INSTANT, nullable=True),
        sa.Column("written_at", INSTANT, nullable=True),
        sa.CheckConstraint("status IN ('published', 'withdrawn')", name=op.f("ck_changes_status")),
        sa.CheckConstraint("weight IN ('major', 'minor')", name=op.f("ck_changes_weight")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_changes_import_id")),
        sa.ForeignKeyConstraint(["published_by"], ["people.id"], name=op.f("fk_changes_published_by")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_changes")),
        sa.UniqueConstraint("previous", name=op.f("uq_changes_previous")),
        sa.UniqueConstraint("sha256", name=op.f("uq_changes_sha256")),
    )
    op.create_index("ix_changes_effective_from", "changes", ["effective_from"], unique=False)
    op.create_index(
        "ix_changes_unannounced",
        "changes",
        ["number"],
        unique=False,
        sqlite_where=sa.text("announced_at IS NULL"),
        postgresql_where=sa.text("announced_at IS NULL"),
    )
    op.create_index(
        "ix_changes_untold",
        "changes",
        ["effective_from"],
        unique=False,
        sqlite_where=sa.text("told_in_force_at IS NULL"),
        postgresql_where=sa.text("told_in_force_at IS NULL"),
    )
    op.create_index(
        "ix_changes_unwritten",
        "changes",
        ["number"],
        unique=False,
        sqlite_where=sa.text("written_at IS NULL"),
        postgresql_where=sa.text("written_at IS NULL"),
    )


def _change_subjects() -> None:
    op.create_table(
        "change_subjects",
        sa.Column("change_number", sa.BigInteger(), nullable=False),
        sa.Column("noun", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("set", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["change_number"], ["changes.number"], name=op.f("fk_change_subjects_change_number")),
        sa.PrimaryKeyConstraint("change_number", "noun", "subject_id", name=op.f("pk_change_subjects")),
    )
    op.create_index(
        "ix_change_subjects_subject", "change_subjects", ["noun", "subject_id", "effective_from"], unique=False
    )


def _change_terms() -> None:
    op.create_table(
        "change_terms",
        sa.Column("change_number", sa.BigInteger(), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("facet", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["change_number"], ["changes.number"], name=op.f("fk_change_terms_change_number")),
        sa.PrimaryKeyConstraint("change_number", "subject_id", "facet", "value", name=op.f("pk_change_terms")),
    )
    op.create_index("ix_change_terms_facet_value", "change_terms", ["facet", "value"], unique=False)


def _organisation_versions() -> None:
    op.create_table(
        "organisation_versions",
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("change_number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_number"], ["changes.number"], name=op.f("fk_organisation_versions_change_number")
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["organisations.id"], name=op.f("fk_organisation_versions_subject_id")),
        sa.PrimaryKeyConstraint("subject_id", "number", name=op.f("pk_organisation_versions")),
    )
    op.create_index("ix_organisation_versions_change", "organisation_versions", ["change_number"], unique=False)
    op.create_index(
        "ix_organisation_versions_effective_from", "organisation_versions", ["effective_from"], unique=False
    )
    op.create_index(
        "ix_organisation_versions_in_force",
        "organisation_versions",
        ["subject_id", "effective_from", "number"],
        unique=False,
    )


def _service_versions() -> None:
    op.create_table(
        "service_versions",
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("change_number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("owner_organisation", sa.String(length=64), nullable=False),
        sa.Column("owner_team", sa.String(length=100), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["change_number"], ["changes.number"], name=op.f("fk_service_versions_change_number")),
        sa.ForeignKeyConstraint(
            ["owner_organisation"], ["organisations.id"], name=op.f("fk_service_versions_owner_organisation")
        ),
        sa.ForeignKeyConstraint(["owner_team"], ["teams.slug"], name=op.f("fk_service_versions_owner_team")),
        sa.ForeignKeyConstraint(["subject_id"], ["services.id"], name=op.f("fk_service_versions_subject_id")),
        sa.PrimaryKeyConstraint("subject_id", "number", name=op.f("pk_service_versions")),
    )
    op.create_index("ix_service_versions_change", "service_versions", ["change_number"], unique=False)
    op.create_index("ix_service_versions_effective_from", "service_versions", ["effective_from"], unique=False)
    op.create_index(
        "ix_service_versions_in_force", "service_versions", ["subject_id", "effective_from", "number"], unique=False
    )
    op.create_index(
        op.f("ix_service_versions_owner_organisation"), "service_versions", ["owner_organisation"], unique=False
    )
    op.create_index(op.f("ix_service_versions_owner_team"), "service_versions", ["owner_team"], unique=False)


def _successions() -> None:
    op.create_table(
        "successions",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("noun", sa.String(length=16), nullable=False),
        sa.Column("predecessor", sa.String(length=64), nullable=False),
        sa.Column("successor", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("part", sa.Text(), nullable=True),
        sa.Column("change_number", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('renamed', 'replaced', 'merged', 'split', 'moved', 'closed')", name=op.f("ck_successions_kind")
        ),
        sa.CheckConstraint("noun IN ('service', 'organisation', 'team')", name=op.f("ck_successions_noun")),
        sa.ForeignKeyConstraint(["change_number"], ["changes.number"], name=op.f("fk_successions_change_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_successions")),
    )
    op.create_index("ix_successions_change", "successions", ["change_number"], unique=False)
    op.create_index("ix_successions_predecessor", "successions", ["noun", "predecessor"], unique=False)
    op.create_index("ix_successions_successor", "successions", ["noun", "successor"], unique=False)


def _team_versions() -> None:
    op.create_table(
        "team_versions",
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("change_number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["change_number"], ["changes.number"], name=op.f("fk_team_versions_change_number")),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name=op.f("fk_team_versions_organisation")),
        sa.ForeignKeyConstraint(["subject_id"], ["teams.id"], name=op.f("fk_team_versions_subject_id")),
        sa.PrimaryKeyConstraint("subject_id", "number", name=op.f("pk_team_versions")),
    )
    op.create_index("ix_team_versions_change", "team_versions", ["change_number"], unique=False)
    op.create_index("ix_team_versions_effective_from", "team_versions", ["effective_from"], unique=False)
    op.create_index(
        "ix_team_versions_in_force", "team_versions", ["subject_id", "effective_from", "number"], unique=False
    )
    op.create_index(op.f("ix_team_versions_organisation"), "team_versions", ["organisation"], unique=False)


def _first_number() -> None:
    op.execute(f"INSERT INTO counters (name, value, sha256) VALUES ('change', 0, '{'0' * 64}')")
