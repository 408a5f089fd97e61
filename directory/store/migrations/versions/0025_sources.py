"""Feeds of others, read on a schedule: what each said last, and where this directory says otherwise."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

_INSTANT = sa.DateTime(timezone=True)
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _sources()
    _what_they_said()
    _what_differs()


def _sources() -> None:
    op.create_table(
        "sources",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("every_minutes", sa.Integer(), nullable=False),
        sa.Column("at_most", sa.Integer(), nullable=False),
        sa.Column("keeper_id", _SERIAL, nullable=True),
        sa.Column("added_at", _INSTANT, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("leased_until", _INSTANT, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("read_at", _INSTANT, nullable=True),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("may_close", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["keeper_id"], ["people.id"], name=op.f("fk_sources_keeper_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("name", name=op.f("uq_sources_name")),
    )
    op.create_index(op.f("ix_sources_due_at"), "sources", ["due_at"])


def _what_they_said() -> None:
    op.create_table(
        "source_services",
        sa.Column("source_id", _SERIAL, nullable=False),
        sa.Column("foreign_id", sa.String(length=300), nullable=False),
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("seen", sa.String(length=64), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_source_services_service_id")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_source_services_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", "foreign_id", name=op.f("pk_source_services")),
    )
    op.create_index(op.f("ix_source_services_service_id"), "source_services", ["service_id"])
    op.create_table(
        "source_organisations",
        sa.Column("source_id", _SERIAL, nullable=False),
        sa.Column("foreign_id", sa.String(length=300), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_source_organisations_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_source_organisations_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", "foreign_id", name=op.f("pk_source_organisations")),
    )
    op.create_index(op.f("ix_source_organisations_organisation_id"), "source_organisations", ["organisation_id"])
    op.create_table(
        "source_resources",
        sa.Column("source_id", _SERIAL, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_source_resources_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", "key", name=op.f("pk_source_resources")),
    )


def _what_differs() -> None:
    op.create_table(
        "source_clashes",
        sa.Column("source_id", _SERIAL, nullable=False),
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("theirs", sa.Text(), nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.Column("kept_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_source_clashes_service_id")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_source_clashes_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", "service_id", "field", name=op.f("pk_source_clashes")),
    )
    op.create_index("ix_source_clashes_service_id", "source_clashes", ["service_id"])
