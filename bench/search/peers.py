"""The engines beside Signpost's, by name; each is imported only where it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from bench.search.contender import Contender

PEERS = ("fts5", "tantivy")


class Opener(Protocol):
    """Makes an engine over a folder."""

    def __call__(self, folder: Path) -> Contender:
        """The engine, not yet open."""
        ...


def peer(name: str) -> Opener:
    """The class of an engine; raises `ValueError` where there is none of this name."""
    if name == "tantivy":
        from bench.search.tantivy_engine import Tantivy

        return Tantivy
    if name == "fts5":
        from bench.search.fts5 import Fts5

        return Fts5
    raise ValueError(f"No engine is called {name}; there are {', '.join(PEERS)}.")


def source_of(name: str) -> str:
    """The file that decides what an engine's index is."""
    return "bench/search/tantivy_engine.py" if name == "tantivy" else "bench/search/fts5.py"
