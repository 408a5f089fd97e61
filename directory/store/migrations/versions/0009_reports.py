"""Reports that are joined, escalated and answered, and what owners were asked to check."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

INSTANT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KIND = "kind IN ('not-us', 'number', 'criteria', 'question', 'gap', 'other')"
STATE = "state IN ('open', 'fixed', 'not-changed', 'answered', 'joined')"
# What reports held until now.
KEPT = """id, ref, service_id, gap, kind, text, person_id, received_at, state, answer, answered_at, change_number,
    joined_to"""
OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _reports_on_sqlite()
    else:
        _reports()
    # What editors made of gaps is told like the rest.
    op.execute("UPDATE reports SET escalates_at = received_at WHERE state = 'open'")
    op.create_index("ix_reports_team", "reports", ["team", "received_at"], unique=False)
    op.create_index("ix_reports_joined_to", "reports", ["joined_to"], unique=False)
    op.create_index("ix_reports_person", "reports", ["person_id"], unique=False)
    op.create_index("ix_reports_change", "reports", ["change_number"], unique=False)
    op.create_index(
        "ix_reports_due", "reports", ["escalates_at"], unique=False, sqlite_where=OPEN, postgresql_where=OPEN
    )
    _check_requests()


def _reports() -> None:
    op.add_column("reports", sa.Column("email", sa.String(length=320), nullable=True))
    op.add_column("reports", sa.Column("team", sa.String(length=100), nullable=True))
    op.add_column("reports", sa.Column("told", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("reports", sa.Column("escalates_at", INSTANT, nullable=True))
    op.create_foreign_key(op.f("fk_reports_team"), "reports", "teams", ["team"], ["slug"])
    op.drop_constraint(op.f("ck_reports_state"), "reports", type_="check")
    op.create_check_constraint(op.f("ck_reports_state"), "reports", STATE)


def _reports_on_sqlite() -> None:
    """SQLite alters no CHECK: the table is made anew beside the old one, and takes its name."""
    op.create_table(
        "new_reports",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("service_id", sa.String(length=64), nullable=True),
        sa.Column("gap", sa.String(length=200), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("person_id", SERIAL, nullable=True),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("team", sa.String(length=100), nullable=True),
        sa.Column("told", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("escalates_at", INSTANT, nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("change_number", sa.BigInteger(), nullable=True),
        sa.Column("joined_to", SERIAL, nullable=True),
        sa.CheckConstraint(KIND, name=op.f("ck_reports_kind")),
        sa.CheckConstraint(STATE, name=op.f("ck_reports_state")),
        sa.ForeignKeyConstraint(["change_number"], ["changes.number"], name=op.f("fk_reports_change_number")),
        sa.ForeignKeyConstraint(["joined_to"], ["reports.id"], name=op.f("fk_reports_joined_to")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_reports_person_id")),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_reports_service_id")),
        sa.ForeignKeyConstraint(["team"], ["teams.slug"], name=op.f("fk_reports_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("ref", name=op.f("uq_reports_ref")),
    )
    # Until now nothing joined one report to another: no row points into the table that goes.
    op.execute(f"INSERT INTO new_reports ({KEPT}) SELECT {KEPT} FROM reports")
    op.drop_table("reports")
    op.rename_table("new_reports", "reports")
    op.create_index("ix_reports_service", "reports", ["service_id", "state"], unique=False)


def _check_requests() -> None:
    op.create_table(
        "check_requests",
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("escalates_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_check_requests_service_id")),
        sa.PrimaryKeyConstraint("service_id", name=op.f("pk_check_requests")),
    )
    # How many days had gone by at the last slot at which owners were asked.
    op.execute("INSERT INTO counters (name, value, sha256) VALUES ('check-requests', 0, '')")
