"""Teams and organisations: what they run, what they came from, and what changed there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.store import changes as change_store
from directory.store import organisations as organisation_store
from directory.store import services as service_store
from directory.store import successions as succession_store
from directory.store.services import Filter
from directory.web import words
from directory.web.press import Press, mail, telephone, website
from directory.web.views.changes import ChangeLine, change_line
from directory.web.views.entries import EntryView, entry_view
from directory.web.views.names import Named, SuccessionLine, names_of, succession_lines
from directory.web.views.reports import HeardView, heard_view

SERVICES = 50
TEAMS = 100
CHANGES = 10


@dataclass(frozen=True, slots=True)
class Running:
    """One page of the services that an owner runs, and the id to go on from where there are more."""

    services: tuple[EntryView, ...]
    closed: tuple[EntryView, ...]
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamView:
    """A team's page; `description` is Markdown."""

    slug: str
    name: str
    organisation: Named
    call: Press | None
    email: Press | None
    description: str
    running: Running
    changes: tuple[ChangeLine, ...]
    heard: HeardView


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationView:
    """An organisation's page; `belongs_to` are (in what relation, to whom)."""

    slug: str
    name: str
    ods_code: str
    closed: bool
    website: Press | None
    address: str
    description: str
    belongs_to: tuple[tuple[str, Named], ...]
    succession: tuple[SuccessionLine, ...]
    teams: tuple[Named, ...]
    running: Running
    changes: tuple[ChangeLine, ...]


def team_view(connection: Connection, slug: str, *, after: str, today: date, zone: ZoneInfo) -> TeamView:
    """A team by its slug; raises TeamNotFound."""
    team = organisation_store.team(connection, slug, on=today)
    facts = team.facts
    return TeamView(
        slug=team.slug,
        name=facts.name,
        organisation=names_of(connection, "organisation", [facts.organisation], on=today)[facts.organisation],
        call=telephone(facts.phone) if facts.phone else None,
        email=mail(facts.email) if facts.email else None,
        description=facts.description,
        running=_running(connection, Filter(team=team.slug), after=after, today=today, zone=zone),
        changes=_changes(connection, change_store.Filter(team=team.slug, weight="major"), zone),
        heard=heard_view(connection, team.slug, today=today, zone=zone),
    )


def organisation_view(connection: Connection, key: str, *, after: str, today: date, zone: ZoneInfo) -> OrganisationView:
    """An organisation by id, slug or ODS code; raises OrganisationNotFound."""
    found = organisation_store.organisation(connection, key, on=today)
    facts = found.facts
    links = succession_store.touching(connection, "organisation", [found.id])
    others = {end for link in links for end in (link.predecessor, link.successor) if end}
    names = names_of(connection, "organisation", others | {each.of for each in found.member_of}, on=today)
    teams = organisation_store.list_teams(connection, limit=TEAMS, on=today, organisation=found.id)
    return OrganisationView(
        slug=found.slug,
        name=facts.name,
        ods_code=facts.ods_code or "",
        closed=facts.status == "closed",
        website=website(facts.website) if facts.website else None,
        address=", ".join(filter(None, (facts.address, facts.postcode))),
        description=facts.description,
        belongs_to=tuple((words.MEMBERSHIPS.get(each.kind, each.kind), names[each.of]) for each in found.member_of),
        succession=succession_lines(links, names, of=found.id, on=today),
        teams=tuple(sorted((Named(each.facts.name, f"/teams/{each.slug}") for each in teams), key=lambda n: n.name)),
        running=_running(connection, Filter(owner=found.id), after=after, today=today, zone=zone),
        changes=_changes(connection, change_store.Filter(owner=found.id, weight="major"), zone),
    )


def _running(connection: Connection, wanted: Filter, *, after: str, today: date, zone: ZoneInfo) -> Running:
    ids = service_store.list_ids(connection, after=after, limit=SERVICES + 1, on=today, wanted=wanted)
    entries = service_store.entries(connection, ids[:SERVICES], on=today)
    views = sorted((entry_view(entry, zone=zone) for entry in entries), key=lambda view: view.name.casefold())
    return Running(
        tuple(view for view in views if not view.closed),
        tuple(view for view in views if view.closed),
        ids[SERVICES - 1] if len(ids) > SERVICES else "",
    )


def _changes(connection: Connection, wanted: change_store.Filter, zone: ZoneInfo) -> tuple[ChangeLine, ...]:
    found = change_store.list_recent(connection, limit=CHANGES, wanted=wanted)
    return tuple(change_line(change, zone=zone) for change in found)
