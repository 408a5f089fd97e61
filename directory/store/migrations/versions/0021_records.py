"""Checkpoints of the chain, and what is left of somebody erased."""

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    pass
