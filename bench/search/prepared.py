"""The corpus, the questions and the indexes of one size, made once and kept."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.corpus import SEED, document_of, services
from bench.keeping import digest, kept, read_stream, write_stream
from bench.search.contender import Contender
from bench.search.peers import peer, source_of
from bench.search.queries import held_out, tuning
from bench.search.queries.ground import Ground, resolve
from bench.search.queries.labelled import Labelled
from bench.search.signpost import Signpost
from directory.search.document import Document

_WORLD = ("bench/world", "bench/words", "bench/corpus.py", "directory/search/document.py")
_SHARED = ("bench/search/contender.py", "directory/search/text.py", "directory/search/terms.py")
SETS = {"held-out": held_out.drafts, "tuning": tuning.drafts}


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything of one size, in a folder of its own."""

    folder: Path
    size: int

    @classmethod
    def of(cls, size: int, cache: Path) -> Prepared:
        """Make the corpus of a size, or find it made."""

        def make(folder: Path) -> None:
            furthest = 0

            def made() -> Iterator[Document]:
                nonlocal furthest
                for service in services(size):
                    furthest = service.district.number
                    yield document_of(service)

            write_stream(folder / "documents", made())
            (folder / "districts").write_text(str(furthest + 1), encoding="ascii")

        return cls(kept(cache / f"{size}-{digest(*_WORLD)}", make), size)

    def documents(self) -> Iterator[Document]:
        """The corpus."""
        return read_stream(self.folder / "documents")

    def districts(self) -> int:
        """How many districts it reaches into."""
        return int((self.folder / "districts").read_text(encoding="ascii"))

    def signpost(self) -> Signpost:
        """Signpost's search over it."""
        return Signpost(self.signpost_folder(), self.districts())

    def questions(self, name: str) -> list[Labelled]:
        """One of `SETS`."""

        def make(folder: Path) -> None:
            write_stream(folder / "questions", resolve(SETS[name](Ground(self.size, SEED)), self.documents()))

        folder = kept(self.folder / f"{name}-{digest('bench/search/queries')}", make)
        return list(read_stream(folder / "questions"))

    def signpost_folder(self) -> Path:
        """Signpost's index."""
        sources = digest("directory/search", "directory/domain/change.py")
        return self._index(f"signpost-{sources}", lambda folder: Signpost(folder).build(self.documents()))

    def peer_folder(self, name: str) -> Path:
        """A peer's index."""
        sources = digest(source_of(name), *_SHARED)
        return self._index(f"{name}-{sources}", lambda folder: peer(name)(folder).build(self.documents()))

    def peer(self, name: str) -> Contender:
        """A peer, open."""
        found = peer(name)(self.peer_folder(name))
        found.open()
        return found

    def build_seconds(self, folder: Path) -> float:
        """How long an index took to build when it was."""
        return float(json.loads((folder.parent / f"{folder.name}.json").read_text(encoding="utf-8"))["seconds"])

    def rebuild_seconds(self, folder: Path) -> float:
        """How long Signpost's index takes to build in this run, reading the documents apart."""
        reading = 0.0

        def handed() -> Iterator[Document]:
            nonlocal reading
            some = pieces(self.documents(), 2_000)
            while True:
                asked = time.perf_counter()
                piece = next(some, None)
                reading += time.perf_counter() - asked
                if piece is None:
                    return
                yield from piece

        started = time.perf_counter()
        Signpost(folder).build(handed())
        whole = time.perf_counter() - started
        shutil.rmtree(folder)
        return whole - reading

    def _index(self, name: str, build: Callable[[Path], None]) -> Path:
        def make(folder: Path) -> None:
            started = time.perf_counter()
            build(folder)
            seconds = time.perf_counter() - started
            (self.folder / f"{name}.json").write_text(json.dumps({"seconds": seconds}), encoding="utf-8")

        for old in self.folder.glob(f"{name.rsplit('-', 1)[0]}-*"):
            # Each change of the engine would leave an index behind.
            if old.is_dir() and old.name != name:
                shutil.rmtree(old, ignore_errors=True)
        return kept(self.folder / name, make)


def pieces(values: Iterable[Document], size: int) -> Iterator[list[Document]]:
    """Some at a time."""
    piece: list[Document] = []
    for value in values:
        piece.append(value)
        if len(piece) == size:
            yield piece
            piece = []
    if piece:
        yield piece
