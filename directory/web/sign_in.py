"""Signing in by mail: ask for a message, then press the button behind its link or type its code; and signing out."""

from __future__ import annotations

import logging
import secrets

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions.sign_in import Arrived, Browser, ask, enter_again, enter_by_code, enter_by_link, sign_out
from directory.domain.arriving import GOOD_FOR, address_of, may_sign_in
from directory.domain.paths import safe_path
from directory.errors import Problem, SignInRefused
from directory.gate import cookies
from directory.gate.forms import form_of
from directory.gate.sessions import actor_of, session_of
from directory.gate.visitors import device_of, network_of
from directory.notify.letterhead import sign_in_of_token
from directory.settings import Settings
from directory.store import sign_ins
from directory.store.sign_ins import SignIn
from directory.web.language import gettext
from directory.web.own_services import offered_first
from directory.web.rendering import in_hand, page, site_of
from directory.web.words import listed

log = logging.getLogger(__name__)
# Cookies of other services of the same organisation are not ours to clear: our own is dropped by name.
CLEARED = '"cache", "storage"'
_OLD = "This link is not complete, was used already, or is more than 10 minutes old. Ask for a new one."


def ask_form(request: Request) -> Response:
    """`/sign-in?next=`: where to send the message."""
    return _asking(request, next_path=safe_path(request.query_params.get("next")))


def ask_for_mail(request: Request) -> Response:
    """`POST /sign-in`: a message is on its way. The same answer for everybody, after the same work."""
    site, form = site_of(request), form_of(request)
    settings, typed = site.settings, form.line("email")
    next_path, address = safe_path(form.text("next")), address_of(typed)
    if not cookies.keeps_cookies(settings):
        raise SignInRefused("Signing in needs a secure connection, which this directory does not have yet.")
    if not _by_mail(settings):
        raise SignInRefused(gettext("Here you sign in with {provider}.").format(provider=settings.oidc_name))
    if address is None:
        return _asking(request, next_path, typed, "Enter an email address, such as name@northmoor.example")
    if not may_sign_in(address, settings.sign_in_domains):
        return _asking(
            request,
            next_path,
            typed,
            gettext("Use a work address: it ends in {domains}").format(domains=_domains(settings)),
        )
    browser = browser_of(request)
    ask(
        site.database,
        email=address,
        browser=browser,
        next_path=next_path,
        secret=settings.secret.get_secret_value(),
        at=site.now(),
    )
    response = page(request, "sign_in_sent.html", address=address, next=next_path, problems=())
    cookies.put(response, "browser", browser.secret, settings, seconds=int(GOOD_FOR.total_seconds()))
    return response


def follow_link(request: Request) -> Response:
    """`/sign-in/{token}`: a button, or a place for the code in another browser. Mail scanners follow links too."""
    return _following(request, _asked_for(request))


def press_button(request: Request) -> Response:
    """`POST /sign-in/{token}`: in, by the button or the code."""
    site, browser = site_of(request), browser_of(request)
    try:
        asked = _asked_for(request)
        if asked.asked_by(browser.secret):
            return arrived(request, enter_by_link(site.database, asked, browser=browser, at=site.now()))
    except SignInRefused:
        if (again := _again(request, browser)) is not None:
            return arrived(request, again)
        raise
    code = form_of(request).line("code")
    found = _enter_by_code(request, code, sign_in=asked.id)
    return arrived(request, found) if found else _following(request, asked, wrong=True)


def _again(request: Request, browser: Browser) -> Arrived | None:
    """Where the button was pressed a moment ago already."""
    site = site_of(request)
    key = sign_in_of_token(request.path_params["token"], site.settings.secret.get_secret_value())
    return enter_again(site.database, key, browser=browser, at=site.now()) if key is not None else None


