"""People and their roles, for editors and for the administrators of teams."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions import roles
from directory.actions.roles import TEAM_ROLES
from directory.domain.policy import Actor, Thing, can
from directory.errors import Invalid, PersonNotFound, Problem
from directory.gate.forms import Form, form_of
from directory.gate.sessions import actor_of
from directory.store import people as people_store
from directory.store import roster
from directory.store.people import Person
from directory.web.choosing import Choice, owners
from directory.web.parameters import number_of, text_of
from directory.web.rendering import page, site_of
from directory.web.views.names import team_names
from directory.web.words import ROLES

A_PAGE = 50


@dataclass(frozen=True, slots=True)
class PersonView:
    """Somebody as whoever looks after them sees them; `roles` are (team's slug, its name, the role in words)."""

    id: int
    email: str
    name: str
    editor: bool
    roles: tuple[tuple[str, str, str], ...]


def listed(request: Request) -> Response:
    """`/manage/people?q=&team=&start=`: those of my teams or, for an editor, everybody."""
    return _list(request)


def add(request: Request) -> Response:
    """`POST /manage/people`: add somebody, with a role in a team."""
    site, form, by = site_of(request), form_of(request), actor_of(request)
    try:
        with site.database.write() as connection:
            made = roles.add_person(
                connection,
                email=form.line("email"),
                name=form.line("name"),
                team=_team(form),
                role=form.line("role"),
                by=by,
                at=site.now(),
            )
    except Invalid as invalid:
        return _list(request, 422, problems=invalid.problems)
    return RedirectResponse(f"/manage/people/{made.id}?done=added", 303)


def one(request: Request) -> Response:
    """`/manage/people/{number}`: their roles, and what can be done about them."""
    return _one(request)


def change(request: Request) -> Response:
    """`POST /manage/people/{number}`: `do` gives or takes a role, or signs out everywhere."""
    site, form, by = site_of(request), form_of(request), actor_of(request)
    at, do = site.now(), form.line("do")
    try:
        with site.database.write() as connection:
            person = _visible(connection, request, by)
            if do == "give":
                roles.give_role(connection, person.id, _team(form), form.line("role"), by=by, at=at)
            elif do == "take":
                roles.take_role(connection, person.id, _team(form), by=by, at=at)
            elif do == "sign-out":
                roles.sign_out_everywhere(connection, person.id, by=by, at=at)
            seen = _seen(people_store.by_id(connection, person.id), by)
    except Invalid as invalid:
        return _one(request, 422, problems=invalid.problems)
    # Whom an administrator has let go of is not theirs to see any more.
    there = f"/manage/people/{person.id}" if seen else "/manage/people"
    return RedirectResponse(f"{there}?done={do if do in DONE else ''}", 303)


def make_editor(request: Request) -> Response:
    """`POST /manage/people/{number}/editor`: make somebody an editor or, with `end`, not any more."""
    site, form, by = site_of(request), form_of(request), actor_of(request)
    editor = "end" not in form
    try:
        with site.database.write() as connection:
            person = _visible(connection, request, by)
            roles.set_editor(connection, person.id, editor=editor, by=by, at=site.now())
    except Invalid as invalid:
        return _one(request, 422, problems=invalid.problems)
    return RedirectResponse(f"/manage/people/{person.id}?done={'editor' if editor else 'no-editor'}", 303)


DONE = ("give", "take", "sign-out")


def _team(form: Form) -> str:
    """The team of a list, which gives it with its organisation."""
    return form.line("team").rpartition("/")[2]


def _visible(connection: Connection, request: Request, by: Actor) -> Person:
    """Somebody whom `by` may see; else it is as if there were nobody."""
    number = number_of(str(request.path_params["number"]))
    person = people_store.by_id(connection, number) if number is not None else None
    if person is None or not _seen(person, by):
        raise PersonNotFound("Nobody of your teams has this number.")
    return person


def _seen(person: Person, by: Actor) -> bool:
    return by.editor or bool(person.roles.keys() & by.administers)


def _choices(connection: Connection, by: Actor, *, today: date) -> list[tuple[str, list[Choice]]]:
    found = owners(connection, today=today, only=None if by.editor else by.administers)
    return [(name, list(teams)) for name, teams in found]


def _view(person: Person, names: dict[str, str], by: Actor) -> PersonView:
    own = [slug for slug in sorted(person.roles) if by.editor or slug in by.administers]
    shown = tuple((slug, names.get(slug, slug), ROLES[person.roles[slug]]) for slug in own)
    return PersonView(person.id, person.email, person.name, person.editor, shown)


def _list(request: Request, status: int = 200, *, problems: tuple[Problem, ...] = ()) -> Response:
    site, by, form = site_of(request), actor_of(request), form_of(request)
    asked, team, start = text_of(request, "q"), text_of(request, "team"), number_of(text_of(request, "start")) or 0
    of = frozenset({team}) if team else None if by.editor else by.administers
    if team and not by.editor:
        of = frozenset({team}) & by.administers
    with site.database.read() as connection:
        found = roster.listed(connection, text=asked, of=of, limit=A_PAGE + 1, offset=start)
        names = team_names(connection, {slug for each in found for slug in each.roles}, on=site.today())
        choices = _choices(connection, by, today=site.today())
    return page(
        request,
        "people.html",
        status,
        people=[_view(each, names, by) for each in found[:A_PAGE]],
        asked=asked,
        chosen=team,
        next=start + A_PAGE if len(found) > A_PAGE else None,
        teams=choices,
        roles=[(role, ROLES[role]) for role in TEAM_ROLES],
        typed={name: form.line(name) for name in ("email", "name", "team", "role")},
        editor=by.editor,
        done=text_of(request, "done"),
        problems_found=problems,
    )


def _one(request: Request, status: int = 200, *, problems: tuple[Problem, ...] = ()) -> Response:
    site, by, form = site_of(request), actor_of(request), form_of(request)
    with site.database.read() as connection:
        person = _visible(connection, request, by)
        names = team_names(connection, person.roles, on=site.today())
        choices = _choices(connection, by, today=site.today())
    return page(
        request,
        "person.html",
        status,
        it=_view(person, names, by),
        teams=choices,
        roles=[(role, ROLES[role]) for role in TEAM_ROLES],
        typed={name: form.line(name) for name in ("team", "role")},
        may_make_editor=can(by, "make-editor", Thing()),
        may_sign_out=can(by, "manage-people", roles.thing_of(person)),
        done=text_of(request, "done"),
        problems_found=problems,
    )
