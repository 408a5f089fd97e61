"""The index on disk, kept by Whoosh: built beside the old one, swapped by one rename, and distrusted when read."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from whoosh.index import TOC

from directory.errors import IndexDamaged
from directory.search import manifest as on_disk
from directory.search.document import Document
from directory.search.engine import Hits, Suggestion
from directory.search.lexicon import Lexicon
from directory.search.manifest import Manifest
from directory.search.plan import Plan
from directory.search.ranking import rank
from directory.search.schema import SCHEMA, create, require_whoosh, segment_files, write
from directory.search.segment import CheckedStorage, Segment
from directory.search.snapshot import Snapshot
from directory.search.suggesting import Suggester

# Above this number, small segments are rewritten as one, after the change that made them is already found.
MOST_SEGMENTS = 10
_MERGED_AT_ONCE = 8
_MISSING = "There is no search index yet; it is built from the database."


class WhooshEngine:
    """The `Engine` whose index is a folder: ours alone, for Whoosh's files hold pickles; see `engine.Engine`."""

    def __init__(self, folder: Path) -> None:
        require_whoosh()
        self._folder = folder
        self._loading = threading.Lock()
        self._pointer = b""
        self._snapshot: Snapshot | None = None
        self._unsound: bytes | None = None
        self._checked: dict[str, tuple[int, int, int]] = {}
        self._suggester: tuple[Snapshot, Suggester] | None = None

    @property
    def cursor(self) -> tuple[int, date] | None:
        """The change number and day up to which the index holds; None where it is missing or damaged."""
        try:
            manifest = self._sound().manifest
        except IndexDamaged:
            return None
        return manifest.number, manifest.day

    @property
    def generation(self) -> str:
        """A name for what is searched now; empty where there is nothing sound."""
        try:
            manifest = self._answering().manifest
        except IndexDamaged:
            return ""
        return f"{manifest.build}.{manifest.sequence}"

    def build(self, documents: Iterable[Document], *, number: int, day: date) -> None:
        """Replace everything, whatever state the old index is in; readers see the old one until the new is whole."""
        with on_disk.one_writer(self._folder):
            name = f"{on_disk.BUILD}{secrets.token_hex(8)}"
            folder = self._folder / name
            toc = write(folder, create(folder), _last_of_each(documents), without={})
            self._commit(Manifest(name, 1, 0, number, day, {}), toc)

    def apply(self, documents: Iterable[Document], *, number: int, day: date) -> None:
        """Add or replace documents by id, and move the cursor with them; raises `IndexDamaged` where there is none.

        When it returns, no search in any process gives the old record again. Doing it twice is doing it once.
        """
        given = list(_last_of_each(documents))
        with on_disk.one_writer(self._folder):
            snapshot = self._sound()
            manifest = replace(snapshot.manifest, sequence=snapshot.manifest.sequence + 1, number=number, day=day)
            if not given:
                self._commit(manifest, None)
                return
            replaced: dict[str, list[int]] = {}
            for document in given:
                if (at := snapshot.numbers.get(document.id)) is not None:
                    segment, within = snapshot.locate(at)
                    replaced.setdefault(segment.name, []).append(within)
            toc = write(self._folder / manifest.build, self._read_toc(manifest), given, without=replaced)
            self._commit(manifest, toc)
            if len(toc.segments) > MOST_SEGMENTS:
                self._merge()

    def lexicon(self) -> Lexicon:
        """What the index knows now; raises `IndexDamaged` where there is none."""
        return self._answering()

    def search(self, plan: Plan, *, limit: int, offset: int = 0, on: Lexicon | None = None) -> Hits:
        """One page of what a plan meets; raises `IndexDamaged` where there is no sound index."""
        snapshot = on if isinstance(on, Snapshot) else self._answering()
        return rank(plan, snapshot, limit=max(0, limit), offset=max(0, offset))

    def suggest(self, prefix: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """What goes on from these letters; raises `IndexDamaged` where there is no sound index."""
        snapshot = self._answering()
        held = self._suggester
        if held is None or held[0] is not snapshot:
            held = self._suggester = (snapshot, Suggester(snapshot))
        return held[1].suggest(prefix, limit)

    def verify(self) -> list[str]:
        """Everything that is wrong with the index on disk; empty where it is sound. Reads every file."""
        try:
            pointer = on_disk.read_pointer(self._folder)
            if not pointer:
                return [_MISSING]
            manifest = on_disk.read_manifest(self._folder, pointer)
        except IndexDamaged as error:
            return [str(error)]
        problems = []
        for name, expected in manifest.files.items():
            try:
                on_disk.read_checked(self._folder / manifest.build / name, expected)
            except IndexDamaged as error:
                problems.append(str(error))
        return problems

    def close(self) -> None:
        """Let go of what is held in memory."""
        with self._loading:
            self._pointer, self._snapshot, self._suggester = b"", None, None
            self._checked.clear()

    def _answering(self) -> Snapshot:
        """The newest sound state to search. While damage is healed, the last that was loaded goes on answering."""
        pointer = on_disk.read_pointer(self._folder)
        snapshot = self._snapshot
        if snapshot is not None and pointer in (self._pointer, self._unsound):
            return snapshot
        with self._loading:
            try:
                return self._load()
            except IndexDamaged:
                if self._snapshot is None:
                    raise
                self._unsound = pointer
                return self._snapshot

    def _sound(self) -> Snapshot:
        """The state on disk, as it is now; raises `IndexDamaged` where a file is not as it was committed."""
        with self._loading:
            snapshot = self._load()
            on_disk.read_manifest(self._folder, self._pointer)
            self._checked = on_disk.recheck(self._folder, snapshot.manifest, self._checked)
            return snapshot

    def _load(self) -> Snapshot:
        while True:
            pointer = on_disk.read_pointer(self._folder)
            if self._snapshot is not None and pointer == self._pointer:
                return self._snapshot
            if not pointer:
                raise IndexDamaged(_MISSING)
            try:
                snapshot = self._read(on_disk.read_manifest(self._folder, pointer))
            except IndexDamaged:
                # A writer may have moved on and swept these files away: only an unmoved pointer means damage.
                if on_disk.read_pointer(self._folder) == pointer:
                    raise
                continue
            self._snapshot, self._pointer, self._unsound = snapshot, pointer, None
            return snapshot

    def _read(self, manifest: Manifest) -> Snapshot:
        storage = CheckedStorage(self._folder / manifest.build, manifest)
        held = {segment.name: segment for segment in self._snapshot.segments} if self._snapshot else {}
        try:
            parts = []
            for entry in self._read_toc(manifest).segments:
                segment = held.get(entry.segment_id()) or Segment(storage, entry)
                parts.append((segment, frozenset(entry.deleted_docs())))
            return Snapshot(manifest, parts)
        except IndexDamaged:
            raise
        except Exception as error:
            # The bytes are those that were committed, so this is another Whoosh, or another Signpost: build it again.
            raise IndexDamaged(f"The search index cannot be read: {error!r}.") from error

    def _read_toc(self, manifest: Manifest) -> Any:
        storage = CheckedStorage(self._folder / manifest.build, manifest)
        return TOC.read(storage, "MAIN", gen=manifest.generation, schema=SCHEMA)

    def _commit(self, manifest: Manifest, toc: Any | None) -> None:
        """Point to a state, load it, and sweep away what neither it nor the one before needs."""
        before = self._snapshot.manifest if self._snapshot else None
        folder = self._folder / manifest.build
        if toc is not None:
            files = on_disk.checksums(folder, segment_files(folder, toc), manifest.files)
            manifest = replace(manifest, generation=toc.generation, files=files)
        on_disk.write_manifest(self._folder, manifest)
        self._sound()
        # Another process may be reading the state before at this moment.
        on_disk.sweep(self._folder, manifest, *([before] if before and before.build == manifest.build else []))

    def _merge(self) -> None:
        """Rewrite the smallest segments as one, from the stored documents: Whoosh's own merging is not needed."""
        snapshot = self._sound()
        manifest = replace(snapshot.manifest, sequence=snapshot.manifest.sequence + 1)
        small = sorted(snapshot.segments, key=lambda segment: segment.size)[:_MERGED_AT_ONCE]
        live = snapshot.numbers
        documents = [
            document
            for segment in small
            for at, document in enumerate(segment.documents())
            if live.get(document.id) == snapshot.number_of(segment, at)
        ]
        toc = write(
            self._folder / manifest.build,
            self._read_toc(manifest),
            documents,
            without={},
            drop=[segment.name for segment in small],
        )
        self._commit(manifest, toc)


def _last_of_each(documents: Iterable[Document]) -> Iterable[Document]:
    """Each id once, as it was given last."""
    return {document.id: document for document in documents}.values()
