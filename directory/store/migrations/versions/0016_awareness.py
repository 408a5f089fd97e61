"""Awareness: how long it took until people had read a change, who need not, champions' subscriptions, and findings."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

INSTANT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _acknowledgements()
    _champions()
    op.create_table(
        "findings",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", name=op.f("pk_findings")),
    )
    for name in ("reminders", "self-audit"):
        op.execute(f"INSERT INTO counters (name, value, sha256) VALUES ('{name}', 0, '')")


def _acknowledgements() -> None:
    # Nothing could write into it before this version.
    op.drop_table("acknowledgements")
    op.create_table(
        "acknowledgements",
        sa.Column("change_number", sa.BigInteger(), nullable=False),
        sa.Column("person_id", SERIAL, nullable=False),
        sa.Column("team_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("after_publication", sa.BigInteger(), nullable=False),
        sa.Column("after_effect", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["change_number"], ["changes.number"], name=op.f("fk_acknowledgements_change_number")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_acknowledgements_person_id")),
        sa.PrimaryKeyConstraint("change_number", "person_id", "team_id", name=op.f("pk_acknowledgements")),
    )
    op.create_index("ix_acknowledgements_person", "acknowledgements", ["person_id"], unique=False)
    op.create_table(
        "excuses",
        sa.Column("change_number", sa.BigInteger(), nullable=False),
        sa.Column("person_id", SERIAL, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["change_number"], ["changes.number"], name=op.f("fk_excuses_change_number")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_excuses_person_id")),
        sa.PrimaryKeyConstraint("change_number", "person_id", name=op.f("pk_excuses")),
    )


def _champions() -> None:
    op.drop_table("champions")
    op.create_table(
        "champions",
        sa.Column("person_id", SERIAL, nullable=False),
        sa.Column("team_id", sa.String(length=64), nullable=False),
        sa.Column("topic", sa.String(length=300), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("subscription_id", SERIAL, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_champions_person_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_champions_team_id")),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name=op.f("fk_champions_subscription_id")),
        sa.PrimaryKeyConstraint("person_id", "team_id", "topic", name=op.f("pk_champions")),
    )
    op.create_index("ix_champions_team", "champions", ["team_id"], unique=False)
