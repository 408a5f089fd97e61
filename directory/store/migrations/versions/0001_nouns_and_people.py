"""Nouns and people."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INSTANT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _organisations()
    _people()
    _services()
    _teams()
    _champions()
    _identifiers()
    _memberships()
    _organisation_memberships()


def _organisations() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("ods_code", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("ods_code", name=op.f("uq_organisations_ods_code")),
        sa.UniqueConstraint("slug", name=op.f("uq_organisations_slug")),
    )


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("editor", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("erased_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("email", name=op.f("uq_people_email")),
    )


def _services() -> None:
    op.create_table(
        "services",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
        sa.UniqueConstraint("slug", name=op.f("uq_services_slug")),
    )


def _teams() -> None:
    op.create_table(
        "teams",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
        sa.UniqueConstraint("slug", name=op.f("uq_teams_slug")),
    )


def _champions() -> None:
    op.create_table(
        "champions",
        sa.Column("person_id", SERIAL, nullable=False),
        sa.Column("team_id", sa.String(length=64), nullable=False),
        sa.Column("topic", sa.String(length=300), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_champions_person_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_champions_team_id")),
        sa.PrimaryKeyConstraint("person_id", "team_id", "topic", name=op.f("pk_champions")),
    )


def _identifiers() -> None:
    op.create_table(
        "identifiers",
        sa.Column("system", sa.String(length=200), nullable=False),
        sa.Column("value", sa.String(length=300), nullable=False),
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_identifiers_service_id")),
        sa.PrimaryKeyConstraint("system", "value", name=op.f("pk_identifiers")),
    )
    op.create_index(op.f("ix_identifiers_service_id"), "identifiers", ["service_id"], unique=False)


def _memberships() -> None:
    op.create_table(
        "memberships",
        sa.Column("person_id", SERIAL, nullable=False),
        sa.Column("team_id", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.CheckConstraint("role IN ('reader', 'lead', 'team-admin')", name=op.f("ck_memberships_role")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_memberships_person_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_memberships_team_id")),
        sa.PrimaryKeyConstraint("person_id", "team_id", name=op.f("pk_memberships")),
    )


def _organisation_memberships() -> None:
    op.create_table(
        "organisation_memberships",
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("of", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("end", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["member"], ["organisations.id"], name=op.f("fk_organisation_memberships_member")),
        sa.ForeignKeyConstraint(["of"], ["organisations.id"], name=op.f("fk_organisation_memberships_of")),
        sa.PrimaryKeyConstraint("member", "of", "kind", "start", name=op.f("pk_organisation_memberships")),
    )
    op.create_index("ix_organisation_memberships_of", "organisation_memberships", ["of"], unique=False)
