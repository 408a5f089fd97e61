"""The whole web application at a glance: its routes, its errors, what it holds open."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from directory import api, fhir, web
from directory.api import feeds, hsds, openapi
from directory.api.limits import LIMITED, RateLimits
from directory.api.routes import problem
from directory.errors import (
    NotAllowed,
    NotFound,
    NotSignedIn,
    SignInRefused,
    SignpostError,
    StoreFailing,
    TooMany,
)
from directory.fhir.routes import problem as fhir_problem
from directory.gate.crossing import CrossOriginProtection
from directory.gate.framing import OneLength
from directory.gate.front import KeptInFront
from directory.gate.headers import AnswerHeaders
from directory.gate.keeping import KeptAnswers
from directory.gate.routes import may
from directory.gate.sessions import Sessions, actor_of
from directory.gate.timing import AnswerTimes
from directory.logs import RequestIds, begin
from directory.rubbish import leave_out_what_is_there
from directory.settings import load
from directory.site import Site
from directory.store.database import reachable
from directory.store.disk import refused_by
from directory.store.migrate import at_head
from directory.web import reference
from directory.web.routes import error_page

log = logging.getLogger(__name__)
# Whoever reads the log must not be able to use what it names.
TOKENS = re.compile(r"^/((?:api/v1/|manage/)?reports|unsubscribe|sign-in|check)/.*")
# SQLite answers from memory, so threads only contend for the interpreter: 40 of them halve what 4 do. A few, and not
# one, because a thread may have to wait for a writer. PostgreSQL's threads wait for its answers.
SQLITE_THREADS, POSTGRES_THREADS = 4, 20


def create() -> Starlette:
    """The application of this process's environment; what a server with several processes calls in each of them."""
    settings = load(os.environ)
    begin(settings.log)
    app = build(Site.open(settings))
    leave_out_what_is_there()
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Where everything is. No route holds a site: an application asks its own."""
    return (
        # What is asked for most stands first: an answer that is kept costs less than to try fifty routes before it.
        Mount("/api/v1", routes=api.routes.routes()),
        *web.routes.routes(),
        *feeds.routes(),
        *hsds.routes(),
        *fhir.routes.routes(),
        Route("/live", may("visit", live)),
        Route("/ready", may("visit", ready)),
        Route("/metrics", may("visit", metrics)),
        Route("/api", may("visit", reference.page_of(openapi.document_of))),
        Route("/api/openapi.json", may("visit", openapi.show_document)),
    )


def build(site: Site) -> Starlette:
    """The application for a site, which it closes when it ends."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        threads = SQLITE_THREADS if site.database.is_sqlite else POSTGRES_THREADS
        to_thread.current_default_thread_limiter().total_tokens = threads
        yield
        site.close()

    answers = KeptAnswers(site)
    app = Starlette(
        routes=_routes(),
        middleware=[
            *_timed(site),
            Middleware(RequestIds),
            Middleware(AnswerHeaders, base_url=site.settings.base_url),
            # In front of all that answers: what is hidden behind a request must find the connection closed.
            Middleware(OneLength),
            Middleware(RateLimits, site=site, refuse=failed),
            Middleware(KeptInFront, answers=answers),
            Middleware(Sessions, site=site, refuse=failed),
            Middleware(CrossOriginProtection, refuse=failed),
        ],
        exception_handlers={SignpostError: failed, HTTPException: failed, Exception: failed},
        lifespan=lifespan,
    )
    app.state.site = site
    app.state.kept_answers = answers
    return app


def _timed(site: Site) -> list[Middleware]:
    """Times are taken where somebody reads them; a site whose metrics nobody reads need not load what counts them."""
    if not site.settings.measures:
        return []
    from directory.metrics import observe

    return [Middleware(AnswerTimes, observe=observe)]


async def live(_request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "live"})


def ready(request: Request) -> Response:
    """The database answers and holds the newest migration: this process can do its work, but for what is `wrong`."""
    site: Site = request.app.state.site
    database = site.database
    if not reachable(database):
        return JSONResponse({"status": "the database does not answer"}, status_code=503)
    if not at_head(database):
        return JSONResponse({"status": "the database needs `signpost migrate`"}, status_code=503)
    # Not 503: whoever sends readers elsewhere because of that would take away what still works.
    wrong = refused_by(site.folders)
    return JSONResponse({"status": "ready"} | ({"wrong": wrong} if wrong else {}))


def metrics(request: Request) -> Response:
    """What Prometheus reads; only where the settings let whoever reaches these pages read it."""
    site: Site = request.app.state.site
    if site.settings.metrics != "public":
        raise NotFound("There is nothing at this address.")
    # Few processes are asked, and the others need not load it.
    from directory.metrics import exposition

    return Response(exposition(site), media_type="text/plain; version=0.0.4; charset=utf-8")


def _is_refusal(request: Request, error: Exception) -> bool:
    """Whether somebody tried what is not theirs to do, or to be somebody; what is only mistyped is none."""
    match error:
        case NotFound():
            return error.anothers
        case NotSignedIn():
            return "authorization" in request.headers
        case TooMany():
            # A program that calls too often does so a thousand times; its limit says so once.
            return not request.url.path.startswith(LIMITED)
    return isinstance(error, NotAllowed | SignInRefused)


def failed(request: Request, error: Exception) -> Response:
    """An error, as a program or as a person reads it; what was refused to somebody is in the log."""
    if _is_refusal(request, error):
        path = TOKENS.sub(r"/\1/…", request.url.path)
        log.warning("refused to %s: %s %s (%s)", actor_of(request).name, request.method, path, type(error).__name__)
    path = request.url.path
    if isinstance(error, StoreFailing):
        log.error("%s %s: %s", request.method, TOKENS.sub(r"/\1/…", path), error)
    if path == "/fhir" or path.startswith("/fhir/"):
        return fhir_problem(request, error)
    by_program = path.startswith(("/api/", "/hsds")) or path.endswith((".atom", ".ics"))
    return problem(request, error) if by_program else error_page(request, error)
