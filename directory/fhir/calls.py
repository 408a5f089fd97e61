"""What every call goes through: who asks, in which format, and how the answer is sent. Reading takes the same rights
as in the native API.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from directory.domain.policy import RULES, Action, Actor, could
from directory.errors import NotAllowed, NotSignedIn, TooLarge
from directory.fhir import rendering
from directory.fhir.problems import MEDIA_TYPE, Refused
from directory.fhir.reading import Answer, Ask, answer
from directory.gate.keys import caller_of
from directory.gate.routes import declared
from directory.site import Site

LARGEST_BODY = 1024 * 1024
_JSON = frozenset({"json", MEDIA_TYPE, "application/json", "text/json"})
_ACCEPTED = frozenset({MEDIA_TYPE, "application/json", "text/json", "application/*", "*/*"})
_FORM = "application/x-www-form-urlencoded"

Working = Callable[[Request, Site, bytes], Answer]
# The same, by somebody in particular.
Doing = Callable[[Request, Site, bytes, Actor], Answer]


def reads(working: Working) -> Callable[[Request], Awaitable[Response]]:
    """A call by whoever may read; its body, if any, is read first, and its work is done in a thread."""
    return does(lambda request, site, body, _by: working(request, site, body), "read")


def does(doing: Doing, action: Action) -> Callable[[Request], Awaitable[Response]]:
    """A call by whoever may do `action` to something; whether they may do it to this, `doing` asks."""

    async def endpoint(request: Request) -> Response:
        body = await _body(request) if request.method == "POST" else b""
        return await run_in_threadpool(_answered, doing, action, request, body)

    return declared(endpoint, {"*": action})  # type: ignore[no-any-return]


def ask_of(request: Request, site: Site, path: tuple[str, ...], given: list[tuple[str, str]]) -> Ask:
    """A call as a question."""
    headers = request.headers
    return Ask(
        path,
        tuple(given),
        site.settings.base_url,
        site.settings.zone,
        strict=is_strict(headers.get("prefer", "")),
        none_match=headers.get("if-none-match", ""),
        modified_since=headers.get("if-modified-since", ""),
    )


def is_strict(prefer: str) -> bool:
    """Whether what is unknown is to be refused, not ignored (RFC 7240, FHIR R4 3.1.1.1)."""
    return re.search(r"\bhandling\s*=\s*\"?strict\b", prefer, re.IGNORECASE) is not None


def get(request: Request, site: Site, _body: bytes) -> Answer:
    """Any of the readings, by the path."""
    return _look_up(ask_of(request, site, _path(request), _query(request)), site)


def post_search(request: Request, site: Site, body: bytes) -> Answer:
    """POST Type/_search: a search whose parameters may be in a form, in the address, or both."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM and (body or kind):
        raise Refused(415, "not-supported", f"Send the parameters of a search as {_FORM}.")
    try:
        form = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError:
        raise Refused(400, "structure", "The form cannot be read.") from None
    given = [*_query(request), *form]
    _check_format(request, given)
    return _look_up(ask_of(request, site, _path(request)[:1], given), site)


def _look_up(ask: Ask, site: Site) -> Answer:
    with site.database.read() as connection:
        return answer(connection, ask)


def _path(request: Request) -> tuple[str, ...]:
    """The path after the base, in pieces; ids hold no slash."""
    return tuple(request.url.path.split("/fhir/", 1)[1].split("/"))


def _query(request: Request) -> list[tuple[str, str]]:
    return list(request.query_params.multi_items())


def _answered(doing: Doing, action: Action, request: Request, body: bytes) -> Response:
    site: Site = request.app.state.site
    by = caller_of(request, site)
    if not could(by, action):
        if by.signed_in and by.scope == "read":
            raise NotAllowed("This key may only read: ask for one of scope publish.")
        if by.signed_in:
            raise NotAllowed("This key's owner may not do this.")
        raise NotSignedIn("This needs a key: send it as Authorization: Bearer KEY.")
    if RULES[action].writes and by.scope is None:
        # A session is for pages: what a page may do in somebody's name is asked for by its own form.
        raise NotSignedIn("This needs a key that may publish: send it as Authorization: Bearer KEY.")
    _check_format(request, _query(request))
    found = doing(request, site, body, by)
    if found.body is None:
        return Response(status_code=found.status, headers=dict(found.headers))
    pretty = request.query_params.get("_pretty", "").lower() == "true"
    content = rendering.encode(found.body, pretty=pretty)
    return Response(content, found.status, headers=dict(found.headers), media_type=MEDIA_TYPE)


def _check_format(request: Request, given: list[tuple[str, str]]) -> None:
    """Refuse who takes no JSON; `_format` goes before what the headers say."""
    asked = [value.replace(" ", "+").partition(";")[0].strip().lower() for name, value in given if name == "_format"]
    if asked:
        takes = all(each in _JSON for each in asked)
    else:
        accept = request.headers.get("accept", "").strip().lower()
        takes = not accept or any(_takes(each) for each in accept.split(","))
    if not takes:
        raise Refused(406, "not-supported", f"The answer is JSON: send Accept: {MEDIA_TYPE}, or _format=json.")


def _takes(accepted: str) -> bool:
    kind, *parameters = (each.strip() for each in accepted.split(";"))
    return kind in _ACCEPTED and not any(re.fullmatch(r"q=0(\.0{0,3})?", each) for each in parameters)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BODY:
            raise TooLarge(f"A body is at most {LARGEST_BODY:,} bytes.")
    return bytes(body)
