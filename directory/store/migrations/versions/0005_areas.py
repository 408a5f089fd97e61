"""Areas, located postcodes, and the names by which a practice is met in a question."""

import json
from itertools import islice

import sqlalchemy as sa
from alembic import op

from directory.domain.place import postcode_of
from directory.domain.registration import name_key

revision = "0005"
down_revision = "0004"

INSTANT = sa.DateTime(timezone=True)
BATCH = 1_000


def upgrade() -> None:
    op.create_table(
        "areas",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_areas")),
    )
    postcodes = op.create_table(
        "postcodes",
        sa.Column("postcode", sa.String(length=8), nullable=False),
        sa.Column("outward", sa.String(length=4), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("postcode", name=op.f("pk_postcodes")),
    )
    op.create_index(op.f("ix_postcodes_outward"), "postcodes", ["outward"], unique=False)
    names = op.create_table(
        "organisation_names",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("organisation_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_organisation_names_organisation_id")
        ),
        sa.PrimaryKeyConstraint("key", "organisation_id", name=op.f("pk_organisation_names")),
    )
    op.create_index("ix_organisation_names_organisation", "organisation_names", ["organisation_id"], unique=False)
    _fill(names, postcodes)


def _fill(names: sa.Table, postcodes: sa.Table) -> None:
    """From the versions that are there already."""
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT DISTINCT name, subject_id FROM organisation_versions"))
    pairs = sorted({(name_key(row.name), row.subject_id) for row in rows} - {("", "")})
    _insert(names, [{"key": key, "organisation_id": subject} for key, subject in pairs if key])
    located = {}
    for row in connection.execute(sa.text("SELECT facts FROM service_versions ORDER BY recorded_at, number")):
        for place in json.loads(row.facts).get("locations", ()):
            code = postcode_of(place.get("postcode", ""))
            if code and place.get("latitude") is not None and place.get("longitude") is not None:
                located[code[1]] = (code[0], place["latitude"], place["longitude"])
    columns = ("postcode", "outward", "latitude", "longitude")
    _insert(postcodes, [dict(zip(columns, (code, *where), strict=True)) for code, where in sorted(located.items())])


def _insert(table: sa.Table, rows: list[dict[str, object]]) -> None:
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        op.bulk_insert(table, batch)
