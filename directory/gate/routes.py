"""What each route asks of whoever comes: `Route("/find", may("read", find.find))`. A route without it fails a test."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from directory.domain.policy import NOTHING, Action, Actor, Thing, can, could, lacks_passkey
from directory.errors import NotAllowed, NotSignedIn, PasskeyNeeded
from directory.gate.crossing import SAFE_METHODS
from directory.gate.forms import read_form, read_form_with_file
from directory.gate.sessions import actor_of

Handler = Callable[[Request], Response] | Callable[[Request], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def may(action: Action, handler: Handler, *, largest_file: int = 0) -> Endpoint:
    """A handler for those who could do `action` to something; others are sent to sign in, or refused.

    What it is done to, only the handler knows: it asks `require` again, with that. For a POST the form is read first,
    so that `form_of(request)` is there, and so that what was typed is not lost when the session has ended meanwhile.
    One that may carry a file of `largest_file` bytes is read only from who may send it.
    """

    is_async = inspect.iscoroutinefunction(handler)

    async def endpoint(request: Request) -> Response:
        writes = request.method not in SAFE_METHODS
        if writes and not largest_file:
            request.state.form = await read_form(request)
        check(actor_of(request), action)
        if writes and largest_file:
            request.state.form = await read_form_with_file(request, largest=largest_file)
        # What is not async works with the database, and would hold up everybody else here.
        answer: Any = handler(request) if is_async else run_in_threadpool(handler, request)
        return await answer  # type: ignore[no-any-return]

    endpoint.keeps = getattr(handler, "keeps", False)  # type: ignore[attr-defined]
    return declared(endpoint, {"*": action})  # type: ignore[no-any-return]


def declared(endpoint: Any, policy: Mapping[str, Action]) -> Any:
    """The same endpoint, saying of itself what it asks, by method; `*` stands for every method."""
    endpoint.policy = dict(policy)
    return endpoint


def policy_of(route: BaseRoute) -> Mapping[str, Action] | None:
    """What a route asks, by method; None where it does not say."""
    for holder in (getattr(route, "endpoint", None), getattr(route, "app", None)):
        found: Mapping[str, Action] | None = getattr(holder, "policy", None)
        if found:
            return found
    return None


def check(actor: Actor, action: Action) -> None:
    """Raise NotSignedIn, PasskeyNeeded or NotAllowed, unless `actor` could do `action` to something."""
    if could(actor, action):
        if lacks_passkey(actor, action):
            raise PasskeyNeeded("Show your passkey to go on.")
        return
    if not actor.signed_in:
        raise NotSignedIn("Sign in to see this page.")
    raise NotAllowed("Your roles do not allow this. Ask an editor, or the administrator of your team.")


def require(request: Request, action: Action, thing: Thing = NOTHING) -> Actor:
    """Whoever asks, if they may do `action` to `thing`; raises as `check` does."""
    actor = actor_of(request)
    check(actor, action)
    if not can(actor, action, thing):
        raise NotAllowed("This belongs to another team. Ask one of its leads, or an editor.")
    return actor
