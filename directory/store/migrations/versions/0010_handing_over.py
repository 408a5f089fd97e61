"""Handing over: offers and who has to agree, critical services, and what is to be reviewed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

INSTANT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("changes", sa.Column("override", sa.Text(), nullable=False, server_default=sa.text("''")))
    _offers()
    _offer_needs()
    _critical_services()
    _reviews()


def _offers() -> None:
    op.create_table(
        "offers",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.Column("person_id", SERIAL, nullable=True),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("editor", sa.Boolean(), nullable=False),
        sa.Column("teams", sa.Text(), nullable=False),
        sa.Column("offered_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("read", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("settled_by", SERIAL, nullable=True),
        sa.Column("change_number", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'published', 'declined', 'withdrawn', 'expired')", name=op.f("ck_offers_state")
        ),
        sa.ForeignKeyConstraint(["change_number"], ["changes.number"], name=op.f("fk_offers_change_number")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_offers_person_id")),
        sa.ForeignKeyConstraint(["settled_by"], ["people.id"], name=op.f("fk_offers_settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
        sa.UniqueConstraint("ref", name=op.f("uq_offers_ref")),
    )
    op.create_index(op.f("ix_offers_person_id"), "offers", ["person_id"])
    op.create_index("ix_offers_change", "offers", ["change_number"])
    waiting = sa.text("state = 'waiting'")
    op.create_index("ix_offers_waiting", "offers", ["expires_at"], sqlite_where=waiting, postgresql_where=waiting)


def _offer_needs() -> None:
    op.create_table(
        "offer_needs",
        sa.Column("offer_id", SERIAL, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("team", sa.String(length=100), nullable=False),
        sa.Column("agreed_at", INSTANT, nullable=True),
        sa.Column("agreed_by", SERIAL, nullable=True),
        sa.CheckConstraint("kind IN ('accept', 'approve')", name=op.f("ck_offer_needs_kind")),
        sa.ForeignKeyConstraint(["agreed_by"], ["people.id"], name=op.f("fk_offer_needs_agreed_by")),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], name=op.f("fk_offer_needs_offer_id")),
        sa.PrimaryKeyConstraint("offer_id", "kind", "team", name=op.f("pk_offer_needs")),
    )
    op.create_index("ix_offer_needs_team", "offer_needs", ["team"])


def _critical_services() -> None:
    op.create_table(
        "critical_services",
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("person_id", SERIAL, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_critical_services_person_id")),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_critical_services_service_id")),
        sa.PrimaryKeyConstraint("service_id", name=op.f("pk_critical_services")),
    )


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("change_number", sa.BigInteger(), nullable=False),
        sa.Column("person_id", SERIAL, nullable=True),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("reviewed_at", INSTANT, nullable=True),
        sa.Column("reviewed_by", SERIAL, nullable=True),
        sa.ForeignKeyConstraint(["change_number"], ["changes.number"], name=op.f("fk_reviews_change_number")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_reviews_person_id")),
        sa.ForeignKeyConstraint(["reviewed_by"], ["people.id"], name=op.f("fk_reviews_reviewed_by")),
        sa.PrimaryKeyConstraint("change_number", name=op.f("pk_reviews")),
    )
    still_open = sa.text("reviewed_at IS NULL")
    op.create_index("ix_reviews_open", "reviews", ["due_at"], sqlite_where=still_open, postgresql_where=still_open)
