"""Changes that withdraw or amend others."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("changes", sa.Column("supersedes", sa.BigInteger()))
    op.add_column("changes", sa.Column("superseded_by", sa.BigInteger()))
    op.add_column("successions", sa.Column("withdrawn_at", sa.DateTime(timezone=True)))
