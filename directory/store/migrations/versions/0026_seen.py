"""For Open Referral's `modified_after`: which checks were taken back, and since when what is there was seen."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

_INSTANT = sa.DateTime(timezone=True)
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("checks", sa.Column("recorded_at", _INSTANT, nullable=True))
    op.add_column("checks", sa.Column("seen_at", _INSTANT, nullable=True))
    # They were there long before whoever asks now asked last.
    op.execute("UPDATE checks SET seen_at = checked_at")
    op.create_index("ix_checks_seen_at", "checks", ["seen_at"])
    op.create_table(
        "undone_checks",
        sa.Column("import_id", _SERIAL, nullable=False),
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("undone_at", _INSTANT, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_undone_checks_import_id")),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_undone_checks_service_id")),
        sa.PrimaryKeyConstraint("import_id", "service_id", name=op.f("pk_undone_checks")),
    )
    op.create_index(op.f("ix_undone_checks_service_id"), "undone_checks", ["service_id"])
    op.create_index(op.f("ix_undone_checks_seen_at"), "undone_checks", ["seen_at"])
    seen_changes = op.create_table(
        "seen_changes",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_seen_changes")),
    )
    op.create_index(op.f("ix_seen_changes_seen_at"), "seen_changes", ["seen_at"])
    # What is there already is in the order of its instants, as far as anybody knows.
    op.execute(
        "INSERT INTO seen_changes (number, seen_at) "
        "SELECT number, recorded_at FROM changes ORDER BY number DESC LIMIT 1"
    )
    if not op.get_bind().scalar(sa.text("SELECT count(*) FROM seen_changes")):
        op.bulk_insert(seen_changes, [{"number": 0, "seen_at": datetime(1970, 1, 1, tzinfo=UTC)}])
