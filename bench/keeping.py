"""What takes long to make is kept, under a digest of the sources that decide what it is."""

from __future__ import annotations

import hashlib
import pickle
import shutil
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_PIECE = 1_000


@cache
def digest(*sources: str) -> str:
    """A digest of every file under some paths of the repository, as they are when first asked for in this process."""
    found = hashlib.sha256()
    for source in sources:
        path = ROOT / source
        files = (
            [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.suffix in (".py", ".yaml"))
        )
        for file in files:
            found.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return found.hexdigest()[:16]


def kept(folder: Path, make: Callable[[Path], None]) -> Path:
    """A folder, made once: whole or not at all."""
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        make(unfinished)
        unfinished.rename(folder)
    return folder


def write_stream(file: Path, values: Iterable[Any]) -> None:
    """Values, some at a time."""
    with file.open("wb") as target:
        piece: list[Any] = []
        for value in values:
            piece.append(value)
            if len(piece) == _PIECE:
                pickle.dump(piece, target, pickle.HIGHEST_PROTOCOL)
                piece = []
        pickle.dump(piece, target, pickle.HIGHEST_PROTOCOL)


def read_stream(file: Path) -> Iterator[Any]:
    """The values again; only ever a file that this program wrote."""
    with file.open("rb") as source:
        while True:
            try:
                yield from pickle.load(source)  # noqa: S301
            except EOFError:
                return
