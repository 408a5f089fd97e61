"""What is wrong with how an importer took a file: it broke, it took too long, or what it made does harm further on."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from directory.actions.import_services import Import, preview_import
from directory.actions.read_mcsd import read_mcsd
from directory.content.folder import read_service
from directory.content.markdown import render
from directory.content.pages import read_page
from directory.content.reading import read_change
from directory.domain.policy import OPERATOR
from directory.domain.service import Facts
from directory.domain.source import Reading
from directory.errors import FeedFailed, ImportRefused, Invalid
from directory.exchange.hsds_pages import Pages
from directory.exchange.reading import READERS
from directory.outbound.http import Fetched
from directory.shapes import set_to_plain
from directory.store.database import Database
from tests import build
from tests.content.documents import unsafe
from tests.fuzzing import directories
from tests.fuzzing.files import HSDS

SECONDS = 1.0
_READS_AS = {"xlsx": "services-csv", **dict.fromkeys(HSDS, "hsds")}


class Hangs(BaseException):
    """A file took longer than it may; no `except Exception` on the way keeps it."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise `Hangs` after so many seconds of this process's own work; what others do on the machine does not count."""

    def over(*_: Any) -> None:
        raise Hangs

    before = signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def faults(kind: str, data: bytes, database: Database | None = None) -> list[str]:
    """What is wrong with how a file of a kind is taken; with a database it is planned as an import there, too."""
    try:
        with at_most(SECONDS):
            return (_of_record if kind == "records" else _of_file)(kind, data, database)
    except Hangs:
        return [f"takes more than {SECONDS:.0f} s"]


def _of_file(kind: str, data: bytes, database: Database | None) -> list[str]:
    try:
        reading = _read(kind, data)
    except (Invalid, FeedFailed) as invalid:
        return _unkeepable([str(invalid)])
    said = [text for service in reading.services for text in _texts(set_to_plain(Facts, service.set))]
    said += [f"{each.column} {each.reason}" for each in (*reading.problems, *reading.notices)]
    said += [str(each.set) for each in reading.organisations]
    shown = [str(service.set.get("description") or "") for service in reading.services[:3]]
    found = _unkeepable(said) + [fault for text in shown for fault in unsafe(render(text))]
    return found + (_planned(reading, database) if database else [])


def _read(kind: str, data: bytes) -> Reading:
    if kind == "mcsd":
        return read_mcsd(_Told(json.loads(data)), directories.BASE, state="", kept={}).reading  # type: ignore[arg-type]
    if kind in HSDS:
        # As a feed that is read page by page, too.
        Pages().take(data, 1)
    return READERS[_READS_AS.get(kind, kind)](data)


class _Told:
    """The network, which gives each history's first page, and it again for what is said to come next, a few times."""

    def __init__(self, pages: Mapping[str, str]) -> None:
        self._pages, self._given = pages, 0

    def get(self, url: str, _headers: object) -> Fetched:
        self._given += 1
        type_ = next((each for each in self._pages if f"/{each}/" in url), "")
        return Fetched(200, self._pages[type_].encode("latin-1")) if type_ and self._given < 9 else Fetched(404, b"")


def _planned(reading: Reading, database: Database) -> list[str]:
    """Everything that importing does but write it."""
    job = Import(reading, "fuzz.file", OPERATOR, build.NOON, build.LONDON, build.TODAY)
    with suppress(ImportRefused, Invalid):
        preview_import(database, job)
    return []


def _of_record(_kind: str, data: bytes, _database: Database | None) -> list[str]:
    first, _, rest = data.partition(b"\n")
    # As every reader of files here does it.
    text = rest.decode("utf-8", "replace")
    read: dict[bytes, Callable[[], object]] = {
        b"change": lambda: read_change(text, where="x.md"),
        b"service": lambda: read_service(Path("legs.md"), text),
        b"page": lambda: read_page(text, slug="legs"),
    }
    try:
        read[first]()
    except Invalid as invalid:
        return _unkeepable([str(invalid)])
    return unsafe(render(text.rpartition("---\n")[2]))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _unkeepable(texts: list[str]) -> list[str]:
    """No database takes NUL in a text, and no file takes half of a character."""
    return [
        f"keeps what cannot be kept: {text[:60]!r}"
        for text in texts
        if "\x00" in text or any("\ud800" <= each <= "\udfff" for each in text)
    ]
