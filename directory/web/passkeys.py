"""Passkeys: a person's own, and showing one before something weighty."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions import passkeys as acting
from directory.actions.passkeys import Place
from directory.domain.paths import safe_path
from directory.errors import Invalid, NotFound
from directory.gate.forms import form_of
from directory.store import passkeys
from directory.web.account import own_session
from directory.web.rendering import page, site_of, with_scripts

LONGEST_NAME = 60


def own(request: Request) -> Response:
    """`/account/passkeys`: those that a person has."""
    _place(request)
    site, session = site_of(request), own_session(request)
    with site.database.read() as connection:
        found = passkeys.of_person(connection, session.person.id)
    zone = site.settings.zone
    shown = [
        {
            "id": each.id,
            "name": each.name,
            "created": each.created_at.astimezone(zone),
            "used": each.used_at.astimezone(zone) if each.used_at else None,
        }
        for each in found
    ]
    return page(request, "passkeys.html", passkeys=shown)


def add_form(request: Request) -> Response:
    """`/account/passkeys/add`: the browser is asked to make one."""
    return _adding(request)


def add(request: Request) -> Response:
    """`POST /account/passkeys/add`: it is kept."""
    site, form, place = site_of(request), form_of(request), _place(request)
    name = form.line("name", limit=LONGEST_NAME)
    try:
        acting.add(
            site.database, own_session(request), place, answer=form.text("answer", limit=100_000), name=name,
            at=site.now(),
        )  # fmt: skip
    except Invalid as invalid:
        return _adding(request, name=name, invalid=invalid)
    return RedirectResponse(safe_path(form.text("next") or "/account/passkeys"), 303)


def remove(request: Request) -> Response:
    """`POST /account/passkeys/remove`: one of them is let go."""
    site, session = site_of(request), own_session(request)
    _place(request)
    acting.remove(site.database, session, form_of(request).line("id", limit=1400), at=site.now())
    return RedirectResponse("/account/passkeys", 303)


def show_form(request: Request) -> Response:
    """`/step-up?next=`: the browser is asked to show one; who has none is led to making one."""
    return _showing(request, next_path=safe_path(request.query_params.get("next")))


def show(request: Request) -> Response:
    """`POST /step-up`: shown, and on."""
    site, form, place = site_of(request), form_of(request), _place(request)
    next_path = safe_path(form.text("next"))
    try:
        answer = form.text("answer", limit=100_000)
        acting.show(site.database, own_session(request), place, answer=answer, at=site.now())
    except Invalid as invalid:
        return _showing(request, next_path=next_path, invalid=invalid)
    return RedirectResponse(next_path, 303)


def _adding(request: Request, *, name: str = "", invalid: Invalid | None = None) -> Response:
    site, place = site_of(request), _place(request)
    options = acting.offer_to_add(site.database, own_session(request), place, at=site.now())
    shown = page(
        request,
        "passkey_add.html",
        422 if invalid else 200,
        options=options,
        name=name,
        next=safe_path(request.query_params.get("next") or "/account/passkeys"),
        problems=invalid.problems if invalid else (),
    )
    return with_scripts(shown)


def _showing(request: Request, *, next_path: str, invalid: Invalid | None = None) -> Response:
    site, place = site_of(request), _place(request)
    options = acting.ask_to_show(site.database, own_session(request), place, at=site.now())
    shown = page(
        request,
        "passkey_show.html",
        422 if invalid else 200,
        options=options,
        next=next_path,
        problems=invalid.problems if invalid else (),
    )
    return with_scripts(shown)


def _place(request: Request) -> Place:
    settings = site_of(request).settings
    if settings.passkeys == "off":
        raise NotFound("Passkeys are not used in this directory.")
    return Place(urlsplit(settings.base_url).hostname or "", settings.origin, settings.organisation_name)
