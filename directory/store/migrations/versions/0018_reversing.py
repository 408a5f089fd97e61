"""Which change one sets back."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("changes", sa.Column("reverses", sa.BigInteger(), nullable=True))
