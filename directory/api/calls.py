"""What every call goes through before its own work: its parameters, its key, its body."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from directory.api.parameters import LARGEST, Parameters
from directory.api.problems import Refused
from directory.domain.policy import Action, Actor, could
from directory.errors import NotAllowed, NotFound, NotSignedIn
from directory.gate.routes import declared
from directory.gate.sessions import actor_of
from directory.site import Site
from directory.store.people import actor_of_key

LARGEST_BODY = 1024 * 1024
LONGEST_KEY = 200
_KEYS_IN_QUERY = frozenset({"key", "api_key", "apikey", "access_token"})


@dataclass(frozen=True, slots=True)
class Call:
    """One call: what is asked, of which site, by whom."""

    request: Request
    site: Site
    by: Actor
    given: Parameters
    body: bytes = b""

    @property
    def base_url(self) -> str:
        """The address that every link begins with."""
        return self.site.settings.base_url

    def header(self, name: str) -> str | None:
        """A header's value, where it was sent."""
        return self.request.headers.get(name)

    def key(self, name: str = "key") -> str:
        """An id, slug or code from the path; raises NotFound for what cannot be one."""
        found = str(self.request.path_params[name])
        if not found.isprintable() or len(found) > LONGEST_KEY:
            raise NotFound("There is nothing at this address.")
        return found

    def number(self, name: str = "number") -> int:
        """A number from the path; raises NotFound for what cannot be one."""
        found = self.key(name)
        if not (found.isascii() and found.isdigit() and len(found) <= 16 and int(found) <= LARGEST):
            raise NotFound(f"There is no number {found}.")
        return int(found)


Handler = Callable[[Call], Response]


def reads(handler: Handler, action: Action = "read") -> Callable[[Request], Response]:
    """A call that anybody may make, or everybody with a key where reading, or `action`, needs to be signed in."""

    def endpoint(request: Request) -> Response:
        site: Site = request.app.state.site
        by = _caller(request, site)
        if not could(by, action):
            if by.signed_in:
                raise NotAllowed("This key's owner may not read this.")
            raise NotSignedIn("Reading needs a key here: send it as Authorization: Bearer KEY.")
        return handler(Call(request, site, by, Parameters(request.query_params)))

    return declared(endpoint, {"*": action})  # type: ignore[no-any-return]


def publishes(
    handler: Handler, action: Action = "publish", *, needs_body: bool = True
) -> Callable[[Request], Awaitable[Response]]:
    """A call with a JSON body and a key that may publish; its work is done in a thread."""

    async def endpoint(request: Request) -> Response:
        site: Site = request.app.state.site
        by = await run_in_threadpool(_publisher, request, site, action)
        given = Parameters(request.query_params)
        call = Call(request, site, by, given, await _json_body(request, needed=needs_body))
        return await run_in_threadpool(handler, call)

    return declared(endpoint, {"*": action})  # type: ignore[no-any-return]


def tells(handler: Handler, action: Action) -> Callable[[Request], Awaitable[Response]]:
    """A call with a JSON body by whoever may do `action`, with a key, in a session, or as nobody in particular."""

    async def endpoint(request: Request) -> Response:
        site: Site = request.app.state.site
        by = await run_in_threadpool(_caller, request, site)
        if not could(by, action):
            if not by.signed_in:
                raise NotSignedIn("This needs a key here: send it as Authorization: Bearer KEY.")
            raise NotAllowed("This key may only read: ask for one of scope publish.")
        call = Call(request, site, by, Parameters(request.query_params), await _json_body(request))
        return await run_in_threadpool(handler, call)

    return declared(endpoint, {"*": action})  # type: ignore[no-any-return]


def either(
    get: Callable[[Request], Response], post: Callable[[Request], Awaitable[Response]], *, method: str = "POST"
) -> Callable[[Request], Awaitable[Response]]:
    """Two calls at one address, GET and `method`, so that a third method is told of both."""

    async def endpoint(request: Request) -> Response:
        return await (post(request) if request.method == method else run_in_threadpool(get, request))

    return declared(endpoint, {"GET": get.policy["*"], method: post.policy["*"]})  # type: ignore[attr-defined, no-any-return]


def each(**calls: Callable[[Request], object]) -> Callable[[Request], Awaitable[Response]]:
    """Several calls at one address, by method."""

    async def endpoint(request: Request) -> Response:
        call = calls["GET" if request.method == "HEAD" else request.method]
        answer: Any = call(request) if inspect.iscoroutinefunction(call) else run_in_threadpool(call, request)
        return await answer  # type: ignore[no-any-return]

    return declared(endpoint, {method: call.policy["*"] for method, call in calls.items()})  # type: ignore[attr-defined, no-any-return]


def _caller(request: Request, site: Site) -> Actor:
    """Whoever the key stands for or, without one, whose session it is. An invalid key is refused, not ignored."""
    if _KEYS_IN_QUERY & {name.lower() for name in request.query_params}:
        # Addresses end up in logs and histories.
        raise Refused(400, "key-in-query", "A key does not belong in an address: send Authorization: Bearer KEY.")
    given = request.headers.get("authorization")
    if given is None:
        return actor_of(request)
    scheme, _, secret = given.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise NotSignedIn("Send the key as Authorization: Bearer KEY.")
    with site.database.read() as connection:
        actor = actor_of_key(connection, secret.strip(), at=site.now())
    if actor is None:
        raise NotSignedIn("This key is unknown, expired or revoked.")
    return actor


def _publisher(request: Request, site: Site, action: Action) -> Actor:
    by = _caller(request, site)
    if by.scope is None:
        # A session is for pages: what a page may do in somebody's name is asked for by its own form.
        raise NotSignedIn("This needs a key that may publish: send it as Authorization: Bearer KEY.")
    if by.scope != "publish":
        raise NotAllowed("This key may only read: ask for one of scope publish.")
    if not could(by, action):
        raise NotAllowed("This key's owner leads no team: it takes a lead, or an editor, to publish.")
    return by


async def _json_body(request: Request, *, needed: bool = True) -> bytes:
    if not needed and request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers:
        return b""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, "wrong-content-type", "Send JSON, with Content-Type: application/json.")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BODY:
            raise Refused(413, "too-large", f"A body is at most {LARGEST_BODY:,} bytes.")
    return bytes(body)
