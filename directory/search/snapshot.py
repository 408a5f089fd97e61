"""One committed state of the index in memory: its segments as one numbering, without what is deleted.

It never changes, so any number of threads may search it while another is being loaded.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from directory.search.document import Document
from directory.search.manifest import Manifest
from directory.search.segment import NONE, Postings, Segment
from directory.search.text import stem


class Snapshot:
    """The live documents of one state, each with a number; it is also the lexicon of that state."""

    def __init__(self, manifest: Manifest, parts: Sequence[tuple[Segment, frozenset[int]]]) -> None:
        self.manifest = manifest
        self.segments = [segment for segment, _ in parts]
        self.starts: list[int] = []
        self.size = 0
        for segment in self.segments:
            self.starts.append(self.size)
            self.size += segment.size
        self.alive: npt.NDArray[np.bool_] = np.ones(self.size, np.bool_)
        for start, (_, deleted) in zip(self.starts, parts, strict=True):
            if deleted:
                self.alive[np.fromiter(deleted, np.int64) + start] = False
        self.count = int(self.alive.sum())
        self._whole = bool(self.count == self.size)
        self._postings: dict[tuple[str, str], Postings] = {}

    # What scoring asks.

    def postings(self, field: str, text: str) -> Postings:
        """The live documents of a term, by their numbers here."""
        asked = (field, text)
        found = self._postings.get(asked)
        if found is None:
            found = self._postings[asked] = self._joined(field, text)
        return found

    def forms(self, stemmed: str) -> Iterator[str]:
        """The words of the index that have a stem."""
        if len(self.segments) == 1:
            return iter(self.segments[0].forms.get(stemmed, ()))
        return iter(dict.fromkeys(form for segment in self.segments for form in segment.forms.get(stemmed, ())))

    def document(self, at: int) -> Document:
        """The document with this number."""
        segment, within = self.locate(at)
        return segment.stored_document(within)

    def order(self, at: int) -> tuple[str, str]:
        """What settles a tie: the folded name, then the id."""
        segment, within = self.locate(at)
        return segment.names[within], segment.ids[within]

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The number of each live document, by id."""
        return {
            identifier: start + at
            for start, segment in zip(self.starts, self.segments, strict=True)
            for at, identifier in enumerate(segment.ids)
            if self.alive[start + at]
        }

    def _joined(self, field: str, text: str) -> Postings:
        found = [
            (each.ids + start if start else each.ids, each.weights)
            for start, segment in zip(self.starts, self.segments, strict=True)
            if (each := segment.postings(field, text)).ids.size
        ]
        if not found:
            return NONE
        ids = found[0][0] if len(found) == 1 else np.concatenate([each for each, _ in found])
        weights = found[0][1] if len(found) == 1 else np.concatenate([each for _, each in found])
        if not self._whole:
            live = self.alive[ids]
            ids, weights = ids[live], weights[live]
        return Postings(ids, weights)

    def locate(self, at: int) -> tuple[Segment, int]:
        """The segment in which a document is, and its number there."""
        which = bisect_right(self.starts, at) - 1
        return self.segments[which], at - self.starts[which]

    def number_of(self, segment: Segment, within: int) -> int:
        """The number here of a segment's document."""
        return self.starts[self.segments.index(segment)] + within

    # What planning asks: see `lexicon.Lexicon`.

    def knows(self, word: str) -> bool:
        """Whether a folded word, or another form of it, is in the index."""
        stemmed = stem(word)
        return any(word in segment.words or stemmed in segment.forms for segment in self.segments)

    def has(self, kind: str, value: str) -> bool:
        """Whether a live document carries this key."""
        return bool(self.postings("key", f"{kind}:{value}").ids.size)

    def near(self, word: str) -> Mapping[str, int]:
        """The words within spelling distance of this one, each with its distance."""
        return {other: far for segment in self.segments for other, far in segment.speller.near(word).items()}

    def begins(self, prefix: str) -> tuple[str, ...]:
        """The commonest words that begin so, at most five."""
        found = {word for segment in self.segments for word in segment.beginning(prefix)}
        return tuple(sorted(found, key=lambda word: (-self.frequency(word), word))[:5])

    def frequency(self, word: str) -> int:
        """In how many documents a word is."""
        return sum(segment.words.get(word, 0) for segment in self.segments)
