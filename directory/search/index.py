"""The index on disk, kept by Whoosh: built beside the old one, swapped by one rename, and distrusted when read."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from directory.errors import IndexDamaged
from directory.search import manifest as on_disk
from directory.search.compiling import Compiled, compiled
from directory.search.document import Document
from directory.search.engine import Hits, Suggestion
from directory.search.lexicon import Lexicon
from directory.search.manifest import Manifest
from directory.search.merging import to_merge
from directory.search.plan import Plan
from directory.search.ranking import rank
from directory.search.schema import read_toc, require_whoosh, segment_files, write_toc
from directory.search.segment import Segment
from directory.search.snapshot import Snapshot
from directory.search.text import words

SHORTEST_TYPED = 3
_LONGEST_TYPED = 80
_MISSING = "There is no search index yet; it is built from the database."


class WhooshEngine:
    """The `Engine` whose index is a folder: ours alone, for its files hold pickles; see `engine.Engine`."""

    def __init__(self, folder: Path) -> None:
        require_whoosh()
        self.folder = folder
        self._loading = threading.Lock()
        self._pointer = b""
        self._snapshot: Snapshot | None = None
        self._unsound: bytes | None = None
        self._checked: dict[str, tuple[int, int, int]] = {}

    @property
    def cursor(self) -> tuple[int, date] | None:
        """The change number and day up to which the index holds; None where it is missing or damaged."""
        snapshot = self._sound_or_none()
        return (snapshot.manifest.number, snapshot.manifest.day) if snapshot else None

    @property
    def generation(self) -> str:
        """A name for what is searched now; empty where there is nothing sound."""
        try:
            manifest = self._answering().manifest
        except IndexDamaged:
            return ""
        return f"{manifest.build}.{manifest.sequence}"

    def build(self, documents: Iterable[Document], *, number: int, day: date) -> None:
        """Replace everything, whatever state the old index is in; readers see the old one until the new is whole.

        Changes are applied to the old one meanwhile; what they brought is carried over.
        """
        asked = self._sound_or_none()
        with on_disk.one_builder(self.folder):
            start = self._sound_or_none()
            if (
                start
                and not _same_build(start, asked)
                and start.manifest.number >= number
                and start.manifest.day >= day
            ):
                # Somebody else has built it while this one waited.
                return
            with on_disk.staged(self.folder) as stage:
                built = compiled(stage, documents)
                with on_disk.one_writer(self.folder):
                    manifest = Manifest(f"{on_disk.BUILD}{secrets.token_hex(8)}", 1, 1, number, day, {})
                    segments = [built.segment] if built else []
                    now = self._sound_or_none()
                    if start and now and _went_on(start, now, manifest):
                        manifest = replace(manifest, number=now.manifest.number, day=now.manifest.day)
                        segments += _carried(stage, start, now, built)
                    toc = write_toc(stage, segments, manifest.generation)
                    stage.rename(self.folder / manifest.build)
                    self._commit(manifest, toc)

    def apply(self, documents: Iterable[Document], *, number: int, day: date) -> None:
        """Add or replace documents by id, and move the cursor with them; raises `IndexDamaged` where there is none.

        When it returns, no search in any process gives the old record again. Doing it twice is doing it once.
        """
        given = list({document.id: document for document in documents}.values())
        with on_disk.one_writer(self.folder):
            snapshot = self._sound()
            manifest = replace(snapshot.manifest, sequence=snapshot.manifest.sequence + 1, number=number, day=day)
            if not given:
                self._commit(manifest, None)
                return
            folder = self.folder / manifest.build
            toc = read_toc(folder, manifest)
            known = {segment.segment_id(): segment for segment in toc.segments}
            built = compiled(folder, given)
            for document in given:
                if place := snapshot.find(document.id):
                    known[place[0].name].delete_document(place[1])
            fresh = [built.segment] if built else []
            self._commit(manifest, write_toc(folder, [*toc.segments, *fresh], toc.generation + 1))

    def is_untidy(self, most: int) -> bool:
        """Whether `tidy` with as many documents would do something."""
        snapshot = self._sound_or_none()
        return snapshot is not None and bool(to_merge(snapshot, most))

    def tidy(self, most: int) -> int:
        """Rewrite small segments as one, while changes go on being applied; returns how many documents it rewrote.

        At most `most` documents are taken at once. Nothing is done, and 0 returned, where the segments are few.
        """
        if not self.is_untidy(most):
            return 0
        with on_disk.one_builder(self.folder), on_disk.staged(self.folder) as stage:
            snapshot = self._sound()
            chosen = to_merge(snapshot, most)
            places = [(part.segment.name, at, each) for part in chosen for at, each in snapshot.live(part)]
            built = compiled(stage, (document for *_, document in places))
            with on_disk.one_writer(self.folder):
                self._put_in_place(stage, built, {part.segment.name for part in chosen}, places)
        return len(places)

    def _put_in_place(
        self, stage: Path, built: Compiled | None, merged: set[str], places: list[tuple[str, int, Document]]
    ) -> None:
        snapshot = self._sound()
        manifest = replace(snapshot.manifest, sequence=snapshot.manifest.sequence + 1)
        folder = self.folder / manifest.build
        toc = read_toc(folder, manifest)
        known = {segment.segment_id(): segment for segment in toc.segments}
        if not merged <= known.keys():
            return
        for at, (name, within, _) in enumerate(places):
            if built and known[name].is_deleted(within):
                # It was replaced while it was merged.
                built.segment.delete_document(at)
        for path in stage.iterdir():
            path.rename(folder / path.name)
        kept = [segment for name, segment in known.items() if name not in merged]
        self._commit(manifest, write_toc(folder, [*kept, *([built.segment] if built else [])], toc.generation + 1))

    def lexicon(self) -> Lexicon:
        """What the index knows now; raises `IndexDamaged` where there is none."""
        return self._answering()

    def search(self, plan: Plan, *, limit: int, offset: int = 0, on: Lexicon | None = None) -> Hits:
        """One page of what a plan meets; raises `IndexDamaged` where there is no sound index."""
        snapshot = on if isinstance(on, Snapshot) else self._answering()
        return rank(plan, snapshot, limit=max(0, limit), offset=max(0, offset))

    def suggest(self, prefix: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """What goes on from these letters; raises `IndexDamaged` where there is no sound index."""
        typed = " ".join(words(prefix[:_LONGEST_TYPED]))
        snapshot = self._answering()
        return snapshot.suggest(typed, limit) if len(typed) >= SHORTEST_TYPED and limit > 0 else ()

    def verify(self) -> list[str]:
        """Everything that is wrong with the index on disk; empty where it is sound. Reads every file."""
        try:
            pointer = on_disk.read_pointer(self.folder)
            if not pointer:
                return [_MISSING]
            manifest = on_disk.read_manifest(self.folder, pointer)
        except IndexDamaged as error:
            return [str(error)]
        problems = []
        for name, expected in manifest.files.items():
            try:
                on_disk.check(self.folder / manifest.build / name, expected)
            except IndexDamaged as error:
                problems.append(str(error))
        return problems

    def close(self) -> None:
        """Let go of what is held in memory."""
        with self._loading:
            self._pointer, self._snapshot = b"", None
            self._checked.clear()

    def _answering(self) -> Snapshot:
        """The newest sound state to search. While damage is healed, the last that was loaded goes on answering."""
        pointer = on_disk.read_pointer(self.folder)
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
            on_disk.read_manifest(self.folder, self._pointer)
            self._checked = on_disk.recheck(self.folder, snapshot.manifest, self._checked)
            return snapshot

    def _sound_or_none(self) -> Snapshot | None:
        try:
            return self._sound()
        except IndexDamaged:
            return None

    def _load(self) -> Snapshot:
        while True:
            pointer = on_disk.read_pointer(self.folder)
            if self._snapshot is not None and pointer == self._pointer:
                return self._snapshot
            if not pointer:
                raise IndexDamaged(_MISSING)
            try:
                snapshot = self._read(on_disk.read_manifest(self.folder, pointer))
            except IndexDamaged:
                # A writer may have moved on and swept these files away: only an unmoved pointer means damage.
                if on_disk.read_pointer(self.folder) == pointer:
                    raise
                continue
            self._snapshot, self._pointer, self._unsound = snapshot, pointer, None
            return snapshot

    def _read(self, manifest: Manifest) -> Snapshot:
        folder = self.folder / manifest.build
        held = {part.segment.name: part for part in self._snapshot.parts} if self._snapshot else {}
        try:
            parts = []
            for entry in read_toc(folder, manifest).segments:
                before = held.get(entry.segment_id())
                if before and before.deleted.size == entry.deleted_count():
                    parts.append((before.segment, before.deleted))
                    continue
                deleted = np.fromiter(sorted(entry.deleted_docs()), np.int32, entry.deleted_count())
                parts.append((before.segment if before else Segment(folder, manifest, entry), deleted))
            return Snapshot(manifest, parts)
        except IndexDamaged:
            raise
        except Exception as error:
            # The bytes are those that were committed, so this is another Whoosh, or another Signpost: build it again.
            raise IndexDamaged(f"The search index cannot be read: {error!r}.") from error

    def _commit(self, manifest: Manifest, toc: Any | None) -> None:
        """Point to a state, load it, and sweep away what neither it nor the one before needs."""
        before = self._snapshot.manifest if self._snapshot else None
        folder = self.folder / manifest.build
        if toc is not None:
            files = on_disk.checksums(folder, segment_files(folder, toc), manifest.files)
            manifest = replace(manifest, generation=toc.generation, files=files)
        on_disk.write_manifest(self.folder, manifest)
        self._sound()
        # Another process may be reading the state before at this moment.
        on_disk.sweep(self.folder, manifest, *([before] if before and before.build == manifest.build else []))


def _same_build(one: Snapshot, other: Snapshot | None) -> bool:
    return other is not None and one.manifest.build == other.manifest.build


def _went_on(start: Snapshot, now: Snapshot, built: Manifest) -> bool:
    """Whether changes came while an index was built; an old one that was ahead of what is built counts for nothing."""
    then = start.manifest
    ahead = then.number > built.number or then.day > built.day
    return _same_build(start, now) and now.manifest.sequence != then.sequence and not ahead


def _carried(stage: Path, start: Snapshot, now: Snapshot, built: Compiled | None) -> list[Any]:
    """What the old index took in while the new one was built, as one more segment of the new one."""
    known = {segment.name for segment in start.segments}
    newer = [document for part in now.parts if part.segment.name not in known for _, document in now.live(part)]
    for document in newer:
        if built and document.id in built.numbers:
            built.segment.delete_document(built.numbers[document.id])
    more = compiled(stage, newer)
    return [more.segment] if more else []
