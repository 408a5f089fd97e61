"""The audit trail in a chain of its own: each row gets a number and a hash that covers the one before."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("audit", sa.Column("number", sa.BigInteger(), nullable=True))
    op.add_column("audit", sa.Column("sha256", sa.String(length=64), nullable=True))
    unsealed = sa.text("number IS NULL")
    op.create_index("ix_audit_number", "audit", ["number"], unique=True)
    op.create_index("ix_audit_unsealed", "audit", ["id"], sqlite_where=unsealed, postgresql_where=unsealed)
    op.execute(f"INSERT INTO counters (name, value, sha256) VALUES ('audit', 0, '{'0' * 64}')")
