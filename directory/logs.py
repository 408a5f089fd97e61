"""What the process says of its work: lines for people or JSON for programs, with the request, and without addresses.

Questions, forms and tokens are never given to a log. An address can come in from outside, in the words of a relay or of
a database: it is taken out of every line, tracebacks too.
"""

from __future__ import annotations

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from secrets import token_hex
from typing import Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Form = Literal["text", "json"]
HEADER = b"x-request-id"
REQUEST: ContextVar[str] = ContextVar("request", default="")
_SOUND = re.compile(r"[A-Za-z0-9._-]{1,64}")
# PostgreSQL quotes the row that it refuses.
_QUOTED_ROW = re.compile(r"\bDETAIL:.*?(?=\n\[SQL: |\n\nThe above exception|\n\nDuring handling|\Z)", re.DOTALL)
# What ends a line, or moves or colours what a terminal shows.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS = re.compile(r"[^\s<>()\[\]{}'\",;:=@\\]+@[^\s<>()\[\]{}'\",;:@\\]+")


class PeopleLines(logging.Formatter):
    """A line for whoever reads the log as it comes; neither a message nor an error can begin a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """One record; a traceback below it, indented."""
        at = datetime.fromtimestamp(record.created, UTC)
        said = _in_one_line(record.getMessage())
        request = f" [{REQUEST.get()}]" if REQUEST.get() else ""
        line = f"{at:%Y-%m-%dT%H:%M:%S}Z {record.levelname} {record.name}{request}: {said}"
        below = without_addresses(self.formatException(record.exc_info)) if record.exc_info else ""
        return "\n  ".join([without_addresses(line), *map(_in_one_line, below.split("\n") if below else ())])


class JsonLines(logging.Formatter):
    """One object of JSON a line: `at` (RFC 3339, UTC), `level`, `logger`, `message`, `request`, `error`."""

    def format(self, record: logging.LogRecord) -> str:
        """One record."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said = {"at": at, "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        if REQUEST.get():
            said["request"] = REQUEST.get()
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        return json.dumps({name: without_addresses(value) for name, value in said.items()}, ensure_ascii=False)


def _in_one_line(text: str) -> str:
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def without_addresses(text: str) -> str:
    """A text in which each mail address is `[address]`, and what PostgreSQL quotes of a row is left out."""
    return _ADDRESS.sub("[address]", _QUOTED_ROW.sub("DETAIL: [left out]", text))


def begin(form: Form) -> None:
    """Write the log of this process on stderr; a process that does already is left alone."""
    root = logging.getLogger()
    if not root.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(JsonLines() if form == "json" else PeopleLines())
        root.addHandler(handler)
        root.setLevel(logging.INFO)
    # What is asked of others would be named with its whole address, which may be a secret; failures are told by us.
    for name in ("alembic", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)


class RequestIds:
    """Gives each request an id, that of the proxy in front where it is sound, for the log and for the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == HEADER), b"").decode("latin-1")
        request = given if _SOUND.fullmatch(given) else token_hex(16)
        REQUEST.set(request)
        said = (HEADER, request.encode())

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), said]
            await send(message)

        await self._app(scope, receive, answer)
