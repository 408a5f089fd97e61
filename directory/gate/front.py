"""Answers that are the same for everybody, given again in front of the layers that would find that out once more.

What `gate.keeping` gave is noted as it went out, with all that the layers behind this one put on it, and given to the
same request again while it rests on the same state of the database and the same minute. The same request is one for
the same address with the same headers that an answer may hang on. Whoever sends a cookie or a key goes the long way.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from directory.errors import StoreFailing
from directory.gate.keeping import RESTS_ON, Headers, KeptAnswers
from directory.search.kept import Kept

MOST_BYTES = 8 << 20
# What says who asks; and a body, which no reading needs, and whose length must be looked at (`gate.framing`).
LONG_WAY = frozenset({b"cookie", b"authorization", b"content-length", b"transfer-encoding"})
# What decides, beside the address, how an answer is sent that is the same for everybody.
FORMS = frozenset({b"accept", b"accept-encoding", b"accept-language", b"if-none-match"})
Key = tuple[bytes, bytes, tuple[tuple[bytes, bytes], ...]]


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer as it went out, what it rests on, and how many bytes it takes with its key."""

    held: Hashable
    status: int
    headers: Headers
    body: bytes
    size: int


class KeptInFront:
    """Stands behind what every answer needs (its id, its headers, the counting of calls), and before all the rest."""

    def __init__(self, app: ASGIApp, *, answers: KeptAnswers) -> None:
        self._app, self._answers = app, answers
        self._sent: Kept[Key, Sent] = Kept(MOST_BYTES, lambda sent: sent.size)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        key = _key_of(scope)
        if key is None:
            await self._app(scope, receive, send)
            return
        sent = self._sent.get(key)
        if sent is not None and await self._still_holds(sent):
            await send({"type": "http.response.start", "status": sent.status, "headers": sent.headers})
            await send({"type": "http.response.body", "body": sent.body})
            return
        said: list[Message] = []

        async def noted(message: Message) -> None:
            if RESTS_ON in scope:
                # As it is now: the layers before this one put more on it.
                said.append({**message})
            await send(message)

        await self._app(scope, receive, noted)
        self._note(key, scope.get(RESTS_ON), said)

    async def _still_holds(self, sent: Sent) -> bool:
        try:
            return sent.held == await self._answers.held()
        except StoreFailing:
            # Whoever makes the answer says so.
            return False

    def _note(self, key: Key, held: Hashable, said: list[Message]) -> None:
        if held is None or [message["type"] for message in said] != ["http.response.start", "http.response.body"]:
            return
        start, rest = said
        path, query, forms = key
        size = 1_000 + len(path) + len(query) + sum(len(value) for _, value in forms) + len(rest.get("body", b""))
        self._sent.put(key, Sent(held, start["status"], list(start["headers"]), rest.get("body", b""), size))


def _key_of(scope: Scope) -> Key | None:
    """What tells requests apart; None for one of somebody in particular, or that does more than read."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    forms = []
    for header in scope["headers"]:
        if header[0] in LONG_WAY:
            return None
        if header[0] in FORMS:
            forms.append((header[0], header[1]))
    # As it was typed: a page says where it is.
    return scope.get("raw_path") or scope["path"].encode(), scope["query_string"], tuple(forms)
