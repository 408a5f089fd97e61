"""Limits of the API: calls of a minute, summed over all processes."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "call_counts",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("window", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "window", name=op.f("pk_call_counts")),
    )
    op.create_index(op.f("ix_call_counts_window"), "call_counts", ["window"])
