"""One committed state of the index: its segments as one numbering, without what is deleted.

It never changes, so any number of threads may search it while another is being loaded; and it holds little of its own,
so that one more after a small change costs little.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from directory.search.compiling import Held
from directory.search.document import Document
from directory.search.engine import Suggestion
from directory.search.kept import Kept
from directory.search.looked import Looked
from directory.search.manifest import Manifest
from directory.search.matching import Stemmed
from directory.search.offers import Offer
from directory.search.segment import NONE, Ids, Postings, Segment, Weights, is_known
from directory.search.terms import PHRASES
from directory.search.text import key, phrase

_KEPT_POSTINGS = 8 << 20  # bytes


class Part(NamedTuple):
    """A segment in a state: the numbers of what is deleted from it, rising, and of its first document here."""

    segment: Segment
    deleted: Ids
    start: int


class Snapshot:
    """The live documents of one state, each with a number; it is also the lexicon of that state."""

    def __init__(self, manifest: Manifest, parts: Sequence[tuple[Segment, Ids]]) -> None:
        self.manifest = manifest
        self.parts: list[Part] = []
        self.size = 0
        for segment, deleted in parts:
            self.parts.append(Part(segment, deleted, self.size))
            self.size += segment.size
        self.segments = [part.segment for part in self.parts]
        self.starts = [part.start for part in self.parts]
        self.count = self.size - sum(part.deleted.size for part in self.parts)
        # One whole segment says the same by itself.
        self._plain = len(self.parts) == 1 and self.count == self.size
        self._postings: Kept[tuple[str, str], Postings] = Kept(_KEPT_POSTINGS, lambda each: 200 + 6 * each.ids.size)

    # What scoring asks.

    def postings(self, kind: str, text: str) -> Postings:
        """The live documents of a `stem` or a `key`, by their numbers here, rising."""
        if self._plain:
            return self.segments[0].postings(kind, text)
        asked = (kind, text)
        found = self._postings.get(asked)
        if found is None:
            found = self._joined(kind, text)
            self._postings.put(asked, found)
        return found

    def together(self, stems: Sequence[str]) -> Postings:
        """The live documents that hold every one of some stems, each with what the weakest of them is worth."""
        if len(stems) == 1:
            return self.postings("stem", stems[0])
        asked = ("stems", " ".join(stems))
        found = self._postings.get(asked)
        if found is None:
            terms = sorted((self.postings("stem", each) for each in stems), key=lambda met: met.ids.size)
            found = terms[0] if terms else NONE
            for other in terms[1:]:
                found = _both(found, other, self.size)
            self._postings.put(asked, found)
        return found

    def superseded(self, ids: Ids) -> npt.NDArray[np.bool_]:
        """Which of these documents are superseded; `ids` rise."""
        found = np.zeros(ids.size, np.bool_)
        for part, place, within in self._by_part(ids):
            found[place] = part.segment.superseded[within]
        return found

    def first(self, ids: Ids, scores: npt.NDArray[np.float64], most: int) -> list[int]:
        """The best of these documents, in order: by score, then name, then id; `ids` rise.

        Equal scores are told apart by what is held, so that names are read only of the few that are left.
        """
        if ids.size > most:
            least = np.partition(scores, ids.size - most)[ids.size - most]
            chosen = scores >= least
            ids, scores = ids[chosen], scores[chosen]
        best: list[tuple[float, int]] = []
        parts = list(self._by_part(ids))
        for part, place, within in parts:
            here = scores[place]
            order = np.lexsort((part.segment.rank[within], -here))[:most]
            best += zip(here[order].tolist(), ids[place][order].tolist(), strict=True)
        if len(parts) > 1:
            best.sort(key=lambda each: (-each[0], self.order(each[1])))
        return [at for _, at in best[:most]]

    def held(self, at: int) -> Held:
        """What ranking compares of the document with this number."""
        segment, within = self.locate(at)
        return segment.held(within)

    def longer_texts(self, at: int) -> tuple[Stemmed, ...]:
        """The texts of a document that are not short, its sentences among them."""
        segment, within = self.locate(at)
        return segment.longer_texts(within)

    def document(self, at: int) -> Document:
        """The document with this number."""
        segment, within = self.locate(at)
        return segment.document(within)

    def order(self, at: int) -> tuple[str, str]:
        """What settles a tie: the folded name, then the id."""
        return self.held(at).order

    def locate(self, at: int) -> tuple[Segment, int]:
        """The segment in which a document is, and its number there."""
        part = self.parts[bisect_right(self.starts, at) - 1]
        return part.segment, at - part.start

    def find(self, identifier: str) -> tuple[Segment, int] | None:
        """Where the live document with this id is."""
        for part in self.parts:
            within = part.segment.number_of(identifier)
            if within >= 0 and not _is_in(part.deleted, within):
                return part.segment, within
        return None

    def live(self, part: Part) -> Iterator[tuple[int, Document]]:
        """The live documents of a segment, each with its number there."""
        deleted = set(part.deleted.tolist())
        for within in range(part.segment.size):
            if within not in deleted:
                yield within, part.segment.document(within)

    def _joined(self, kind: str, text: str) -> Postings:
        found = []
        for part in self.parts:
            ids, weights = part.segment.postings(kind, text)
            if not ids.size:
                continue
            if part.deleted.size:
                ids, weights = _without(ids, weights, part.deleted)
            found.append((ids + part.start if part.start else ids, weights))
        if not found:
            return NONE
        if len(found) == 1:
            return Postings(*found[0])
        return Postings(np.concatenate([each for each, _ in found]), np.concatenate([each for _, each in found]))

    def _by_part(self, ids: Ids) -> Iterator[tuple[Part, slice, Ids]]:
        """Each segment that has some of these documents: which of them, and their numbers there."""
        if len(self.parts) == 1:
            yield self.parts[0], slice(0, ids.size), ids
            return
        # Of the type of `ids`: else all of them would be copied as another first.
        ends = ids.searchsorted(np.array([*self.starts[1:], self.size], np.int32)).tolist()
        for part, first, last in zip(self.parts, [0, *ends], ends, strict=False):
            if last > first:
                yield part, slice(first, last), ids[first:last] - part.start

    # What planning asks: see `lexicon.Lexicon`.

    def knows(self, word: str) -> bool:
        """Whether a folded word, or another form of it, is in the index."""
        return is_known(word, self.segments)

    def has(self, kind: str, value: str) -> bool:
        """Whether a live document carries this key."""
        return self._carries(f"{kind}:{value}")

    def kinds(self, phrase: str) -> tuple[str, ...]:
        """Which of `terms.PHRASES` a phrase is in live documents."""
        bits = 0
        for segment in self.segments:
            bits |= segment.kinds(phrase)
        if not bits:
            return ()
        found = (kind for at, kind in enumerate(PHRASES) if bits >> at & 1)
        return tuple(found) if self._plain else tuple(kind for kind in found if self.has(kind, phrase))

    def _carries(self, entry: str) -> bool:
        if self._plain:
            return self.segments[0].has_key(entry)
        met = [part for part in self.parts if part.segment.has_key(entry)]
        return any(not part.deleted.size for part in met) or (bool(met) and bool(self.postings("key", entry).ids.size))

    def near(self, word: str) -> Mapping[str, int]:
        """The words within spelling distance of this one, each with its distance."""
        return {other: far for segment in self.segments for other, far in segment.near(word).items()}

    def begins(self, prefix: str) -> tuple[str, ...]:
        """The commonest words that begin so, at most five."""
        found = {word for segment in self.segments for _, word in segment.beginning(prefix)}
        return tuple(sorted(found, key=lambda word: (-self.frequency(word), word))[:5])

    def frequency(self, word: str) -> int:
        """In how many documents a word is."""
        return sum(segment.frequency(word) for segment in self.segments)

    # What goes on as somebody types.

    def suggest(self, typed: str, limit: int) -> tuple[Suggestion, ...]:
        """What goes on from these folded words, those that begin so first, then by kind, live ones first."""
        found = [offer for part in self.parts for offer in self._offers(part, typed, limit)]
        shown: dict[tuple[str, str], Suggestion] = {}
        for offer in sorted(found)[: limit * len(self.parts)]:
            shown.setdefault(_shown(offer), Suggestion(offer.text, offer.field, offer.id or None))
        return tuple(shown.values())[:limit]

    def _offers(self, part: Part, typed: str, limit: int) -> Iterator[Offer]:
        shown = set()
        for offer in part.segment.offers.beginning(typed):
            if _shown(offer) not in shown and self._is_live(part, offer):
                shown.add(_shown(offer))
                yield offer
            if len(shown) == limit:
                return

    def _is_live(self, part: Part, offer: Offer) -> bool:
        if not part.deleted.size:
            return True
        if offer.id:
            return not _is_in(part.deleted, offer.at)
        return self.has(offer.field, key(phrase(offer.text)))


def _both(one: Postings, other: Postings, size: int) -> Postings:
    weights = np.minimum(one.weights, Looked(one.ids, size).row(other))
    here = weights.nonzero()[0]
    return Postings(one.ids[here], weights[here])


def _shown(offer: Offer) -> tuple[str, str]:
    return offer.field, offer.text.casefold()


def _is_in(ids: Ids, wanted: int) -> bool:
    at = int(ids.searchsorted(np.int32(wanted)))
    return at < ids.size and int(ids[at]) == wanted


def _without(ids: Ids, weights: Weights, deleted: Ids) -> Postings:
    """Postings without some documents: whichever list is shorter is looked up in the other."""
    if deleted.size < ids.size:
        at = ids.searchsorted(deleted)
        met = at[np.take(ids, at, mode="clip") == deleted]
        return Postings(np.delete(ids, met), np.delete(weights, met)) if met.size else Postings(ids, weights)
    at = deleted.searchsorted(ids)
    live = np.take(deleted, at, mode="clip") != ids
    return Postings(ids[live], weights[live])
