"""Signing in with one's organisation: to its OpenID provider, and back."""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions.proving import FRESH
from directory.actions.sign_in import ask, enter_by_openid
from directory.domain.arriving import GOOD_FOR
from directory.domain.openid import Asked, Expected, Identity, identity_in
from directory.domain.paths import safe_path
from directory.errors import NotFound, SignInRefused
from directory.gate import cookies
from directory.gate.sessions import session_of
from directory.settings import Settings
from directory.web.rendering import page, site_of
from directory.web.sign_in import arrived, browser_of

if TYPE_CHECKING:
    from directory.outbound.openid import Provider

_SECONDS = int(GOOD_FOR.total_seconds())


def start(request: Request) -> Response:
    """`/sign-in/openid?next=`: to the provider. A link, because browsers apply our form policy to where forms lead."""
    settings, provider = site_of(request).settings, _provider(request)
    if not cookies.keeps_cookies(settings):
        raise SignInRefused("Signing in needs a secure connection, which this directory does not have yet.")
    state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
    asked = Asked(state, nonce, verifier, safe_path(request.query_params.get("next")))
    levels = " ".join(_levels(settings))
    # Who is signed in and comes here shows anew who they are: the provider is not to answer from what it remembers.
    longest = settings.oidc_longest if session_of(request) is None else min(settings.oidc_longest, FRESH)
    to = provider.address(asked, max_age=int(longest.total_seconds()), acr=levels)
    response = RedirectResponse(to, 303, headers={"Cache-Control": "no-store"})
    kept = _serialiser(settings).dumps([state, nonce, verifier, asked.next_path])
    cookies.put(response, "openid", str(kept), settings, seconds=_SECONDS)
    return response


def come_back(request: Request) -> Response:
    """`/sign-in/openid/callback`: in, if the answer is to what this browser asked and everything in it holds."""
    site, provider, given = site_of(request), _provider(request), request.query_params
    asked = _asked(request)
    if not hmac.compare_digest(given.get("state", "").encode(), asked.state.encode()):
        raise SignInRefused("This answer belongs to another attempt to sign in. Start again.")
    if "error" in given or not given.get("code"):
        raise SignInRefused("Your organisation's sign-in did not let you in. Start again, or sign in by email.")
    claims = provider.claims(given["code"], asked, answered_by=given.get("iss"))
    settings = site.settings
    expected = Expected(
        issuer=provider.issuer,
        client_id=provider.client_id,
        nonce=asked.nonce,
        max_age=settings.oidc_longest,
        acr=frozenset(_levels(settings)),
    )
    identity = identity_in(claims, expected, at=site.now())
    found = enter_by_openid(
        site.database,
        identity,
        browser=browser_of(request),
        next_path=asked.next_path,
        domains=settings.sign_in_domains,
        at=site.now(),
    )
    response = arrived(request, found) if found else _ask_for_mail(request, identity, asked.next_path)
    cookies.drop(response, "openid", settings)
    return response


def _ask_for_mail(request: Request, identity: Identity, next_path: str) -> Response:
    """The provider does not vouch for the address: a message to it does, once, in this browser."""
    site, browser = site_of(request), browser_of(request)
    assert identity.email is not None
    ask(
        site.database,
        email=identity.email,
        browser=browser,
        next_path=next_path,
        secret=site.settings.secret.get_secret_value(),
        at=site.now(),
        identity=(identity.issuer, identity.subject),
    )
    response = page(request, "sign_in_sent.html", address=identity.email, next=next_path, problems=())
    cookies.put(response, "browser", browser.secret, site.settings, seconds=_SECONDS)
    return response


def _provider(request: Request) -> Provider:
    provider = site_of(request).provider
    if provider is None:
        raise NotFound("This directory has no such way to sign in. Sign in by email.")
    return provider


def _asked(request: Request) -> Asked:
    settings = site_of(request).settings
    try:
        kept = _serialiser(settings).loads(cookies.read(request, "openid", settings), max_age=_SECONDS)
    except BadData:
        raise SignInRefused("This took longer than 10 minutes, or began in another browser. Start again.") from None
    state, nonce, verifier, next_path = kept
    return Asked(state, nonce, verifier, next_path)


def _levels(settings: Settings) -> list[str]:
    return settings.oidc_acr.replace(",", " ").split()


def _serialiser(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.secret.get_secret_value(), salt="openid")
