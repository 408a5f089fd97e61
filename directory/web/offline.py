"""What a phone keeps for where there is no signal: the worker, its shell, copies of entries, and the installed name.

The worker (frontend/worker.js) asks for `/services/{slug}/offline` of the entries that were seen and of one's own. A
copy says nothing that holds only now (whether it is open), holds no form and nobody's name, and marks each change that
is known to come, so that the worker can say when it has come.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from directory.web.language import gettext, spoken
from directory.web.parameters import key_of
from directory.web.rendering import STATIC, asset, page, site_of, with_scripts
from directory.web.services import MOVED
from directory.web.views.brand import brand_of
from directory.web.views.services import service_view

MANIFEST = "/manifest.webmanifest"
ICONS = (("icon.svg", "any"), ("icon-192.png", "192x192"), ("icon-512.png", "512x512"))
# What is kept says nothing of who asked for it.
NOBODY: dict[str, Any] = {"who": None, "here": "/", "shows_mail": False, "path": ""}
PAGE = "#f0f4f5"
# Milliseconds: on the slowest network that is of use, 400 ms each way and 50 kB a second, a page begins in two seconds.
PATIENCE = 5_000
# A worker may do what its own answer says, not what the page says that began it.
OWN = "default-src 'none'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"


def fallback(request: Request) -> Response:
    """`/offline`: what is kept on this phone; what the worker shows in place of a page that it cannot fetch."""
    return with_scripts(page(request, "offline.html", **_nobody()))


def copy(request: Request) -> Response:
    """`/services/{slug}/offline`: the entry of today, as it is kept."""
    site, key = site_of(request), key_of(request)
    today = site.today()
    with site.database.read() as connection:
        shown = service_view(connection, key, on=today, today=today, zone=site.settings.zone)
    if shown.entry.slug != key:
        return RedirectResponse(f"{shown.entry.href}/offline", MOVED)
    return page(request, "copy.html", **_nobody(), shown=shown)


def _nobody() -> dict[str, Any]:
    """A copy has no form in it: not even that for another language."""
    return NOBODY | {"tongue": replace(spoken(), chosen=False)}


def worker(request: Request) -> Response:
    """`/worker.js`: from the top of the site, so that it stands behind every page."""
    settings = site_of(request).settings
    brand = brand_of(settings)
    shell = ["/offline", asset("built/site.css"), asset("built/offline.js"), "/static/icon.svg"]
    shell += [each for each in (brand.style, brand.logo.address if brand.logo else "") if each]
    said = {"shell": shell, "zone": settings.timezone, "signedIn": settings.reading == "signed-in"}
    months = [gettext(f"{date(2000, month, 1):%B}") for month in range(1, 13)]
    said |= {
        "patience": PATIENCE,
        "language": spoken().code,
        "months": months,
        "halves": [gettext("am"), gettext("pm")],
    }
    shown = page(request, "offline.html", **_nobody()).body
    version = hashlib.sha256(bytes(shown) + json.dumps(said).encode()).hexdigest()[:12]
    script = f"const MADE = {json.dumps(said | {'version': version})};\n{_worker()}"
    return _script(request, script)


def manifest(request: Request) -> Response:
    """`/manifest.webmanifest`: under which name and icon it is put on a home screen."""
    settings = site_of(request).settings
    name = settings.organisation_name
    said = {
        "name": name,
        "short_name": name if len(name) <= 12 else name.split()[0][:12],
        "description": "Who handles a referral, and how to refer.",
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "lang": "en-GB",
        "theme_color": settings.colour,
        "background_color": PAGE,
        "icons": [{"src": asset(file), "sizes": sizes} for file, sizes in ICONS],
    }
    return JSONResponse(said, media_type="application/manifest+json", headers={"Cache-Control": "max-age=3600"})


@cache
def _worker() -> str:
    return (STATIC / "built" / "worker.js").read_text(encoding="utf-8")


def _script(request: Request, script: str) -> Response:
    """A script that is asked for again each time, and sent again only where it is another."""
    body = script.encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"Cache-Control": "no-cache", "ETag": tag, "Vary": "Accept-Encoding", "Content-Security-Policy": OWN}
    if request.headers.get("if-none-match", "").removeprefix("W/") == tag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, headers = gzip.compress(body, 9, mtime=0), headers | {"Content-Encoding": "gzip"}
    return Response(body, headers=headers, media_type="text/javascript")
