"""What posting lists say of some documents: whichever side is shorter is searched for in the other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from directory.search.segment import Ids, Postings, Weights

Mask = npt.NDArray[np.bool_]

# Where so many times more documents are on one side than on the other, the fewer are searched for among the more.
_SEARCHED = 8


class Looked:
    """Documents that are looked at, rising, in a state of `size` documents: what posting lists say of each of them."""

    def __init__(self, ids: Ids, size: int) -> None:
        self.ids, self.size = ids, size

    def row(self, met: Postings) -> Weights:
        """What a term is worth in each document; 0 where it is not met."""
        ids, weights = met
        if self._are_few_beside(ids):
            at = ids.searchsorted(self.ids)
            found: Weights = weights.take(at, mode="clip") * (ids.take(at, mode="clip") == self.ids)
            return found
        if ids.size * _SEARCHED < self.ids.size:
            at = self.ids.searchsorted(ids)
            here = (self.ids.take(at, mode="clip") == ids).nonzero()[0]
            found = np.zeros(self.ids.size, np.uint16)
            found[at[here]] = weights[here]
            return found
        every = np.zeros(self.size, np.uint16)
        every[ids] = weights
        return every.take(self.ids)

    def places_of(self, ids: Ids) -> npt.NDArray[np.int64]:
        """The places of those documents that are among these; `ids` rise."""
        if ids.size * _SEARCHED < self.ids.size:
            at = self.ids.searchsorted(ids)
            found: npt.NDArray[np.int64] = at[self.ids.take(at, mode="clip") == ids]
            return found
        return self.holds(ids).nonzero()[0]

    def holds(self, ids: Ids) -> Mask:
        """Which of the documents are among these; `ids` rise."""
        if not ids.size:
            return np.zeros(self.ids.size, np.bool_)
        if self._are_few_beside(ids):
            found: Mask = ids.take(ids.searchsorted(self.ids), mode="clip") == self.ids
            return found
        every = np.zeros(self.size, np.bool_)
        every[ids] = True
        return every.take(self.ids)

    def _are_few_beside(self, ids: Ids) -> bool:
        # An array of the whole state costs something, too.
        return self.ids.size * _SEARCHED < max(ids.size, self.size // 16)
