"""Sending at scale."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

INSTANT = sa.DateTime(timezone=True)
PENDING = sa.text("state = 'pending'")
FAILED = sa.text("state = 'failed'")
LEASED = sa.text("lease IS NOT NULL")
AT_ONCE = sa.text("state = 'pending' AND digest_id IS NULL AND rank = 0")


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        "UPDATE deliveries SET urgent = true"
        " WHERE state = 'pending' AND change_number IN (SELECT number FROM changes WHERE urgent)"
    )
    op.drop_index("ix_digests_pending", "digests")
    _index("ix_digests_pending", "digests", ["id"], PENDING)
    _index("ix_digests_lease", "digests", ["lease"], LEASED)
    _index("ix_digests_failed", "digests", ["id"], FAILED)
    _index("ix_deliveries_at_once", "deliveries", ["urgent", "id"], AT_ONCE)
    _index("ix_deliveries_pending", "deliveries", ["change_number"], PENDING)
    _index("ix_deliveries_lease", "deliveries", ["lease"], LEASED)
    _index("ix_deliveries_failed", "deliveries", ["id"], FAILED)
    op.create_table(
        "relays",
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("away_since", INSTANT, nullable=True),
        sa.Column("next_attempt_at", INSTANT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("free_at_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_relays")),
    )


def _index(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