def type_code(request: Request) -> Response:
    """`POST /sign-in/code`: in, by the code, in the browser that asked."""
    form = form_of(request)
    found = _enter_by_code(request, form.line("code"), sign_in=None)
    if found is not None:
        return arrived(request, found)
    problem = Problem("code", "This is not the code of the newest message, or it is more than 10 minutes old")
    return page(
        request,
        "sign_in_sent.html",
        422,
        address=form.line("address"),
        next=safe_path(form.text("next")),
        problems=(problem,),
    )


def arrived(request: Request, found: Arrived) -> Response:
    """Signed in: the browser gets its new token and goes on to where it was."""
    settings = site_of(request).settings
    going = offered_first(request, found.person_id, safe_path(found.next_path))
    response = RedirectResponse(going, 303, headers={"Cache-Control": "no-store"})
    if found.token:
        cookies.put(response, "session", found.token, settings)
    cookies.drop(response, "browser", settings)
    return response


def leave_form(request: Request) -> Response:
    """`/sign-out`: a button."""
    return page(request, "sign_out.html", done=False)


def leave(request: Request) -> Response:
    """`POST /sign-out`: out, and nothing of it stays on a shared phone."""
    site, session = site_of(request), session_of(request)
    if session is not None:
        sign_out(site.database, session.person.id, [session.id], at=site.now())
    request.scope["signpost.session"] = None
    response = page(request, "sign_out.html", done=True)
    response.headers["Clear-Site-Data"] = CLEARED
    response.headers["Cache-Control"] = "no-store"
    cookies.drop(response, "session", site.settings)
    cookies.drop(response, "browser", site.settings)
    return response


def browser_of(request: Request) -> Browser:
    """The browser that asks, with the secret that it has, or is to get."""
    kept = cookies.read(request, "browser", site_of(request).settings)
    secret = kept if 40 <= len(kept) <= 64 else secrets.token_urlsafe(32)
    return Browser(secret, network_of(request), device_of(request), session_of(request))


def _asking(request: Request, next_path: str, typed: str = "", problem: str = "") -> Response:
    settings = site_of(request).settings
    shown = page(
        request,
        "sign_in.html",
        422 if problem else 200,
        next=next_path,
        typed=typed,
        again=session_of(request) is not None,
        problems=(Problem("email", problem),) if problem else (),
        safe=cookies.keeps_cookies(settings),
        provider=settings.oidc_name if settings.oidc_issuer else None,
        by_mail=_by_mail(settings),
    )
    return in_hand(shown)


def _asked_for(request: Request) -> SignIn:
    site = site_of(request)
    key = sign_in_of_token(request.path_params["token"], site.settings.secret.get_secret_value())
    with site.database.read() as connection:
        asked = sign_ins.find(connection, key, at=site.now()) if key is not None else None
    if asked is None:
        raise SignInRefused(_OLD)
    return asked


def _following(request: Request, asked: SignIn, *, wrong: bool = False) -> Response:
    problem = Problem("code", "This is not the code of this message")
    return page(
        request,
        "sign_in_link.html",
        422 if wrong else 200,
        address=asked.email,
        same_browser=asked.asked_by(browser_of(request).secret),
        problems=(problem,) if wrong else (),
    )


def _enter_by_code(request: Request, code: str, *, sign_in: str | None) -> Arrived | None:
    site = site_of(request)
    secret = site.settings.secret.get_secret_value()
    found = enter_by_code(
        site.database, code, sign_in=sign_in, browser=browser_of(request), secret=secret, at=site.now()
    )
    if found is None:
        log.warning("refused to %s: a wrong code to sign in", actor_of(request).name)
    return found


def _by_mail(settings: Settings) -> bool:
    """Whether a message is enough. Without a provider it is the only way in, whatever the setting."""
    return settings.sign_in_by_mail == "yes" or settings.oidc_issuer is None


def _domains(settings: Settings) -> str:
    given = (each.strip().lstrip("@") for each in settings.sign_in_domains.split(","))
    return listed((f"@{each}" for each in given if each), gettext("or"))
