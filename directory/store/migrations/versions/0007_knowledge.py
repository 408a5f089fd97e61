"""Knowledge: gaps with what became of them, a vocabulary with its past, and pages that people are told of."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

INSTANT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SOURCE = "(change_number IS NULL) <> (page_id IS NULL) AND (page_id IS NULL) = (page_number IS NULL)"
OF_CHANGE = ("change_number", "stage", "person_id", "channel")
OF_PAGE = ("page_id", "page_number", "person_id", "channel")
# What deliveries held until now.
KEPT = """id, change_number, stage, person_id, channel, rank, reasons, matched_at, digest_id, state, lease,
    leased_until, attempts, next_attempt_at, settled_at, reason"""


def upgrade() -> None:
    _gaps()
    _reports()
    _vocabulary()
    _page_versions()
    if op.get_bind().dialect.name == "sqlite":
        _deliveries_on_sqlite()
    else:
        _deliveries()


def _gaps() -> None:
    op.add_column("gaps", sa.Column("nearest", sa.Text(), nullable=True))
    op.add_column("gaps", sa.Column("outcome", sa.String(length=16), nullable=True))
    op.add_column("gaps", sa.Column("outcome_at", INSTANT, nullable=True))


def _reports() -> None:
    # Nothing wrote to it before: it is made anew, for a report need not be about a service that exists.
    op.drop_table("reports")
    op.create_table(
        "reports",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("service_id", sa.String(length=64), nullable=True),
        sa.Column("gap", sa.String(length=200), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("person_id", SERIAL, nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("change_number", sa.BigInteger(), nullable=True),
        sa.Column("joined_to", SERIAL, nullable=True),
        sa.CheckConstraint(
            "kind IN ('not-us', 'number', 'criteria', 'question', 'gap', 'other')", name=op.f("ck_reports_kind")
        ),
        sa.CheckConstraint("state IN ('open', 'fixed', 'not-changed', 'joined')", name=op.f("ck_reports_state")),
        sa.ForeignKeyConstraint(["change_number"], ["changes.number"], name=op.f("fk_reports_change_number")),
        sa.ForeignKeyConstraint(["joined_to"], ["reports.id"], name=op.f("fk_reports_joined_to")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_reports_person_id")),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_reports_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("ref", name=op.f("uq_reports_ref")),
    )
    op.create_index("ix_reports_service", "reports", ["service_id", "state"], unique=False)


def _vocabulary() -> None:
    op.add_column("vocabulary", sa.Column("number", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "vocabulary_versions",
        sa.Column("term", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("means", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("person_id", SERIAL, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_vocabulary_versions_person_id")),
        sa.PrimaryKeyConstraint("term", "number", name=op.f("pk_vocabulary_versions")),
    )
    op.execute(
        "INSERT INTO vocabulary_versions (term, number, means, kind, removed, recorded_at)"
        " SELECT term, 1, means, kind, false, recorded_at FROM vocabulary"
    )
    # Held while the vocabulary is written, and one further each time.
    op.execute("INSERT INTO counters (name, value, sha256) VALUES ('vocabulary', 0, '')")


def _page_versions() -> None:
    op.add_column(
        "page_versions", sa.Column("weight", sa.String(length=16), nullable=False, server_default=sa.text("'major'"))
    )
    op.add_column("page_versions", sa.Column("why", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("page_versions", sa.Column("told_at", INSTANT, nullable=True))
    # What is there already is old news.
    op.execute("UPDATE page_versions SET told_at = recorded_at")
    untold = sa.text("told_at IS NULL")
    op.create_index(
        "ix_page_versions_untold",
        "page_versions",
        ["recorded_at"],
        unique=False,
        sqlite_where=untold,
        postgresql_where=untold,
    )


def _deliveries() -> None:
    op.alter_column("deliveries", "change_number", existing_type=sa.BigInteger(), nullable=True)
    op.add_column("deliveries", sa.Column("page_id", sa.String(length=64), nullable=True))
    op.add_column("deliveries", sa.Column("page_number", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_deliveries_page_id_page_number"),
        "deliveries",
        "page_versions",
        ["page_id", "page_number"],
        ["page_id", "number"],
    )
    op.create_unique_constraint(
        op.f("uq_deliveries_page_id_page_number_person_id_channel"),
        "deliveries",
        list(OF_PAGE),
    )
    op.create_check_constraint(op.f("ck_deliveries_source"), "deliveries", SOURCE)


def _deliveries_on_sqlite() -> None:
    """SQLite drops no NOT NULL: the table is made anew beside the old one, and takes its name."""
    op.create_table(
        "new_deliveries",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("change_number", sa.BigInteger(), nullable=True),
        sa.Column("page_id", sa.String(length=64), nullable=True),
        sa.Column("page_number", sa.Integer(), nullable=True),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("person_id", SERIAL, nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("matched_at", INSTANT, nullable=False),
        sa.Column("digest_id", SERIAL, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", INSTANT, nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "stage IN ('announced', 'in-force', 'amended', 'withdrawn')", name=op.f("ck_deliveries_stage")
        ),
        sa.CheckConstraint("state IN ('pending', 'accepted', 'failed', 'dropped')", name=op.f("ck_deliveries_state")),
        sa.CheckConstraint(SOURCE, name=op.f("ck_deliveries_source")),
        sa.ForeignKeyConstraint(["change_number"], ["changes.number"], name=op.f("fk_deliveries_change_number")),
        sa.ForeignKeyConstraint(
            ["page_id", "page_number"],
            ["page_versions.page_id", "page_versions.number"],
            name=op.f("fk_deliveries_page_id_page_number"),
        ),
        sa.ForeignKeyConstraint(["digest_id"], ["digests.id"], name=op.f("fk_deliveries_digest_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_deliveries_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(*OF_CHANGE, name=op.f("uq_deliveries_change_number_stage_person_id_channel")),
        sa.UniqueConstraint(*OF_PAGE, name=op.f("uq_deliveries_page_id_page_number_person_id_channel")),
    )
    op.execute(f"INSERT INTO new_deliveries ({KEPT}) SELECT {KEPT} FROM deliveries")
    op.drop_table("deliveries")
    op.rename_table("new_deliveries", "deliveries")
    op.create_index(op.f("ix_deliveries_digest_id"), "deliveries", ["digest_id"], unique=False)
    op.create_index("ix_deliveries_person", "deliveries", ["person_id"], unique=False)
    op.create_index(
        "ix_deliveries_undigested",
        "deliveries",
        ["rank", "person_id"],
        unique=False,
        sqlite_where=sa.text("state = 'pending' AND digest_id IS NULL"),
    )
