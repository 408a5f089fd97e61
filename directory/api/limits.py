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

    def headers(self, remaining: int, left: int) -> list[tuple[bytes, bytes]]:
        """What is left, for an answer."""
        return [
            (b"ratelimit-policy", b'"%b";q=%d;w=%d' % (self.name.encode(), self.quota, WINDOW)),
            (b"ratelimit", b'"%b";r=%d;t=%d' % (self.name.encode(), remaining, left)),
        ]


class RateLimits:
    """Counts the calls of the API in front of its routes, and refuses those over the limit."""

    def __init__(self, app: ASGIApp, *, site: Site, refuse: Refuse) -> None:
        self._app, self._site, self._refuse = app, site, refuse
        self._window, self._counts, self._saying = 0, dict[str, _Count](), False
        # The counts of networks again, by the address that came: whose it is need not be worked out for every call.
        self._by_address = dict[str, _Count]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or not scope["path"].startswith(LIMITED):
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"authorization"), None)
        policy = self._policy(keyed=given is not None)
        if not policy.quota:
            await self._app(scope, receive, send)
            return
        now = self._site.now().timestamp()
        self._begin(int(now // WINDOW))
        network = self._network(Request(scope))
        count = network if given is None else self._count(f"key {given.decode('latin-1')}")
        left = WINDOW - int(now % WINDOW)
        # Keys that nobody knows yet are counted as their network's guesses, too.
        guessing = count is not network and not count.known and network.calls >= policy.quota
        if count.calls >= policy.quota or guessing:
            if not count.refused:
                count.refused = True
                log.warning("refused to a %s: more than %d calls in a minute", policy.name, policy.quota)
            error = TooMany(f"At most {policy.quota:,} calls a minute: wait {left} seconds.", wait=left)
            answer = self._refuse(Request(scope, receive), error)
            answer.raw_headers.extend(policy.headers(0, left))
            await answer(scope, receive, send)
            return
        count.add()

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", ()),
                    *policy.headers(max(policy.quota - count.calls, 0), left),
                ]
                if count is not network and message["status"] == 401:
                    network.add()
                elif count is not network:
                    count.known = True
            await send(message)

        await self._app(scope, receive, answered)
        await self._say(count, network, step=max(policy.quota // SAID_AFTER, 1))

    def _policy(self, *, keyed: bool) -> _Policy:
        settings = self._site.settings
        return _Policy("key", settings.api_limit) if keyed else _Policy("network", settings.api_limit_without_key)

    def _begin(self, window: int) -> None:
        if window != self._window:
            self._window, self._counts, self._by_address = window, {}, {}

    def _network(self, request: Request) -> _Count:
        address = request.client.host if request.client else ""
        count = self._by_address.get(address)
        if count is None:
            count = self._count(f"network {network_of(request)}")
            # Of a network's made-up addresses, too, no more than of callers.
            if len(self._by_address) < MOST_CALLERS:
                self._by_address[address] = count
        return count

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
