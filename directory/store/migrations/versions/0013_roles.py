"""People and their roles, what an offer answers, who did without agreement, and pairs that are no duplicates."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

INSTANT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("offer_needs", sa.Column("as_editor", sa.Boolean()))
    op.add_column("sign_ins", sa.Column("session_id", sa.String(length=16)))
    _offer_reports()
    _overrides()
    _check_intervals()
    _no_duplicates()


def _offer_reports() -> None:
    op.create_table(
        "offer_reports",
        sa.Column("offer_id", SERIAL, nullable=False),
        sa.Column("report_id", SERIAL, nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_offer_reports_offer_id")),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_offer_reports_report_id")),
        sa.PrimaryKeyConstraint("offer_id", "report_id", name=op.f("pk_offer_reports")),
    )
    op.create_index("ix_offer_reports_report", "offer_reports", ["report_id"])


def _overrides() -> None:
    op.create_table(
        "overrides",
        sa.Column("change_number", sa.BigInteger(), nullable=False),
        sa.Column("editor", sa.Boolean(), nullable=False),
        sa.Column("teams", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["change_number"], ["changes.number"], name=op.f("fk_overrides_change_number")),
        sa.PrimaryKeyConstraint("change_number", name=op.f("pk_overrides")),
    )


def _check_intervals() -> None:
    op.create_table(
        "check_intervals",
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("person_id", SERIAL, nullable=True),
        sa.CheckConstraint("months BETWEEN 1 AND 60", name=op.f("ck_check_intervals_months")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_check_intervals_person_id")),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_check_intervals_service_id")),
        sa.PrimaryKeyConstraint("service_id", name=op.f("pk_check_intervals")),
    )


def _no_duplicates() -> None:
    op.create_table(
        "no_duplicates",
        sa.Column("one", sa.String(length=64), nullable=False),
        sa.Column("other", sa.String(length=64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("person_id", SERIAL, nullable=True),
        sa.CheckConstraint("one < other", name=op.f("ck_no_duplicates_order")),
        sa.ForeignKeyConstraint(["one"], ["services.id"], name=op.f("fk_no_duplicates_one")),
        sa.ForeignKeyConstraint(["other"], ["services.id"], name=op.f("fk_no_duplicates_other")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_no_duplicates_person_id")),
        sa.PrimaryKeyConstraint("one", "other", name=op.f("pk_no_duplicates")),
    )
