"""What the directory says as FHIR on a day: the resources of services, of their owners, and of what belongs to what.

A subject is a noun and an id, such as "service leg-ulcer-clinic": what some resources are made from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from directory.domain.organisation import Team
from directory.exchange.fhir_codes import Json, Resource
from directory.exchange.fhir_owners import affiliation_resource, organisation_resource, team_resource
from directory.exchange.fhir_service import resources_of
from directory.store import successions as succession_store
from directory.store.organisations import memberships_of, organisations_by_id
from directory.store.services import entries
from directory.store.versions import find_ids, load_in_force


def rendered(
    connection: Connection, subjects: Iterable[str], *, on: date, known_at: datetime | None = None
) -> Mapping[str, list[Resource]]:
    """What stands for each subject on a day; nothing for what has not begun. Memberships are as they are known now."""
    ids: dict[str, list[str]] = {}
    for subject in subjects:
        noun, _, key = subject.partition(" ")
        ids.setdefault(noun, []).append(key)
    day = _Day(connection, on, known_at)
    return {
        **day.organisations(ids.get("organisation", ())),
        **day.teams(ids.get("team", ())),
        **day.services(ids.get("service", ())),
        **day.memberships(ids.get("membership", ())),
    }


def is_area(body: Json) -> bool:
    """Whether a resource is a place that services cover: it is nobody's own."""
    return bool(body["resourceType"] == "Location" and "managingOrganization" not in body)


@dataclass(frozen=True, slots=True)
class _Day:
    connection: Connection
    on: date
    known_at: datetime | None

    def organisations(self, ids: Sequence[str]) -> Mapping[str, list[Resource]]:
        links = succession_store.touching(self.connection, "organisation", ids, known_at=self.known_at)
        return {
            f"organisation {found.id}": [
                organisation_resource(
                    found, [link for link in links if found.id in (link.predecessor, link.successor)], on=self.on
                )
            ]
            for found in organisations_by_id(self.connection, ids, on=self.on, known_at=self.known_at)
        }

    def teams(self, ids: Sequence[str]) -> Mapping[str, list[Resource]]:
        rows = load_in_force(self.connection, "team", ids, on=self.on, known_at=self.known_at)
        teams = (
            Team(row.subject_id, row.slug, row.number, row.effective_from, row.recorded_at, row.facts)
            for row in rows.values()
        )
        return {f"team {team.id}": [team_resource(team)] for team in teams}

    def services(self, ids: Sequence[str]) -> Mapping[str, list[Resource]]:
        found = entries(self.connection, ids, on=self.on, known_at=self.known_at)
        teams = find_ids(self.connection, "team", {entry.team.slug for entry in found if entry.team})
        return {f"service {entry.id}": resources_of(entry, teams) for entry in found}

    def memberships(self, ids: Sequence[str]) -> Mapping[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for membership in memberships_of(self.connection, ids):
            resource = affiliation_resource(membership, on=self.on)
            found.setdefault(f"membership {membership.member}", []).append(resource)
        return found
