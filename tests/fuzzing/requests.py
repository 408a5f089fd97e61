"""Requests to every route that mean harm, or nothing: by strangers, by people signed in, and by programs with a key.

They go straight to the application, so that nothing between mends what is malformed. What must hold of every answer:
it comes, it is no failure of ours, it leads nowhere else, and nothing that was sent stands in a page as markup.
"""

from __future__ import annotations

import asyncio
import random
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_from_bytes, unquote, urlencode

from starlette.routing import Mount, Route

from directory.actions.follow import follow_index
from directory.actions.follow_fhir import follow_fhir
from directory.actions.sign_in import Browser, begin_session
from directory.app import build as build_app
from directory.search.index import WhooshEngine
from directory.settings import load
from directory.site import Site
from directory.store import people
from directory.store.database import Database
from directory.store.migrate import migrate
from tests import build
from tests.fuzzing.answers import Answer, wrong
from tests.fuzzing.files import change_json, file_of
from tests.fuzzing.spoiling import TEXTS
from tests.fuzzing.taken import Hangs, at_most
from tests.web import world

SECONDS = 5.0
# What was written by earlier ones makes the later ones slow, and in the end all are of somebody who was signed out.
ANEW_EVERY = 2_000
ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "directory" / "web" / "templates"
# A tag that no page has: where a browser would see it, what somebody sent became markup.
MARK = "<zq onzq=1>"
KNOWN = (
    "leg-ulcer-clinic", "dietetics", "hostile", "community-trust", "tissue-viability", "ZZN01", "1", "2", "2026-11-01",
    "2026-11-22T12:00:00Z", "leg-wound", "wound", "none", "Service", "HealthcareService", "0", "-1",
    "99999999999999999999",
)  # fmt: skip
HARM = (
    MARK, f'"{MARK}', f"'>{MARK}", f"</title>{MARK}", f"</script>{MARK}", f"</textarea>{MARK}", f"--> {MARK}",
    "javascript:zq",
    "//zq.example", "https://zq.example/", "/\\zq.example", "\t//zq.example", "http:zq", "\r\nzq: 1", "%0d%0azq: 1",
    "\x00",
    "../../../etc/passwd", "..%2f..%2f", "%", "%%", "%zz", "{{7*7}}", "${7*7}", "';--", "\u202e", "\ud800", "a" * 3_000,
    "[" * 800, "(" * 800, '"' * 300, "*" * 300, "a* " * 200, "NOT " * 100, "AND OR NOT", "a~9999", "[a TO",
    "é" * 200, "\U0001f600",
)  # fmt: skip
ASKED = (
    "q", "after", "before", "limit", "page", "from", "to", "on", "as_of", "known_at", "since", "until", "team",
    "service", "area",
    "kind", "need", "setting", "status", "organisation", "near", "distance", "next", "done", "show", "sort", "term",
    "minor",
    "closed", "set", "sent", "start", "made", "ended", "version", "format", "group", "_count", "_summary",
    "_elements", "_format",
    "_pretty", "_lastUpdated", "_id", "_include", "_revinclude", "_total", "_sort", "identifier", "name", "active",
    "name:exact",
    "location.near", "organization", "page_size", "modified_after", "search", "per_page", "postcode", "proximity",
    "taxonomy_term_id",
)  # fmt: skip
HEADERS = (
    "Accept", "Accept-Encoding", "Accept-Language", "Range", "If-None-Match", "If-Match", "If-Modified-Since",
    "Idempotency-Key",
    "Origin", "Referer", "Sec-Fetch-Site", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Request-ID",
    "X-HTTP-Method-Override", "Content-Encoding", "Transfer-Encoding", "Content-Length", "Prefer", "If-None-Exist",
    "Cookie",
    "Authorization", "traceparent", "Expect", "Connection", "Forwarded",
)  # fmt: skip
SAID = (
    "*", "W/\"2\"", '"2"', '"', "bytes=0-99999999999", "bytes=-1", "bytes=5-2,9-", "gzip;q=9", "gzip, br;q=nan",
    "*/*;q=x", "application/json",
    "text/html", "application/fhir+json", "application/fhir+xml", "en-GB,fr;q=0.5", "none", "cross-site",
    "same-origin", "null",
    "Thu, 01 Jan 1970 00:00:00 GMT", "Sun, 99 Nov 2026 25:00:00 GMT", "chunked", "-1", "1e9", "Bearer", "Bearer x",
    "Basic Og==",
    "signpost-session=x", "signpost-session=", "a=b; " * 200, "for=_zq", "00-" + "0" * 32 + "-" + "0" * 16 + "-01",
    "100-continue", "\xff\xfe",
)  # fmt: skip
METHODS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "zq")


