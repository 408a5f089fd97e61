"""What changes touch is looked up by its value first: a facet alone is half of the table, and SQLite chose it."""

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.create_index("ix_change_terms_value_facet", "change_terms", ["value", "facet"])
    op.drop_index("ix_change_terms_facet_value", "change_terms")
