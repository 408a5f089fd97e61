"""Who is asked when something of a team waits: its leads, its administrators, and the editors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from directory.domain.asking import Level
from directory.store.batches import in_batches
from directory.store.tables.nouns import teams
from directory.store.tables.people import memberships, people

_LEVELS = {"lead": Level.LEADS, "team-admin": Level.ADMINISTRATORS}


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who can be written to."""

    person_id: int
    email: str


def those_of(connection: Connection, slugs: Iterable[str]) -> dict[str | None, Mapping[Level, list[Asked]]]:
    """For each of some teams, by slug, and for no team (None): who is at each level, in the order of their numbers."""
    here = people.c.email.is_not(None) & people.c.erased_at.is_(None)
    editing = select(people.c.id, people.c.email).where(here, people.c.editor).order_by(people.c.id)
    editors = [Asked(row.id, row.email) for row in connection.execute(editing)]
    found: dict[str | None, dict[Level, list[Asked]]] = {slug: {Level.EDITORS: editors} for slug in slugs}
    for batch in in_batches([slug for slug in found if slug is not None]):
        joined = (
            select(teams.c.slug, memberships.c.role, people.c.id, people.c.email)
            .join(memberships, memberships.c.team_id == teams.c.id)
            .join(people, people.c.id == memberships.c.person_id)
            .where(here, teams.c.slug.in_(batch), memberships.c.role.in_(list(_LEVELS)))
        )
        for row in connection.execute(joined.order_by(people.c.id)):
            found[row.slug].setdefault(_LEVELS[row.role], []).append(Asked(row.id, row.email))
    return {None: {Level.EDITORS: editors}, **found}
