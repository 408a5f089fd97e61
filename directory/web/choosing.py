"""Choose a service or a team without scripts: by what is typed, or from a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from directory.domain.policy import Actor
from directory.domain.query import Query
from directory.domain.service import Owner
from directory.errors import IndexDamaged
from directory.site import Site
from directory.store import organisations as organisation_store
from directory.store import services as service_store
from directory.store.versions import find_ids, load_in_force
from directory.web.field_forms import choice_of

FOUND = 10
# More teams than fit in a list of a page are chosen by the code of their organisation.
MOST_TEAMS = 2_000


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose: its value in the form, its name, and to whom it belongs."""

    value: str
    name: str
    beside: str = ""


def services_like(site: Site, connection: Connection, text: str, *, besides: Iterable[str] = ()) -> list[Choice]:
    """Services by id, slug, address of their page, or by what they are called or do; those that are open."""
    key = text.strip().rstrip("/").rpartition("/")[2]
    ids = list(find_ids(connection, "service", [key] if key else []).values())
    try:
        ids += [hit.service_id for hit in site.search(Query(text, limit=FOUND)).hits] if text.strip() else []
    except IndexDamaged:
        # Whoever knows the address of the page can go on.
        ids = list(ids)
    left = [key for key in dict.fromkeys(ids) if key not in set(besides)]
    entries = service_store.entries(connection, left[:FOUND], on=site.today())
    return [Choice(each.id, each.facts.name, each.owner_name) for each in entries if each.facts.status != "closed"]


def services_of(connection: Connection, actor: Actor, *, today: date) -> list[Choice]:
    """The services that the teams run of which the actor is a lead, by name."""
    teams = find_ids(connection, "team", actor.leads)
    run = service_store.run_by(connection, set(teams.values()), today=today)
    rows = load_in_force(connection, "service", {service for ids in run.values() for service in ids}, on=today)
    found = [Choice(key, row.facts.name) for key, row in rows.items() if row.facts.status != "closed"]
    return sorted(found, key=lambda each: each.name.casefold())


def owners(
    connection: Connection, *, today: date, only: Iterable[str] | None = None, beside: Owner | None = None
) -> Sequence[tuple[str, Sequence[Choice]]]:
    """Teams to choose from, under the names of their organisations; `beside` is there whatever it is."""
    wanted = None if only is None else set(only)
    teams = organisation_store.list_teams(connection, limit=MOST_TEAMS, on=today)
    teams = [team for team in teams if wanted is None or team.slug in wanted]
    ids = {team.facts.organisation for team in teams} | ({beside.organisation} if beside else set())
    names = {key: row.facts.name for key, row in load_in_force(connection, "organisation", ids, on=today).items()}
    groups: dict[str, list[Choice]] = {}
    for team in teams:
        organisation = team.facts.organisation
        choice = Choice(choice_of(Owner(organisation, team.slug)), team.facts.name)
        groups.setdefault(names.get(organisation, organisation), []).append(choice)
    if beside and not any(each.value == choice_of(beside) for group in groups.values() for each in group):
        name = names.get(beside.organisation, beside.organisation)
        groups.setdefault(name, []).append(Choice(choice_of(beside), beside.team or f"{name}, without a team"))
    return [(name, sorted(found, key=lambda each: each.name)) for name, found in sorted(groups.items())]
