"""FHIR: the versions of resources that were given out, and how far the directory has been followed."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_INSTANT = sa.DateTime(timezone=True)
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "fhir_history",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("resource_id", sa.String(length=64), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_fhir_history")),
        sa.UniqueConstraint(
            "type", "resource_id", "version_id", name=op.f("uq_fhir_history_type_resource_id_version_id")
        ),
    )
    op.create_index("ix_fhir_history_state", "fhir_history", ["type", "until", "resource_id"])
    op.create_index("ix_fhir_history_type", "fhir_history", ["type", "seq"])
    op.create_index("ix_fhir_history_subject", "fhir_history", ["subject", "until"])
    op.create_index("ix_fhir_history_at", "fhir_history", ["at", "seq"])
    op.create_index("ix_fhir_history_seen_at", "fhir_history", ["seen_at", "seq"])
    _partial_index("ix_fhir_history_unseen", "seq", "seen_at IS NULL")
    _partial_index("ix_fhir_history_due", "due", "due IS NOT NULL")
    op.create_table(
        "fhir_terms",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("param", sa.String(length=32), nullable=False),
        sa.Column("qualifier", sa.String(length=300), nullable=False),
        sa.Column("value", sa.String(length=300), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["fhir_history.seq"], name=op.f("fk_fhir_terms_seq")),
        sa.PrimaryKeyConstraint("seq", "param", "qualifier", "value", name=op.f("pk_fhir_terms")),
    )
    op.create_index("ix_fhir_terms_value", "fhir_terms", ["type", "param", "value", "seq"])
    op.create_table(
        "fhir_state",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("change_number", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rendering", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_fhir_state")),
    )
    op.create_table(
        "fhir_waiting",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fhir_waiting")),
    )
    # What was published before is rendered by the worker: rendering 0 says that nothing was yet.
    op.execute(
        "INSERT INTO fhir_state (name, seq, at, change_number, day, rendering) "
        "VALUES ('fhir', 0, '1970-01-01 00:00:00.000000', 0, '1970-01-01', 0)"
    )


def _partial_index(name: str, column: str, where: str) -> None:
    op.create_index(name, "fhir_history", [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
