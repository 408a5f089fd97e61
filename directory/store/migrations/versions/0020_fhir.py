"""Subscriptions of other systems by FHIR."""

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    pass
