"""Telling."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

INSTANT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _digest_slots()
    _digests()
    _subscriptions()
    _subscription_terms()
    _webhook_sequences()
    _acknowledgements()
    _deliveries()


def _digest_slots() -> None:
    op.create_table(
        "digest_slots",
        sa.Column("slot_at", INSTANT, nullable=False),
        sa.Column("run_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("slot_at", name=op.f("pk_digest_slots")),
    )


def _digests() -> None:
    op.create_table(
        "digests",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("person_id", SERIAL, nullable=False),
        sa.Column("slot_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", INSTANT, nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('pending', 'accepted', 'failed', 'dropped')", name=op.f("ck_digests_state")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_digests_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digests")),
        sa.UniqueConstraint("person_id", "slot_at", name=op.f("uq_digests_person_id_slot_at")),
    )
    op.create_index(
        "ix_digests_pending",
        "digests",
        ["next_attempt_at"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )


def _subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("person_id", SERIAL, nullable=True),
        sa.Column("team_id", sa.String(length=64), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("facets", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("paused_until", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint("(person_id IS NULL) <> (team_id IS NULL)", name=op.f("ck_subscriptions_one_subscriber")),
        sa.CheckConstraint("rank IN (0, 1, 2)", name=op.f("ck_subscriptions_rank")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_subscriptions_person_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_subscriptions_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    op.create_index(op.f("ix_subscriptions_person_id"), "subscriptions", ["person_id"], unique=False)
    op.create_index(op.f("ix_subscriptions_team_id"), "subscriptions", ["team_id"], unique=False)


def _subscription_terms() -> None:
    op.create_table(
        "subscription_terms",
        sa.Column("subscription_id", SERIAL, nullable=False),
        sa.Column("facet", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_subscription_terms_subscription_id")
        ),
        sa.PrimaryKeyConstraint("subscription_id", "facet", "value", name=op.f("pk_subscription_terms")),
    )
    op.create_index(
        "ix_subscription_terms_facet_value", "subscription_terms", ["facet", "value", "subscription_id"], unique=False
    )


def _webhook_sequences() -> None:
    op.create_table(
        "webhook_sequences",
        sa.Column("subscription_id", SERIAL, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_webhook_sequences_subscription_id")
        ),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_webhook_sequences")),
    )


def _acknowledgements() -> None:
    op.create_table(
        "acknowledgements",
        sa.Column("change_number", sa.BigInteger(), nullable=False),
        sa.Column("person_id", SERIAL, nullable=False),
        sa.Column("team_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["change_number"], ["changes.number"], name=op.f("fk_acknowledgements_change_number")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_acknowledgements_person_id")),
        sa.PrimaryKeyConstraint("change_number", "person_id", "team_id", name=op.f("pk_acknowledgements")),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("change_number", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("person_id", SERIAL, nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("matched_at", INSTANT, nullable=False),
        sa.Column("digest_id", SERIAL, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", INSTANT, nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "stage IN ('announced', 'in-force', 'amended', 'withdrawn')", name=op.f("ck_deliveries_stage")
        ),
        sa.CheckConstraint("state IN ('pending', 'accepted', 'failed', 'dropped')", name=op.f("ck_deliveries_state")),
        sa.ForeignKeyConstraint(["change_number"], ["changes.number"], name=op.f("fk_deliveries_change_number")),
        sa.ForeignKeyConstraint(["digest_id"], ["digests.id"], name=op.f("fk_deliveries_digest_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_deliveries_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "change_number",
            "stage",
            "person_id",
            "channel",
            name=op.f("uq_deliveries_change_number_stage_person_id_channel"),
        ),
    )
    op.create_index(op.f("ix_deliveries_digest_id"), "deliveries", ["digest_id"], unique=False)
    op.create_index("ix_deliveries_person", "deliveries", ["person_id"], unique=False)
    op.create_index(
        "ix_deliveries_undigested",
        "deliveries",
        ["rank", "person_id"],
        unique=False,
        sqlite_where=sa.text("state = 'pending' AND digest_id IS NULL"),
        postgresql_where=sa.text("state = 'pending' AND digest_id IS NULL"),
    )
