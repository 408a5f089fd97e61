"""GET /organisations and GET /teams: who runs services, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from directory.api import names as called
from directory.api import replies
from directory.api.answers import page, plain, tagged
from directory.api.asking import DayAsked, OnAsked, OrganisationsAsked, TeamsAsked
from directory.api.calls import Call
from directory.api.declaring import says
from directory.api.entries import link_json, organisation_json, status_on, team_json
from directory.api.filters import known_id, organisation_key
from directory.domain.organisation import Organisation, Team
from directory.domain.succession import handlers
from directory.store import organisations as organisation_store
from directory.store import successions as succession_store
from directory.store.versions import history


@says("Organisations, in the order of their ids.", replies.OrganisationPage)
def list_organisations(call: Call, asked: OrganisationsAsked) -> Response:
    """GET /organisations."""
    limit, after = asked.limit, asked.after or ""
    on = asked.as_of or call.site.today()
    with call.site.database.read() as connection:
        found = organisation_store.list_organisations(connection, after=after, limit=limit + 1, on=on)
        belongs = organisation_store.memberships(connection, [each.id for each in found], on=on)
        whole = [replace(each, member_of=tuple(belongs.get(each.id, ()))) for each in found[:limit]]
        items = _organisations_json(connection, call, whole, on=on)
    return page(items, found[limit - 1].id if len(found) > limit else None)


@says("One organisation, by id, slug or ODS code.", replies.OrganisationReply, tagged=True)
def show_organisation(call: Call, asked: DayAsked) -> Response:
    """GET /organisations/{key}."""
    on = asked.as_of or call.site.today()
    with call.site.database.read() as connection:
        found = organisation_store.organisation(connection, organisation_key(connection, call.key()), on=on)
        return tagged(call, _organisations_json(connection, call, [found], on=on)[0])


@says("The organisations in force on a day for what it was, itself where it still is.", replies.SuccessorsAnswer)
def show_successors(call: Call, asked: OnAsked) -> Response:
    """GET /organisations/{key}/successors: those in force on a day for what it was, itself where it still is."""
    on = asked.on or call.site.today()
    with call.site.database.read() as connection:
        key = organisation_key(connection, call.key())
        found = handlers(key, on, succession_store.following(connection, "organisation", [key]))
        successors = [each for each in _standing(connection, found.ids, on) if status_on(each.facts, on) == "active"]
        items = _organisations_json(connection, call, successors, on=on)
        names = called.names(connection, called.in_links("organisation", found.path), on=on)
    path = [link_json(link, "organisation", names) for link in found.path]
    return plain({"organisation": key, "on": on.isoformat(), "successors": items, "path": path, "loop": found.loop})


def _standing(connection: Connection, ids: Sequence[str], on: date) -> list[Organisation]:
    """Organisations on a day, each by its first version where its entry begins later."""
    present = {each.id: each for each in organisation_store.organisations_by_id(connection, ids, on=on)}
    for key in ids:
        # Rare, and few: a successor that the directory learnt of after the day that is asked about.
        if key not in present and (versions := history(connection, "organisation", key)):
            first = min(versions, key=lambda row: (row.effective_from, row.number))
            present[key] = Organisation(
                key, first.slug, first.number, first.effective_from, first.recorded_at, first.facts
            )
    return [present[key] for key in ids if key in present]


@says("Teams, in the order of their slugs.", replies.TeamPage)
def list_teams(call: Call, asked: TeamsAsked) -> Response:
    """GET /teams."""
    limit, after = asked.limit, asked.after or ""
    on = asked.as_of or call.site.today()
    with call.site.database.read() as connection:
        organisation = known_id(connection, call, "organisation", "organisation")
        found = organisation_store.list_teams(
            connection, after=after, limit=limit + 1, on=on, organisation=organisation
        )
        items = _teams_json(connection, call, found[:limit], on=on)
    return page(items, found[limit - 1].slug if len(found) > limit else None)


@says("One team, by slug.", replies.TeamReply, tagged=True)
def show_team(call: Call, asked: DayAsked) -> Response:
    """GET /teams/{slug}."""
    on = asked.as_of or call.site.today()
    with call.site.database.read() as connection:
        found = organisation_store.team(connection, call.key(), on=on)
        return tagged(call, _teams_json(connection, call, [found], on=on)[0])


def _organisations_json(
    connection: Connection, call: Call, found: Sequence[Organisation], *, on: date
) -> list[dict[str, Any]]:
    names = called.names(connection, called.in_organisations(found), on=on)
    return [organisation_json(each, base_url=call.base_url, names=names, on=on) for each in found]


def _teams_json(connection: Connection, call: Call, found: Sequence[Team], *, on: date) -> list[dict[str, Any]]:
    names = called.names(connection, called.in_teams(found), on=on)
    return [team_json(each, base_url=call.base_url, names=names) for each in found]
