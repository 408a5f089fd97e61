"""A page from a template: the environment, its filters, and the headers that every page carries."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from directory.content.markdown import render
from directory.domain.policy import can
from directory.gate.language import LANGUAGES
from directory.gate.sessions import actor_of, session_of
from directory.site import Site
from directory.web import language, words
from directory.web.components import components
from directory.web.sentences import sentence
from directory.web.views.brand import brand_of
from directory.web.views.reader import Reader

HERE = Path(__file__).parent
STATIC = HERE / "static"
LONGEST_HERE = 500
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; manifest-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def site_of(request: Request) -> Site:
    """The running Signpost."""
    site: Site = request.app.state.site
    return site


def reader_of(request: Request) -> Reader:
    """Who reads now."""
    site = site_of(request)
    return Reader(site.now(), site.settings.zone, site.opening, check_every=site.settings.check_every)


def page(request: Request, template: str, status_code: int = 200, **context: Any) -> HTMLResponse:
    """A page, rendered."""
    settings, session = site_of(request).settings, session_of(request)
    given = {
        "site_name": settings.organisation_name,
        "brand": brand_of(settings),
        "shows_mail": settings.smtp_url is None and can(actor_of(request), "read-mail"),
        "path": request.url.path,
        "tongue": language.spoken(),
        "here": _here(request),
        "who": session.person.name or session.person.email if session else None,
    }
    html = environment().get_template(template).render(given | context)
    return HTMLResponse(html, status_code, headers=HEADERS)


def with_scripts(response: HTMLResponse) -> HTMLResponse:
    """The same page, let run the scripts of /static, and no others."""
    response.headers["Content-Security-Policy"] += "; script-src 'self'"
    return response


def in_hand(response: HTMLResponse) -> HTMLResponse:
    """The same page, whose template has the script of what is done on the spot (`_hand.html`), let do it.

    That is to keep entries offline, to suggest questions, and nothing beyond this site.
    """
    with_scripts(response).headers["Content-Security-Policy"] += "; worker-src 'self'"
    return response


def _here(request: Request) -> str:
    """Where to come back to after signing in."""
    if request.method != "GET" or request.url.path.startswith(("/sign-", "/step-up")):
        return "/"
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return here if len(here) <= LONGEST_HERE else "/"


def markdown(text: str, top: int = 2) -> Markup:
    """Safe HTML of what people wrote in Markdown; its headings begin no higher than level `top` of the page."""
    html = render(text)
    # What nh3 leaves is safe, and its heading tags have no attributes.
    lowered = re.sub(r"(</?h)([1-6])>", lambda tag: f"{tag[1]}{max(int(tag[2]), top)}>", html)
    return Markup(lowered)  # noqa: S704


@cache
def asset(name: str) -> str:
    """The address of a file of /static: what changes has a new one, so that a browser can keep it for ever."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


@cache
def environment() -> Environment:
    """The templates; a name that is not given is a mistake, and says so."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # They change only with the program; looking at each file again, seven for a page, is not for nothing.
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(language.gettext, language.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {
        "full_date": language.full_date,
        "moment": language.moment,
        "sentence": sentence,
        "listed": words.listed,
        "counted": words.counted,
        "markdown": markdown,
        "kind": lambda kind: words.KINDS.get(kind, kind),
        "query": lambda parameters: urlencode({key: value for key, value in parameters.items() if value}),
    }
    made.globals |= {
        "words": words,
        "asset": asset,
        "languages": LANGUAGES,
        "in_english": language.in_english,
        "nhs": components(),
        "stylesheet": asset("built/site.css"),
    }
    return made
