"""Where one request ends and the next begins: what two programs could read differently is refused.

A proxy in front and the server here share connections. Were they to disagree about the length of a body, its end would
be somebody else's request ("request smuggling"). The server's own reader, h11, refuses lengths that contradict one
another or are no numbers; a length beside chunks it takes, by the chunks, as RFC 9112 (6.1) lets it.
"""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_LENGTH, _CHUNKS = b"content-length", b"transfer-encoding"


class OneLength:
    """Refuses a request that gives its length in both ways, and ends the connection on which it came."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http" and {_LENGTH, _CHUNKS} <= {name for name, _ in scope["headers"]}:
            said = "This request gives its length twice. Send Content-Length or Transfer-Encoding, not both.\n"
            # What follows on the connection may be what somebody hid behind this.
            refused = PlainTextResponse(said, 400, headers={"Connection": "close"})
            await refused(scope, receive, send)
            return
        await self._app(scope, receive, send)
