"""Imports: batches that can be undone, and files that wait to be imported."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

INSTANT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name in ("opened", "changed", "closed", "unchanged"):
        op.add_column("imports", sa.Column(name, sa.Integer()))
    op.add_column("checks", sa.Column("import_id", SERIAL))
    op.create_index(op.f("ix_checks_import_id"), "checks", ["import_id"])
    _undone_imports()
    _import_memberships()
    _uploads()
    _upload_lines()


def _undone_imports() -> None:
    op.create_table(
        "undone_imports",
        sa.Column("import_id", SERIAL, nullable=False),
        sa.Column("person_id", SERIAL),
        sa.Column("undone_at", INSTANT, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("first_change", sa.BigInteger()),
        sa.Column("last_change", sa.BigInteger()),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_undone_imports_import_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_undone_imports_person_id")),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_undone_imports")),
    )


def _import_memberships() -> None:
    op.create_table(
        "import_memberships",
        sa.Column("import_id", SERIAL, nullable=False),
        sa.Column("member", sa.String(length=64), nullable=False),
        sa.Column("of", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("new", sa.Boolean(), nullable=False),
        sa.Column("end_before", sa.Date()),
        sa.Column("end", sa.Date()),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_memberships_import_id")),
        sa.PrimaryKeyConstraint("import_id", "member", "of", "kind", "start", name=op.f("pk_import_memberships")),
    )


def _uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", SERIAL, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("format", sa.String(length=32), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("uploaded_at", INSTANT, nullable=False),
        sa.Column("data", sa.LargeBinary()),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("import_id", SERIAL),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_uploads_import_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_uploads_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_person_id"), "uploads", ["person_id"])
    op.create_index(op.f("ix_uploads_uploaded_at"), "uploads", ["uploaded_at"])


def _upload_lines() -> None:
    op.create_table(
        "upload_lines",
        sa.Column("upload_id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('problem', 'note', 'new', 'changed', 'closed', 'other')", name=op.f("ck_upload_lines_kind")
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_upload_lines_upload_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_id", "place", name=op.f("pk_upload_lines")),
    )
    op.create_index("ix_upload_lines_kind", "upload_lines", ["upload_id", "kind", "place"])