class Asked:
    """A small directory, asked by request after request; every so often it begins anew."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._loop = asyncio.new_event_loop()
        self._asked = 0
        self._site: Site | None = None
        self._template = home / "template.db"
        database = Database(f"sqlite:///{self._template}")
        migrate(database)
        world.fill(database)
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        self._names = tuple(
            sorted(
                {
                    name
                    for path in TEMPLATES.rglob("*.html")
                    for name in re.findall(r'name="([^"{}]+)"', path.read_text())
                }
            )
        )

    def close(self) -> None:
        """Let go of it."""
        if self._site:
            self._site.close()
        self._loop.close()

    def faults(self, seed: int) -> list[str]:
        """What is wrong with the answer to the request of a number."""
        if self._site is None or self._asked % ANEW_EVERY == 0:
            self._begin()
        self._asked += 1
        chance = random.Random(f"request {seed}")
        scope, body = self._request(chance)
        said = f"{scope['method']} {scope['path'][:80]}"
        try:
            with at_most(SECONDS):
                answer = self._loop.run_until_complete(self._answer(scope, body))
        except Hangs:
            self._site = None
            return [f"{said}: takes more than {SECONDS:.0f} s"]
        except Exception as error:
            return [f"{said}: {type(error).__name__}: {str(error)[:200]}"]
        return [f"{said}: {each}" for each in wrong(answer, scope["method"])]

    def _begin(self) -> None:
        if self._site:
            self._site.close()
        home = self._home / "site"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        shutil.copy(self._template, home / "signpost.db")
        given = {
            "SIGNPOST_HOME": str(home), "SIGNPOST_API_LIMIT": "0", "SIGNPOST_API_LIMIT_WITHOUT_KEY": "0",
            "SIGNPOST_BASE_URL": "https://signpost.example", "SIGNPOST_METRICS": "public",
            "SIGNPOST_PASSKEYS": "offered",
        }  # fmt: skip
        settings = load(given)
        site = Site(
            settings, Database(settings.database_url), WhooshEngine(settings.index_folder), clock=lambda: build.NOON
        )
        follow_index(site.database, site.engine, today=build.TODAY)
        follow_fhir(site.database, today=build.TODAY, clock=site.now)
        self._site, self._app = site, build_app(site)
        self._routes = [*_routes_of(self._app.routes)]
        self._visitors: list[dict[str, str]] = [{}, {}]
        with site.database.write() as connection:
            for name, team in (("rea", "reader"), ("lee", "lead"), ("tam", "team-admin"), ("ed", "")):
                person = people.add(
                    connection, email=f"{name}@northmoor.example", name="", editor=not team, at=build.NOON
                )
                if team:
                    people.join(connection, person_id=person, team_id="tissue-viability", role=team, at=build.NOON)  # type: ignore[arg-type]
                browser = Browser("", "127.0.0.1", "Chromium on Linux")
                token = begin_session(connection, person, browser=browser, method="mail", at=build.NOON)
                self._visitors += [{"Cookie": f"__Host-signpost-session={token}", "Sec-Fetch-Site": "same-origin"}] * 2
                people.add_key(
                    connection, key_id=name, secret=f"{name}-key", person_id=person, scope="publish", at=build.NOON,
                    expires_at=None
                )  # fmt: skip
                self._visitors.append({"Authorization": f"Bearer {name}-key"})

    def _request(self, chance: random.Random) -> tuple[dict[str, Any], bytes]:
        path, methods = chance.choice(self._routes)
        raw = re.sub(r"{[^}]*}", lambda _: _in_path(chance), path)
        if chance.random() < 0.02:
            raw += chance.choice(("/", "//", "/x", "/%2e%2e/", ";x", ".json", "%00"))
        method = chance.choice(METHODS) if chance.random() < 0.08 else chance.choice(methods)
        query = urlencode(
            [(chance.choice(ASKED), _value(chance)) for _ in range(chance.choice((0, 0, 1, 2, 3)))], errors="replace"
        )
        if chance.random() < 0.05:
            query += chance.choice(("&q=%ff%fe", "&&&=", "&q", "&q[]=1", "&q=" + "%00", "&a=" * 500))
        headers = {"Host": "signpost.example", **chance.choice(self._visitors)}
        body = b""
        if method not in ("GET", "HEAD", "OPTIONS"):
            kind, body = self._body(chance)
            headers |= {"Content-Type": kind, "Content-Length": str(len(body))}
        for _ in range(chance.choice((0, 0, 0, 1, 2))):
            headers[chance.choice(HEADERS)] = chance.choice((*SAID, chance.choice(HARM)[:200]))
        return _scope(method, raw, query, headers), body

    def _body(self, chance: random.Random) -> tuple[str, bytes]:
        kind = chance.random()
        if kind < 0.5:
            names = [chance.choice(self._names) for _ in range(chance.choice((0, 1, 3, 8)))]
            return "application/x-www-form-urlencoded", urlencode(
                [(each, _value(chance)) for each in names], errors="replace"
            ).encode()
        if kind < 0.8:
            return "application/json", change_json(chance)
        if kind < 0.9:
            sent = file_of(chance.choice(("services-csv", "hsds-3.0", "xlsx")), chance.randrange(1 << 30))[:20_000]
            head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="' + chance.choice(
                (b"a.csv", b"../x", b'"', b"")
            )
            return "multipart/form-data; boundary=b", head + b'"\r\n\r\n' + sent + chance.choice(
                (b"\r\n--b--\r\n", b"")
            )
        said = chance.choice((*TEXTS, *HARM)).encode("utf-8", "surrogatepass")
        return chance.choice(
            ("text/plain", "application/fhir+json", "application/xml", "", "application/json; charset=utf-16")
        ), said

    async def _answer(self, scope: dict[str, Any], body: bytes) -> Answer:
        answer, parts = Answer(), [body[:1_000], body[1_000:]]

        async def receive() -> dict[str, Any]:
            if parts:
                return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                answer.status, answer.headers = message["status"], list(message.get("headers", ()))
            elif message["type"] == "http.response.body":
                answer.body += message.get("body", b"")
                answer.whole = not message.get("more_body", False)

        await self._app(scope, receive, send)
        return answer


def _routes_of(routes: Any, prefix: str = "") -> Any:
    for route in routes:
        if isinstance(route, Mount) and route.routes:
            yield from _routes_of(route.routes, prefix + route.path)
        elif isinstance(route, Route):
            yield prefix + route.path, sorted(route.methods or {"GET"})
        else:
            yield prefix + getattr(route, "path", "") + "/{x}", ["GET"]


def _value(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.35:
        return chance.choice(KNOWN)
    return chance.choice(HARM) if kind < 0.8 else chance.choice(TEXTS)[:3_000]


def _in_path(chance: random.Random) -> str:
    if chance.random() < 0.6:
        return quote(chance.choice(KNOWN))
    said = chance.choice((*HARM, *TEXTS))[:500]
    return (
        quote(said, safe=chance.choice(("", "/")), errors="replace")
        if chance.random() < 0.95
        else quote_from_bytes(b"\xff\xfe")
    )


def _scope(method: str, raw: str, query: str, headers: dict[str, str]) -> dict[str, Any]:
    sent = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    return {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": method,
        "scheme": "https", "path": unquote(raw), "raw_path": raw.encode("ascii", "replace"), "root_path": "",
        "query_string": query.encode("ascii", "replace"), "headers": sent, "client": ("192.0.2.7", 40000),
        "server": ("signpost.example", 443), "state": {}, "extensions": {},
    }  # fmt: skip
