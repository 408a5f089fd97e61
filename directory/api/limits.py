"""How many calls a minute: by key, and by network for those without one; shared by all processes.

Each process counts in memory, and says what it counted to the others (`store.call_counts`) only when a caller has used
up another twentieth of its limit: a call costs no write, and who makes few costs none at all. So all processes together
may let through one twentieth more for each process after the first; a token in the database for every call would be
exact, and would make every reader wait for SQLite's one writer. Windows are minutes of the clock.

What is left is said as in draft-ietf-httpapi-ratelimit-headers: `RateLimit` and `RateLimit-Policy`.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from directory.errors import TooMany
from directory.gate.visitors import network_of
from directory.site import Site
from directory.store import call_counts

log = logging.getLogger(__name__)
LIMITED = ("/api/v1/", "/fhir", "/hsds")
WINDOW = 60
SAID_AFTER = 20
# Beyond so many callers in a minute the rest share one limit, so that made-up addresses cannot fill the memory.
MOST_CALLERS = 50_000

Refuse = Callable[[Request, Exception], Response]


@dataclass(slots=True)
class _Count:
    """The calls of one caller in this window: all that are known of, and those of this process that no other knows."""

    name: str
    calls: int = 0
    unsaid: int = 0
    known: bool = False
    refused: bool = False

    def add(self) -> None:
        self.calls += 1
        self.unsaid += 1


@dataclass(frozen=True, slots=True)
class _Policy:
    name: str
    quota: int


class RateLimits:
    """Counts the calls of the API in front of its routes, and refuses those over the limit."""

    def __init__(self, app: ASGIApp, *, site: Site, refuse: Refuse) -> None:
        self._app, self._site, self._refuse = app, site, refuse
        self._window, self._counts, self._saying = 0, dict[str, _Count](), False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        policy = self._policy(scope)
        if policy is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        now = self._site.now().timestamp()
        self._begin(int(now // WINDOW))
        network = self._count(f"network {network_of(request)}")
        given = request.headers.get("authorization")
        count = network if given is None else self._count(f"key {given}")
        left = WINDOW - int(now % WINDOW)
        # Keys that nobody knows yet are counted as their network's guesses, too.
        guessing = count is not network and not count.known and network.calls >= policy.quota
        if count.calls >= policy.quota or guessing:
            if not count.refused:
                count.refused = True
                log.warning("refused to a %s: more than %d calls in a minute", policy.name, policy.quota)
            error = TooMany(f"At most {policy.quota:,} calls a minute: wait {left} seconds.", wait=left)
            answer = self._refuse(request, error)
            answer.headers.update(_headers(policy, 0, left))
            await answer(scope, receive, send)
            return
        count.add()

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_headers(policy, max(policy.quota - count.calls, 0), left))
                if count is not network and message["status"] == 401:
                    network.add()
                elif count is not network:
                    count.known = True
            await send(message)

        await self._app(scope, receive, answered)
        await self._say(count, network, step=max(policy.quota // SAID_AFTER, 1))

    def _policy(self, scope: Scope) -> _Policy | None:
        if scope["type"] != "http" or not scope["path"].startswith(LIMITED):
            return None
        settings = self._site.settings
        keyed = any(name == b"authorization" for name, _ in scope["headers"])
        policy = _Policy("key", settings.api_limit) if keyed else _Policy("network", settings.api_limit_without_key)
        return policy if policy.quota else None

    def _begin(self, window: int) -> None:
        if window != self._window:
            self._window, self._counts = window, {}

    def _count(self, caller: str) -> _Count:
        secret = self._site.settings.secret.get_secret_value().encode()
        name = hmac.new(secret, caller.encode(), hashlib.sha256).hexdigest()
        if name not in self._counts and len(self._counts) >= MOST_CALLERS:
            name = "everybody else"
        return self._counts.setdefault(name, _Count(name))

    async def _say(self, *counts: _Count, step: int) -> None:
        window = self._window
        told = {each.name: each for each in counts if each.unsaid >= step}
        # One at a time: the threads are few, and others wait for them.
        if not told or self._saying:
            return
        said = {name: count.unsaid for name, count in told.items()}
        self._saying = True
        try:
            sums = await run_in_threadpool(call_counts.say, self._site.database, said, window=window)
        finally:
            self._saying = False
        for name, known in sums.items():
            told[name].unsaid -= said[name]
            told[name].calls = known + told[name].unsaid


def _headers(policy: _Policy, remaining: int, left: int) -> dict[str, str]:
    return {
        "RateLimit-Policy": f'"{policy.name}";q={policy.quota};w={WINDOW}',
        "RateLimit": f'"{policy.name}";r={remaining};t={left}',
    }
