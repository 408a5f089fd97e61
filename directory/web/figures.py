"""The dashboard: how it goes, and the same as files."""

from __future__ import annotations

import csv
from io import StringIO

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from directory.domain.policy import Thing, can
from directory.errors import NotFound
from directory.exchange.cells import guarded
from directory.gate.routes import require
from directory.gate.sessions import actor_of
from directory.store import people
from directory.store.versions import all_ids
from directory.web.parameters import text_of
from directory.web.rendering import page, site_of
from directory.web.reports import teams_of
from directory.web.views.figure import MONTHS, MOST_ROWS, Asked, Figure
from directory.web.views.figures import all_figures
from directory.web.views.names import names_of, team_names

# A list to choose from helps nobody when it is longer.
MOST_TEAMS = 300


def figures(request: Request) -> Response:
    """`/manage?team=&area=`: figures of the last twelve months, of my teams or, for an editor, of all."""
    site, asked = site_of(request), _asked(request)
    with site.database.read() as connection:
        shown = _figures(connection, request, asked)
        teams = _teams(connection, asked)
    areas = [area.name for area in site.gazetteer().areas()]
    return page(
        request, "figures.html", figures=shown, asked=asked, teams=teams, areas=areas, months=MONTHS, most=MOST_ROWS
    )


def as_csv(request: Request) -> Response:
    """`/manage/figures/{key}.csv?team=&area=`: one of them as a file."""
    key, asked = str(request.path_params["key"]), _asked(request)
    with site_of(request).database.read() as connection:
        found = next((each for each in _figures(connection, request, asked) if each.key == key), None)
    if found is None:
        raise NotFound("There are no such figures.")
    written = StringIO()
    table = csv.writer(written)
    table.writerow(found.data_columns)
    # Figures stay figures; what people wrote may not be run by whoever opens the file.
    table.writerows([guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in found.data)
    headers = {"Content-Disposition": f'attachment; filename="{key}.csv"', "X-Content-Type-Options": "nosniff"}
    # A spreadsheet program takes a file without the mark for one of its own old encodings.
    return Response(written.getvalue().encode("utf-8-sig"), headers=headers, media_type="text/csv")


def _asked(request: Request) -> Asked:
    site, by, team = site_of(request), actor_of(request), text_of(request, "team")
    if team:
        require(request, "read-figures", Thing(frozenset({team})))
    return Asked(
        teams=teams_of(by),
        team=team,
        area=text_of(request, "area"),
        today=site.today(),
        zone=site.settings.zone,
        every=site.settings.check_every,
    )


def _figures(connection: Connection, request: Request, asked: Asked) -> tuple[Figure, ...]:
    return all_figures(connection, asked, gaps=can(actor_of(request), "manage-gaps"))


def _teams(connection: Connection, asked: Asked) -> list[tuple[str, str]]:
    """Slugs and names of the teams to choose from, in the order of names; of very many, those that anybody is in."""
    if asked.teams is not None:
        named = team_names(connection, asked.teams, on=asked.today)
    else:
        ids = all_ids(connection, "team")
        if len(ids) > MOST_TEAMS:
            ids = people.teams_with_people(connection)
        found = names_of(connection, "team", ids, on=asked.today).values()
        named = {team.href.rpartition("/")[2]: team.name for team in found}
        # What was chosen stays chosen.
        named |= team_names(connection, {asked.team}, on=asked.today)
    return sorted(named.items(), key=lambda team: (team[1].casefold(), team[0]))
