"""How long people and programs wait for an answer, by what they asked: a question, a change, anything else.

Counted in files that all processes of one `serve` share (the multiprocess mode of prometheus_client), because whoever
is asked for the metrics did not give the other answers. Only where the settings let somebody read them.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Where the library looks for the folder, when it is first imported; processes begun by `serve` inherit it.
SHARED = "PROMETHEUS_MULTIPROC_DIR"
# Is told what was asked for, and how many seconds it took.
Observe = Callable[[str, float], None]
_SEARCHES = frozenset({"/find", "/find.atom", "/api/v1/search"})
_PUBLISHES = re.compile(r"/api/v1/changes|/publish/[^/]+/check")


def share(stack: ExitStack) -> None:
    """Give the processes that this one begins a folder to count in; it goes with the stack."""
    os.environ[SHARED] = stack.enter_context(tempfile.TemporaryDirectory(prefix="signpost-"))
    stack.callback(os.environ.pop, SHARED, None)


def asked_for(method: str, path: str) -> str:
    """What a request is counted as: "search", "publish" or "other"; an address itself is in no metric."""
    if method == "GET" and path in _SEARCHES:
        return "search"
    return "publish" if method == "POST" and _PUBLISHES.fullmatch(path) else "other"


class AnswerTimes:
    """Measures each request from its arrival here to the end of its answer."""

    def __init__(self, app: ASGIApp, *, observe: Observe) -> None:
        self._app, self._observe = app, observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()

        async def answer(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self._observe(asked_for(scope["method"], scope["path"]), perf_counter() - began)

        await self._app(scope, receive, answer)
