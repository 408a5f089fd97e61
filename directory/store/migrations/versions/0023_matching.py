"""How many facets a subscription has, beside each of its terms, and members by team: matching reads what it must."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    # A process of the version before writes 0: such a term is counted, as it was.
    op.add_column("subscription_terms", sa.Column("facets", sa.Integer(), server_default="0", nullable=False))
    op.execute(
        "UPDATE subscription_terms SET facets = (SELECT s.facets FROM subscriptions s WHERE s.id = subscription_id)"
    )
    op.drop_index("ix_subscription_terms_facet_value", "subscription_terms")
    op.create_index(
        "ix_subscription_terms_facet_value", "subscription_terms", ["facet", "value", "facets", "subscription_id"]
    )
    op.create_index("ix_memberships_team_id", "memberships", ["team_id", "person_id"])
