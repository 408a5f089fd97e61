"""Long work on the search index in a process of its own: in this one, answers would wait for the interpreter's lock."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from directory.actions.follow import rebuild_index
from directory.errors import IndexDamaged
from directory.search.index import WhooshEngine
from directory.store.database import Database

_AT_ONCE = 40
_ALL = 100_000
_NICE = 10


def rebuild_index_apart(database: Database, folder: Path, *, today: date) -> None:
    """Make the index in a folder anew, and wait for it; raises `IndexDamaged` where it could not be made."""
    child = _started(_rebuild, database.url, folder, today)
    child.join()
    if child.exitcode:
        raise IndexDamaged(f"The search index could not be built: its process ended with {child.exitcode}.")


@dataclass(slots=True)
class Tidier:
    """Keeps the segments of an index few, when nothing else is to be done.

    A few documents are rewritten at once; more of them apart, and nothing waits for that: changes go on being applied.
    """

    engine: WhooshEngine
    _apart: BaseProcess | None = None

    def run(self) -> int:
        """Do what is to be done, or begin it; returns how many documents were rewritten at once."""
        if self._apart is not None and self._apart.is_alive():
            return 0
        self._apart = None
        if done := self.engine.tidy(_AT_ONCE):
            return done
        if self.engine.is_untidy(_ALL):
            self._apart = _started(_tidy, self.engine.folder)
        return 0


def _started(work: Callable[..., None], *given: Any) -> BaseProcess:
    # A fork would take over locks that other threads hold at this moment.
    child = multiprocessing.get_context("spawn").Process(target=work, args=given, daemon=True)
    child.start()
    return child


def _rebuild(url: str, folder: Path, today: date) -> None:
    os.nice(_NICE)
    with closing(Database(url)) as database, closing(WhooshEngine(folder)) as engine:
        rebuild_index(database, engine, today=today)


def _tidy(folder: Path) -> None:
    os.nice(_NICE)
    with closing(WhooshEngine(folder)) as engine:
        engine.tidy(_ALL)
