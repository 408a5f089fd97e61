"""What every call goes through before its own work: its parameters, its key, its body."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from directory.api.asking import read_query
from directory.api.declaring import Deed, deeds_of, said_of
from directory.api.parameters import LARGEST, Parameters
from directory.api.problems import Refused
from directory.domain.policy import Action, Actor, could
from directory.errors import KeyInAddress, NotAllowed, NotFound, NotSignedIn
from directory.gate.keeping import kept
from directory.gate.keys import caller_of
from directory.gate.routes import declared
from directory.site import Site

LARGEST_BODY = 1024 * 1024
LONGEST_KEY = 200


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


# Those that ask something after the question mark are given it, read, as `asked`.
Handler = Callable[..., Response]


def reads(handler: Handler, action: Action = "read", *, keeps: bool = False) -> Callable[[Request], Any]:
    """A call that anybody may make, or everybody with a key where reading, or `action`, needs to be signed in.

    One that `keeps` answers by nothing but the address, the database and the minute: see `gate.keeping`.
    """

    def endpoint(request: Request) -> Response:
        site: Site = request.app.state.site
        by = _caller(request, site)
        if not could(by, action):
            if by.signed_in:
                raise NotAllowed("This key's owner may not read this.")
            raise NotSignedIn("Reading needs a key here: send it as Authorization: Bearer KEY.")
        return _answered(handler, Call(request, site, by, Parameters(request.query_params)))

    return _offered(kept(endpoint) if keeps else endpoint, handler, action, "reads")  # type: ignore[no-any-return]


def publishes(
    handler: Handler, action: Action = "publish", *, needs_body: bool = True
) -> Callable[[Request], Awaitable[Response]]:
    """A call with a JSON body and a key that may publish; its work is done in a thread."""

    async def endpoint(request: Request) -> Response:
        site: Site = request.app.state.site
        by = await run_in_threadpool(_publisher, request, site, action)
        given = Parameters(request.query_params)
        call = Call(request, site, by, given, await _json_body(request, needed=needs_body))
        return await run_in_threadpool(_answered, handler, call)

    return _offered(endpoint, handler, action, "publishes", needs_body=needs_body)  # type: ignore[no-any-return]


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
        return await run_in_threadpool(_answered, handler, call)

    return _offered(endpoint, handler, action, "tells", needs_body=True)  # type: ignore[no-any-return]


def each(**calls: Callable[[Request], object]) -> Callable[[Request], Awaitable[Response]]:
    """Several calls at one address, by method, so that another method is told of them all."""

    async def endpoint(request: Request) -> Response:
        call = calls["GET" if request.method == "HEAD" else request.method]
        answer: Any = call(request) if inspect.iscoroutinefunction(call) else run_in_threadpool(call, request)
        return await answer  # type: ignore[no-any-return]

    deeds = {method: deeds_of(call)["*"] for method, call in calls.items()}
    endpoint.deeds = deeds  # type: ignore[attr-defined]
    return declared(endpoint, {method: deed.action for method, deed in deeds.items()})  # type: ignore[no-any-return]


def _offered(endpoint: Any, handler: Handler, action: Action, way: str, *, needs_body: bool = False) -> Any:
    said = said_of(handler)
    if said is not None:
        endpoint.deeds = {"*": Deed(said, action, way, needs_body)}
    return declared(endpoint, {"*": action})


def _answered(handler: Handler, call: Call) -> Response:
    said = said_of(handler)
    if said is None:
        return handler(call)
    _check_accepts(call.request)
    if said.asks is None:
        return handler(call)
    return handler(call, read_query(said.asks, call.request.query_params))


def _check_accepts(request: Request) -> None:
    """Refuse who takes no JSON (RFC 9110, 12.5.1); who does not say takes anything."""
    given = request.headers.get("accept", "").strip()
    if given and not any(_takes_json(each) for each in given.lower().split(",")):
        raise Refused(406, "not-acceptable", "The answer is JSON: send Accept: application/json.")


def _takes_json(accepted: str) -> bool:
    kind, *parameters = (each.strip() for each in accepted.split(";"))
    refused = any(re.fullmatch(r"q=0(\.0{0,3})?", each) for each in parameters)
    return kind in ("application/json", "application/*", "*/*") and not refused


def _caller(request: Request, site: Site) -> Actor:
    """Whoever the key stands for or, without one, whose session it is. An invalid key is refused, not ignored."""
    try:
        return caller_of(request, site)
    except KeyInAddress as found:
        raise Refused(400, "key-in-query", str(found)) from None


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
