"""What two entries of one service would share, for every service at once, and the pairs that are not the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql

from directory.domain.change import fold
from directory.store.batches import read_json
from directory.store.tables.nouns import service_versions, services, successions
from directory.store.tables.offering import no_duplicates
from directory.store.versions import in_force


@dataclass(frozen=True, slots=True)
class Marks:
    """One service, and what tells it from others: numbers and addresses, areas and identifiers, each folded."""

    id: str
    slug: str
    name: str
    organisation: str
    addresses: frozenset[str]
    areas: frozenset[str]
    identifiers: frozenset[str]


def marks(connection: Connection, *, on: date) -> list[Marks]:
    """Of every service that is not closed on a day; one statement."""
    open_ones = in_force("service", on=on).where(service_versions.c.status != "closed")
    columns = (services.c.id, services.c.slug, service_versions.c.facts)
    rows = connection.execute(open_ones.with_only_columns(*columns).order_by(services.c.id))
    return [_marks(row.id, row.slug, read_json(row.facts)) for row in rows]


def _marks(key: str, slug: str, facts: dict[str, object]) -> Marks:
    def each(field: str) -> Iterable[dict[str, str]]:
        return facts.get(field) or ()  # type: ignore[return-value]

    given = [it["value"] for it in each("contacts") if it["type"] in ("phone", "email", "text")]
    given += [it["address"] for it in each("referral_routes") if it.get("address")]
    owner: dict[str, str] = facts["owner"]  # type: ignore[assignment]
    return Marks(
        key,
        slug,
        str(facts["name"]),
        owner["organisation"],
        frozenset(filter(None, map(_address, given))),
        frozenset(fold(it["name"]) for it in each("areas")),
        frozenset(f"{it['system']} {it['value']}" for it in each("identifiers")),
    )


def _address(text: str) -> str:
    """An address as it is compared: of a number its last ten figures, however its country is written."""
    figures = "".join(filter(str.isdecimal, text))
    return figures[-10:] if len(figures) >= 10 and "@" not in text else fold(text)


def apart(connection: Connection) -> set[tuple[str, str]]:
    """The pairs that are no duplicates, as an editor said, or of which one took the other's place; in order."""
    said = {(row.one, row.other) for row in connection.execute(select(no_duplicates))}
    linked = select(successions.c.predecessor, successions.c.successor).where(
        successions.c.noun == "service",
        successions.c.successor.is_not(None),
        successions.c.withdrawn_at.is_(None),
    )
    return said | {(min(row), max(row)) for row in connection.execute(linked)}


def keep_apart(connection: Connection, one: str, other: str, *, by: int | None, at: datetime) -> None:
    """Remember that two services, by id, are not the same."""
    # PostgreSQL's spelling of ON CONFLICT is SQLite's too.
    row = {"one": min(one, other), "other": max(one, other), "at": at, "person_id": by}
    connection.execute(postgresql.insert(no_duplicates).values(row).on_conflict_do_nothing())
