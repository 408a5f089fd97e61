"""Feeds as others serve them, on this machine: a real HTTP server whose answers a test sets, and another Signpost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from directory.actions.polling import Polling, poll_now
from directory.actions.sources import Given, add
from directory.domain.policy import OPERATOR
from directory.domain.reach import Reach
from directory.domain.service import Facts
from directory.outbound.http import Outgoing
from directory.store import sources as store
from directory.store.database import Database
from directory.store.sources import Source
from directory.store.standing import standing
from tests import build

Answer = tuple[int, bytes] | tuple[int, bytes, dict[str, str]]


def envelope(services: list[Any], number: int, size: int, total: int | None = None) -> dict[str, Any]:
    """A page of HSDS 3.0 and Open Referral UK 3.0."""
    page = services[(number - 1) * size : number * size]
    pages = max(-(-len(services) // size), 1)
    return {
        "total_items": len(services) if total is None else total,
        "total_pages": pages,
        "page_number": number,
        "size": len(page),
        "first_page": number == 1,
        "last_page": number >= pages,
        "empty": not page,
        "contents": page,
    }


class Feed:
    """A feed with `services`, so many a page; `broken` answers instead where it has something, by path and page."""

    def __init__(self) -> None:
        self.services: list[Any] = []
        self.size = 2
        self.full = True
        self.broken: Callable[[str, int], Answer | None] = lambda path, page: None
        self.asked: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/o"

    def answer(self, path: str, page: int) -> Answer:
        if (given := self.broken(path, page)) is not None:
            return given
        if path == "/o/services":
            shown = self.services if self.full else [{"id": each["id"], "status": "active"} for each in self.services]
            return 200, json.dumps(envelope(shown, page, self.size)).encode()
        for each in self.services:
            if isinstance(each, dict) and path == f"/o/services/{each.get('id')}":
                return 200, json.dumps(each).encode()
        return 404, b"{}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        feed = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                page = int(parse_qs(parts.query).get("page", ["1"])[0])
                feed.asked.append(self.path)
                status, body, *more = feed.answer(parts.path, page)
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | (more[0] if more else {})).items():
                    self.send_header(name, value)
                self.end_headers()
                # Whoever has read enough hangs up.
                with suppress(ConnectionError):
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                return None

        return Handler


def service(identity: str, **more: Any) -> dict[str, Any]:
    """A service as HSDS 3.0 has it."""
    return {
        "id": identity,
        "name": f"Service {identity}",
        "status": "active",
        "description": f"What {identity} does.",
        "phones": [{"number": "01632 960100"}],
        "organization": {"id": "org", "name": "Eastmarsh Council"},
        **more,
    }


@dataclass(slots=True)
class Reader:
    """A directory that reads feeds, an hour later each time."""

    database: Database
    at: datetime = field(default=build.NOON)
    base_url: str = "https://here.example"

    @classmethod
    @contextmanager
    def over(cls, template: Path, folder: Path) -> Iterator[Reader]:
        folder.mkdir(exist_ok=True)
        shutil.copy(template, folder / "reader.db")
        database = Database(f"sqlite:///{folder / 'reader.db'}")
        try:
            yield cls(database)
        finally:
            database.close()

    def clock(self) -> datetime:
        return self.at

    def add(self, name: str, url: str, **more: Any) -> None:
        given = Given(name=name, url=url, **more)
        with self.database.write() as connection:
            add(connection, given, by=OPERATOR, at=self.at, reach=Reach(private=True), base_url=self.base_url)

    @property
    def polling(self) -> Polling:
        outgoing = Outgoing(private=True, seconds=5.0)
        return Polling(
            database=self.database, outgoing=outgoing, clock=self.clock, zone=build.LONDON, base_url=self.base_url
        )

    def poll(self, name: str) -> Source:
        self.at += timedelta(hours=1)
        return poll_now(self.polling, name)

    def source(self, name: str) -> Source:
        with self.database.read() as connection:
            return store.by_name(connection, name)

    def facts(self) -> dict[str, Facts]:
        """What each service says today, by its name."""
        day = self.at.astimezone(build.LONDON).date()
        with self.database.read() as connection:
            return {row.facts.name: row.facts for rows in standing(connection, "service", on=day) for row in rows}
