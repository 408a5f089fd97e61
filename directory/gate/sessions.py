"""Puts on every request who asks: `request.user`, an `Actor`, and the session behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from directory.domain.policy import ANYONE, STRANGER, Actor
from directory.errors import StoreFailing
from directory.gate import cookies
from directory.settings import Settings
from directory.site import Site
from directory.store import sessions
from directory.store.sessions import Session

# How long a passkey that was shown is good for.
CONFIRMED_FOR = timedelta(minutes=15)
Refuse = Callable[[Request, Exception], Response]


class Sessions:
    """Looks up the session of the browser's cookie, once a request; without a cookie it costs nothing."""

    def __init__(self, app: ASGIApp, *, site: Site, refuse: Refuse) -> None:
        self._app, self._site, self._refuse = app, site, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        settings = self._site.settings
        # A style sheet is the same for everybody, and a page asks for several files.
        shared = scope["path"].startswith("/static/")
        token = "" if shared else cookies.read(HTTPConnection(scope), "session", settings)
        try:
            session = await run_in_threadpool(self._find, token) if token else None
        except StoreFailing as error:
            # Nobody is taken for a stranger because it cannot be found out who they are.
            await self._refuse(Request(scope, receive), error)(scope, receive, send)
            return
        scope["signpost.session"] = session
        scope["user"] = actor_in(session, settings, confirmed=_is_confirmed(session, self._site))

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Neither a shared phone nor a proxy keeps what one person saw.
                MutableHeaders(scope=message).setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, answer if token else send)

    def _find(self, token: str) -> Session | None:
        at = self._site.now()
        with self._site.database.read() as connection:
            found = sessions.find(connection, token, at=at)
        if found is not None:
            sessions.touch(self._site.database, found, at=at)
        return found


def actor_in(session: Session | None, settings: Settings, *, confirmed: bool) -> Actor:
    """Who acts in a session, or without one, as the settings have it."""
    nobody = ANYONE if settings.reading == "public" else STRANGER
    who = nobody if session is None else session.person.actor
    wanted = settings.passkeys == "required" or (
        settings.passkeys == "offered" and session is not None and session.passkeys > 0
    )
    return replace(who, local=settings.is_local, unconfirmed=session is not None and wanted and not confirmed)


def actor_of(request: HTTPConnection) -> Actor:
    """Who asks; a stranger where nothing has been found out, so that what fails keeps people out."""
    found: Actor = request.scope.get("user", STRANGER)
    return found


def session_of(request: HTTPConnection) -> Session | None:
    """The session in which they ask; None where nobody is signed in."""
    found: Session | None = request.scope.get("signpost.session")
    return found


def _is_confirmed(session: Session | None, site: Site) -> bool:
    return (
        session is not None and session.confirmed_at is not None and session.confirmed_at > site.now() - CONFIRMED_FOR
    )
