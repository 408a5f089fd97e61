"""The whole application in a thread of the test, with its mail: what a browser journey needs of a server."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@contextmanager
def listening() -> Iterator[socket.socket]:
    """A port of this machine, taken before anybody has to know it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken


@contextmanager
def served(app: ASGIApp, at: socket.socket) -> Iterator[None]:
    """An application answering until the block ends."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [at]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    yield
    server.should_exit = True
    thread.join(10)


class Meter:
    """Counts what an application sends for each path, heads and bodies, in bytes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.sent: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def counted(message: Message) -> None:
            heads = sum(len(name) + len(value) + 4 for name, value in message.get("headers", ()))
            self.sent[scope["path"]] += heads + len(message.get("body", b""))
            await send(message)

        await self._app(scope, receive, counted)


class Mute:
    """An application that, once told to, takes every request and answers none, until it is told to again."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.is_mute = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or not self.is_mute:
            await self._app(scope, receive, send)
            return
        while self.is_mute and (await receive())["type"] != "http.disconnect":
            pass
