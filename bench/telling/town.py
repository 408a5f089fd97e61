"""A town with one clinic, and any number of people who follow it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, insert, select, text

from directory.actions.publish import publish
from directory.domain.change import Draft, Edit
from directory.domain.digest import DigestSchedule
from directory.domain.policy import OPERATOR
from directory.domain.service import Area, Contact, Owner, ReferralRoute
from directory.store.database import Database
from directory.store.tables.nouns import services
from directory.store.tables.people import people
from directory.store.tables.telling import subscription_terms, subscriptions

ZONE = ZoneInfo("Europe/London")
SCHEDULE = DigestSchedule(ZONE)
# A Wednesday.
NOON = datetime(2026, 11, 4, 12, tzinfo=UTC)
CLINIC = "leg-ulcer-clinic"
_AT_ONCE = 10_000


def found(database: Database) -> None:
    """Two teams of one trust, and the clinic."""
    teams = (("district-nursing", "District Nursing"), ("tissue-viability", "Tissue Viability Team"))
    draft = Draft(
        title="The directory begins",
        effective_from=date(2024, 10, 1),
        why="It begins.",
        kinds=("opened",),
        organisations=(Edit("trust", {"name": "Northmoor Community Trust"}, expected_version=0, slug="trust"),),
        teams=tuple(
            Edit(slug, {"name": name, "organisation": "trust"}, expected_version=0, slug=slug) for slug, name in teams
        ),
        services=(Edit(CLINIC, _clinic(), expected_version=0, slug=CLINIC),),
        weight="minor",
    )
    publish(database, draft, by=OPERATOR, at=NOON - timedelta(days=30), zone=ZONE)


def _clinic() -> dict[str, object]:
    return {
        "name": "Leg ulcer clinic",
        "owner": Owner("trust", "district-nursing"),
        "needs": ("leg ulcer", "compression bandaging"),
        "areas": (Area("Eastmarsh"), Area("Northmoor")),
        "contacts": (Contact("phone", "01632 960145"),),
        "referral_routes": (ReferralRoute("email", "legs@northmoor.example", who="Any nurse"),),
    }


def moves(database: Database, *, number: int = 1, at: datetime = NOON) -> int:
    """A change of the clinic, as people write them; its number."""
    draft = Draft(
        title=f"The leg ulcer clinic takes calls on another number ({number})",
        effective_from=date(2026, 12, 1),
        why="The **old number** was shared with the ward, and nobody answered it after four o'clock.",
        what_to_do="Call the new number. What you sent by email is not sent again.",
        in_flight="Referrals made before 1 December stay with [the clinic](service:leg-ulcer-clinic).",
        services=(Edit(CLINIC, {"contacts": (Contact("phone", f"01632 96{number:04}"),)}),),
    )
    return publish(database, draft, by=OPERATOR, at=at, zone=ZONE).change.number


def people_of(database: Database, count: int) -> list[int]:
    """So many people; their ids."""
    with database.write() as connection:
        rows = (
            {
                "email": f"nurse{number}@northmoor.example",
                "name": f"Nurse {number}",
                "editor": False,
                "created_at": NOON - timedelta(days=20),
            }
            for number in range(count)
        )
        write(connection, people, rows)
        return list(connection.scalars(select(people.c.id).order_by(people.c.id)))


def follow(database: Database, ids: Sequence[int], *, ranks: Sequence[int] = (0, 1, 2)) -> int:
    """Each person follows the clinic by one of four ways, and each tenth by two; how many subscriptions."""
    with database.write() as connection:
        clinic = connection.scalar(select(services.c.id).where(services.c.slug == CLINIC))
        # The ways, as terms: each facet must be met.
        ways = (
            (("service", clinic),),
            (("need", "leg ulcer"),),
            (("need", "leg ulcer"), ("area", "eastmarsh")),
            (("team", "district-nursing"),),
        )
        chosen = [(person, ways[at % 4]) for at, person in enumerate(ids)]
        chosen += [(person, ways[(at + 1) % 4]) for at, person in enumerate(ids) if at % 10 == 0]
        rows = (
            {
                "person_id": person,
                "rank": ranks[at % len(ranks)],
                "channel": "mail",
                "label": ", ".join(" ".join(map(str, term)) for term in way),
                "facets": len(way),
                "created_at": NOON - timedelta(days=10),
            }
            for at, (person, way) in enumerate(chosen)
        )
        write(connection, subscriptions, rows)
        made = list(connection.scalars(select(subscriptions.c.id).order_by(subscriptions.c.id)))
        terms = (
            {"subscription_id": key, "facets": len(way), "facet": facet, "value": value}
            for key, (_, way) in zip(made, chosen, strict=True)
            for facet, value in way
        )
        write(connection, subscription_terms, terms)
        return len(made)


def write(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Rows, some thousand at a time."""
    waiting = iter(rows)
    while batch := list(islice(waiting, _AT_ONCE)):
        connection.execute(insert(table), batch)


def settle_down(database: Database) -> None:
    """Let the database learn how large its tables are, as it does by itself in time."""
    with database.each() as connection:
        connection.execute(text("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE"))
