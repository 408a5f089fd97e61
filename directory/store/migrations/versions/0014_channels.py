"""Channels: webhooks, Teams and Slack."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

INSTANT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITING = sa.text("sent < written AND stopped_at IS NULL")


def upgrade() -> None:
    # Nothing wrote into it before this version.
    op.drop_table("webhook_sequences")
    _channels()
    _events()


def _channels() -> None:
    op.create_table(
        "channels",
        sa.Column("subscription_id", SERIAL, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("former_secret", sa.Text(), nullable=True),
        sa.Column("former_until", INSTANT, nullable=True),
        sa.Column("made_by", SERIAL, nullable=True),
        sa.Column("written", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("sent", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("served_at", INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since", INSTANT, nullable=True),
        sa.Column("next_attempt_at", INSTANT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("stopped_at", INSTANT, nullable=True),
        sa.CheckConstraint("sent >= 0 AND sent <= written", name=op.f("ck_channels_numbers")),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name=op.f("fk_channels_subscription_id")),
        sa.ForeignKeyConstraint(["made_by"], ["people.id"], name=op.f("fk_channels_made_by")),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_channels")),
    )
    op.create_index(
        "ix_channels_waiting",
        "channels",
        ["served_at"],
        unique=False,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def _events() -> None:
    op.create_table(
        "channel_events",
        sa.Column("subscription_id", SERIAL, nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("change_number", sa.BigInteger(), nullable=True),
        sa.Column("page_id", sa.String(length=64), nullable=True),
        sa.Column("page_number", sa.Integer(), nullable=True),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("matched_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "(change_number IS NULL) <> (page_id IS NULL) AND (page_id IS NULL) = (page_number IS NULL)",
            name=op.f("ck_channel_events_source"),
        ),
        sa.CheckConstraint(
            "stage IN ('announced', 'in-force', 'amended', 'withdrawn')", name=op.f("ck_channel_events_stage")
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["channels.subscription_id"], name=op.f("fk_channel_events_subscription_id")
        ),
        sa.ForeignKeyConstraint(["change_number"], ["changes.number"], name=op.f("fk_channel_events_change_number")),
        sa.ForeignKeyConstraint(
            ["page_id", "page_number"],
            ["page_versions.page_id", "page_versions.number"],
            name=op.f("fk_channel_events_page_id_page_number"),
        ),
        sa.PrimaryKeyConstraint("subscription_id", "sequence", name=op.f("pk_channel_events")),
        sa.UniqueConstraint(
            "change_number",
            "stage",
            "subscription_id",
            name=op.f("uq_channel_events_change_number_stage_subscription_id"),
        ),
        sa.UniqueConstraint(
            "page_id",
            "page_number",
            "subscription_id",
            name=op.f("uq_channel_events_page_id_page_number_subscription_id"),
        ),
    )
