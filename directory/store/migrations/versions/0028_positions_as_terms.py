"""Places that were given out as FHIR can be found by where they are."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

_BATCH = 1_000
_HISTORY = sa.table("fhir_history", sa.column("seq"), sa.column("type"), sa.column("body"))
_TERMS = sa.table("fhir_terms", *map(sa.column, ("seq", "param", "qualifier", "value", "type")))


def upgrade() -> None:
    connection, last = op.get_bind(), 0
    places = sa.select(_HISTORY.c.seq, _HISTORY.c.body).where(
        _HISTORY.c.type == "Location", _HISTORY.c.body.contains('"position":{')
    )
    while rows := connection.execute(places.where(_HISTORY.c.seq > last).order_by(_HISTORY.c.seq).limit(_BATCH)).all():
        connection.execute(sa.insert(_TERMS), [_term(row.seq, json.loads(row.body)["position"]) for row in rows])
        last = rows[-1].seq


def _term(seq: int, position: dict[str, float]) -> dict[str, object]:
    return {
        "seq": seq,
        "type": "Location",
        "param": "near",
        "qualifier": str(position["longitude"]),
        "value": str(position["latitude"]),
    }
