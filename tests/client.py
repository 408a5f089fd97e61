"""Starlette's test client without a thread and a loop of its own for each request: those took most of its time."""

from __future__ import annotations

import asyncio
import threading
import warnings
from functools import cache
from typing import Any

import httpx2
from starlette.types import ASGIApp

with warnings.catch_warnings():
    # It asks for httpx2, and works with the httpx that is locked here, too.
    warnings.simplefilter("ignore")
    from starlette import testclient

__all__ = ["TestClient"]


class TestClient(testclient.TestClient):
    """Asks an application within this process; one event loop answers all that the main thread asks."""

    def __init__(
        self,
        app: ASGIApp,
        base_url: str = "http://testserver",
        raise_server_exceptions: bool = True,
        client: tuple[str, int] = ("testclient", 50000),
        **given: Any,
    ) -> None:
        super().__init__(app, base_url, raise_server_exceptions, client=client, **given)
        self._transport: httpx2.BaseTransport = _InOneLoop(self._transport, app, raise_server_exceptions, client)


class _InOneLoop(httpx2.BaseTransport):
    """Runs the application in the loop of the main thread; in another thread, or within a loop, as Starlette does."""

    def __init__(self, starlettes: httpx2.BaseTransport, app: ASGIApp, raises: bool, client: tuple[str, int]) -> None:
        self._starlettes = starlettes
        self._here = httpx2.ASGITransport(app, raise_app_exceptions=raises, client=client)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """One request, with its body read."""
        if threading.current_thread() is not threading.main_thread() or asyncio._get_running_loop() is not None:
            return self._starlettes.handle_request(request)
        request.read()
        return _loop().run_until_complete(self._answer(request))

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._here.handle_async_request(request)
        # As it was sent, squeezed or not.
        body = b"".join([part async for part in answer.aiter_raw()])
        return httpx2.Response(answer.status_code, headers=answer.headers.raw, stream=httpx2.ByteStream(body))


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()
