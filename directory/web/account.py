"""A person's own account: who they are here, and where they are signed in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions.sign_in import sign_out_elsewhere
from directory.domain.policy import Thing, could
from directory.errors import NotSignedIn
from directory.gate.forms import form_of
from directory.gate.routes import require
from directory.gate.sessions import session_of
from directory.store import bounces, sessions
from directory.store.sessions import Session
from directory.store.versions import find_ids, load_in_force
from directory.web.rendering import page, site_of
from directory.web.words import ROLES


def account(request: Request) -> Response:
    """`/account`: name, address, teams with roles, and sessions."""
    site, here = site_of(request), own_session(request)
    person = here.person
    with site.database.read() as connection:
        ids = find_ids(connection, "team", person.roles)
        teams = load_in_force(connection, "team", ids.values(), on=site.today())
        going_on = sessions.of_person(connection, person, at=site.now())
        stop = bounces.of_person(connection, person.id, at=site.now())
    names = {found.slug: found.facts.name for found in teams.values()}
    roles = [(slug, names.get(slug, slug), ROLES[role]) for slug, role in sorted(person.roles.items())]
    return page(
        request,
        "account.html",
        person=person,
        roles=roles,
        sessions=[_shown(request, each, here) for each in going_on],
        stop=stop,
        looks_after=could(person.actor, "read-bounces"),
        leads=could(person.actor, "manage-reports"),
        may_draft=could(person.actor, "draft"),
        may_agree=could(person.actor, "read-offers"),
        passkeys=site.settings.passkeys != "off",
    )


def end_sessions(request: Request) -> Response:
    """`POST /account/sessions`: end one by its `id`, or all but this one."""
    site, here = site_of(request), own_session(request)
    passkeys = site.settings.passkeys != "off"
    sign_out_elsewhere(site.database, here, form_of(request).line("id"), passkeys=passkeys, at=site.now())
    return RedirectResponse("/account", 303)


def own_session(request: Request) -> Session:
    """The session in which somebody asks for what is their own; raises NotSignedIn."""
    session = session_of(request)
    if session is None:
        raise NotSignedIn("Sign in to see this page.")
    require(request, "account", Thing(person_id=session.person.id))
    return session


def _shown(request: Request, each: Session, here: Session) -> dict[str, object]:
    zone = site_of(request).settings.zone
    return {
        "id": each.id, "device": each.device, "since": each.created_at.astimezone(zone),
        "seen": each.seen_at.astimezone(zone), "here": each.id == here.id,
    }  # fmt: skip
