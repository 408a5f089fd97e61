"""Feeds that are polled."""

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    pass
