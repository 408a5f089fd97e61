"""Indexes of what is seldom there: digests of deliveries, and those who follow everything."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.drop_index(op.f("ix_deliveries_digest_id"), "deliveries")
    _index("ix_deliveries_digest", "deliveries", ["digest_id"], "digest_id IS NOT NULL")
    _index("ix_subscriptions_everything", "subscriptions", ["id"], "facets = 0")


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
