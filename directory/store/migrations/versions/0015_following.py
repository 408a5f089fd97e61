"""Following: pauses, opt-outs, favourites and bounces."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

INSTANT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("people", sa.Column("away_until", INSTANT))
    op.add_column("people", sa.Column("offered_at", INSTANT))
    op.add_column("subscriptions", sa.Column("mandatory", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "opt_outs",
        sa.Column("subscription_id", SERIAL, nullable=False),
        sa.Column("person_id", SERIAL, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_opt_outs_person_id")),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name=op.f("fk_opt_outs_subscription_id")),
        sa.PrimaryKeyConstraint("subscription_id", "person_id", name=op.f("pk_opt_outs")),
    )
    op.create_index(op.f("ix_opt_outs_person_id"), "opt_outs", ["person_id"])
    op.create_table(
        "favourites",
        sa.Column("person_id", SERIAL, nullable=False),
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_favourites_person_id")),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_favourites_service_id")),
        sa.PrimaryKeyConstraint("person_id", "service_id", name=op.f("pk_favourites")),
    )
    _bounces()


def _bounces() -> None:
    op.create_table(
        "bounces",
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("person_id", SERIAL, nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("severity IN ('hard', 'soft')", name=op.f("ck_bounces_severity")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_bounces_person_id")),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_bounces")),
    )
    op.create_index(op.f("ix_bounces_person_id"), "bounces", ["person_id"])
    op.create_table(
        "mail_stops",
        sa.Column("person_id", SERIAL, nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=True),
        sa.Column("told_at", INSTANT, nullable=True),
        sa.CheckConstraint("severity IN ('hard', 'soft')", name=op.f("ck_mail_stops_severity")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_mail_stops_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_mail_stops")),
    )
