"""Answers that are the same for everybody, kept as they were sent for as long as they cannot have changed.

An answer is given again only while the database shows what it showed when the answer was made (`Database.state`, which
every commit of any process changes), and within the same minute of the clock: never a moment longer. Whoever is signed
in, or sends a key, is answered anew.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field

from anyio import CapacityLimiter, Event, to_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from directory.gate.language import COOKIE, language_of
from directory.search.kept import Kept
from directory.site import Site

MOST_BYTES = 16 << 20
# Shorter ones fit into one packet anyhow.
WORTH_SQUEEZING = 1_000
# SQLite's readers wait for nobody, so more threads would only take the interpreter from each other.
SQLITE_READERS = 2
Headers = list[tuple[bytes, bytes]]
Handler = Callable[[Request], Response]
Key = tuple[str, str, str, str]
# Where a request's scope says what the answer to it rests on, once that is one which may be given again.
RESTS_ON = "signpost.rests-on"


@dataclass(frozen=True, slots=True)
class Answer:
    """One that was sent: what was asked, what it rests on, its tag, headers and body, and that squeezed, or None."""

    key: Key
    held: Hashable
    tag: str
    headers: Headers
    body: bytes
    squeezed: bytes | None

    @property
    def size(self) -> int:
        """Bytes in memory, about; what was asked can be longer than what is answered."""
        return len(self.body) + len(self.squeezed or b"") + sum(map(len, self.key)) + 1_000


@dataclass(slots=True)
class KeptAnswers:
    """The answers of one process, the oldest given up first."""

    site: Site
    _answers: Kept[Key, Answer] = field(init=False)
    # What is being made at this moment, and what it is to rest on.
    _making: dict[tuple[Key, Hashable], Event] = field(default_factory=dict)
    _threads: CapacityLimiter | None = field(init=False)

    def __post_init__(self) -> None:
        self._answers = Kept(MOST_BYTES, lambda answer: answer.size)
        self._threads = CapacityLimiter(SQLITE_READERS) if self.site.database.is_sqlite else None

    async def held(self) -> Hashable:
        """What answers of now rest on."""
        database, minute = self.site.database, int(self.site.now().timestamp() // 60)
        if database.is_sqlite:
            # It asks the file, and no other process: nothing to wait for.
            return minute, database.state()
        return minute, await run_in_threadpool(database.state)

    async def answer(self, request: Request, handler: Handler) -> Response:
        """The answer that was given before, where it still holds; else the handler's, to be kept."""
        held = await self.held()
        key = request.url.path, request.url.query, request.headers.get("accept", ""), language_of(request)
        if (making := self._making.get((key, held))) is not None:
            # A commit gives up every answer, and many readers want the same one at that moment: one makes it for all.
            await making.wait()
        known = self._answers.get(key)
        if known is not None and known.held == held:
            return self._given(known, request)
        made = self._making[key, held] = Event()
        try:
            response, known = await to_thread.run_sync(_made, request, handler, key, held, limiter=self._threads)
            if known is not None:
                self._answers.put(key, known)
        finally:
            self._making.pop((key, held), None)
            made.set()
        return response if known is None else self._given(known, request)

    def _given(self, known: Answer, request: Request) -> Response:
        request.scope[RESTS_ON] = known.held
        return _sent_as(known, request)


def kept(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """A handler whose answer hangs on the address, the database and the minute alone, for whoever is not known."""

    async def endpoint(request: Request) -> Response:
        answers: KeptAnswers | None = getattr(request.app.state, "kept_answers", None)
        if answers is None or _is_personal(request) or request.method != "GET":
            return await run_in_threadpool(handler, request)
        return await answers.answer(request, handler)

    endpoint.keeps = True  # type: ignore[attr-defined]
    return endpoint


def _is_personal(request: Request) -> bool:
    """Whether anything says who asks; in which language is not who."""
    headers = request.headers
    return "authorization" in headers or ("cookie" in headers and not request.cookies.keys() <= {COOKIE})


def _made(request: Request, handler: Handler, key: Key, held: Hashable) -> tuple[Response, Answer | None]:
    """An answer made anew, as nobody's earlier one counts here, and the same to be kept, whole."""
    whole = [(name, value) for name, value in request.scope["headers"] if name != b"if-none-match"]
    response = handler(Request({**request.scope, "headers": whole}, request.receive))
    return response, _kept_from(response, key, held)


def _kept_from(response: Response, key: Key, held: Hashable) -> Answer | None:
    """An answer to be kept; None for one that says that it must not be, or that something is wrong or elsewhere."""
    headers = response.headers
    private = "set-cookie" in headers or "no-store" in headers.get("cache-control", "")
    body = getattr(response, "body", None)
    if response.status_code != 200 or private or response.background is not None or not isinstance(body, bytes):
        return None
    tag = headers.get("etag") or f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    response.headers["ETag"] = tag
    response.headers.setdefault("Cache-Control", "no-cache")
    is_page = headers.get("content-type", "").startswith("text/html")
    squeezed = gzip.compress(body, 6, mtime=0) if is_page and len(body) > WORTH_SQUEEZING else None
    if squeezed is not None:
        response.headers.add_vary_header("Accept-Encoding")
    del response.headers["Content-Length"]
    return Answer(key, held, tag, list(response.raw_headers), body, squeezed)


def _sent_as(known: Answer, request: Request) -> Response:
    """An answer in the form that this request takes: whole, squeezed, or only that it is the same still."""
    if _is_held(request.headers.get("if-none-match"), known.tag):
        response = Response(status_code=304)
        keep = (b"etag", b"cache-control", b"vary")
        response.raw_headers = [(name, value) for name, value in known.headers if name in keep]
        return response
    squeezed = known.squeezed if "gzip" in request.headers.get("accept-encoding", "") else None
    body = known.body if squeezed is None else squeezed
    response = Response()
    response.body = body
    length = (b"content-length", str(len(body)).encode())
    response.raw_headers = [*known.headers, length, *([(b"content-encoding", b"gzip")] if squeezed else [])]
    return response


def _is_held(header: str | None, tag: str) -> bool:
    """Whether If-None-Match names a tag, weakly (RFC 9110, 13.1.2)."""
    if header is None:
        return False
    return header.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in header.split(","))
