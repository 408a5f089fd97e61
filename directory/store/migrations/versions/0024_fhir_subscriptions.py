"""Subscriptions of FHIR, carried by channels: what they ask for, and their events."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

_INSTANT = sa.DateTime(timezone=True)
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BEATS = "beat_at IS NOT NULL"


def upgrade() -> None:
    op.add_column("channels", sa.Column("beat_at", _INSTANT, nullable=True))
    op.create_index(
        "ix_channels_beat", "channels", ["beat_at"], sqlite_where=sa.text(_BEATS), postgresql_where=sa.text(_BEATS)
    )
    op.create_table(
        "fhir_subscriptions",
        sa.Column("subscription_id", _SERIAL, nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("content", sa.String(length=16), nullable=False),
        sa.Column("filters", sa.Text(), nullable=False),
        sa.Column("conditions", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("heartbeat_seconds", sa.Integer(), nullable=True),
        sa.Column("timeout_seconds", sa.Integer(), nullable=True),
        sa.Column("max_count", sa.Integer(), nullable=True),
        sa.Column("ends_at", _INSTANT, nullable=True),
        sa.Column("shaken_at", _INSTANT, nullable=True),
        sa.Column("matched_seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "content IN ('empty', 'id-only', 'full-resource')", name=op.f("ck_fhir_subscriptions_content")
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["channels.subscription_id"], name=op.f("fk_fhir_subscriptions_subscription_id")
        ),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_fhir_subscriptions")),
    )
    op.create_table(
        "fhir_events",
        sa.Column("subscription_id", _SERIAL, nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["fhir_history.seq"], name=op.f("fk_fhir_events_seq")),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["channels.subscription_id"], name=op.f("fk_fhir_events_subscription_id")
        ),
        sa.PrimaryKeyConstraint("subscription_id", "sequence", name=op.f("pk_fhir_events")),
    )
