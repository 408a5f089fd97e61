"""What documents are worth to a question, worked out for those that are looked at and for no others."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from directory.search.choosing import Asked, extra_of
from directory.search.compiling import FULL
from directory.search.looked import Looked
from directory.search.segment import Ids

Values = npt.NDArray[np.float64]

_SUPERSEDED = 0.65
# Of fewer, to drop some takes longer than to score all.
_MANY = 500


class Scored(NamedTuple):
    """Documents, rising, with what each scores by all that counts, and by its words alone."""

    ids: Ids
    total: Values
    plain: Values

    @property
    def best(self) -> float:
        """The best score; 0 where nothing is met."""
        return float(self.total.max(initial=0.0))

    def more(self, other: Scored) -> Scored:
        """These documents and others."""
        ids = np.concatenate([self.ids, other.ids])
        order = ids.argsort(kind="stable")
        total, plain = (np.concatenate(both)[order] for both in zip(self[1:], other[1:], strict=True))
        return Scored(ids[order], total, plain)


class Least(NamedTuple):
    """What a document must score at least, by all that counts or else by its words alone, to be of use."""

    score: float = 0.0
    plain: float = math.inf


NOTHING = Least()


def scored(asked: Asked, ids: Ids, least: Least = NOTHING) -> Scored:
    """The scores of these documents; those that cannot score enough are dropped on the way."""
    if not ids.size:
        return Scored(ids, np.empty(0), np.empty(0))
    tried = _Tried(asked, ids)
    left = 1.0
    for at in sorted(asked.every, key=lambda token: (-asked.shares[token], token)):
        tried.add(at)
        left -= asked.shares[at]
        if tried.looked.ids.size > _MANY and least is not NOTHING:
            tried.keep(left, least)
    plain = tried.plain()
    return Scored(tried.looked.ids, np.round(plain * tried.factors, 5), plain)


class _Tried:
    """Documents whose score is worked out, token by token.

    `text` is the share of the question that each meets, `covered` that of the tokens which it meets at all, `must`
    whether it meets one that must be met, or any where none must.
    """

    def __init__(self, asked: Asked, ids: Ids) -> None:
        self.asked = asked
        self.looked = Looked(ids, asked.snapshot.size)
        self.text, self.covered = np.zeros(ids.size), np.zeros(ids.size)
        self.must = np.zeros(ids.size, np.bool_)
        self.extra = extra_of(asked, self.looked)
        self.factors = _factors(asked, self.looked)
        # What is said by several tokens together is the same for each.
        self.shared: dict[int, Values] = {}

    def add(self, at: int) -> None:
        """Count in a token: the best of what meets it."""
        best: Values | None = None
        for source in self.asked.by_token[at]:
            row = self.shared.get(id(source))
            if row is None:
                row = self.looked.row(source.met) * np.float64(source.weight / FULL)
                if len(source.tokens) > 1:
                    self.shared[id(source)] = row
            best = row if best is None else np.maximum(best, row)
        if best is None:
            return
        met, share = best > 0, self.asked.shares[at]
        self.text += best * share
        self.covered += share * met
        if not self.asked.required or at in self.asked.required:
            self.must |= met

    def keep(self, left: float, least: Least) -> None:
        """Drop what cannot score enough, were all that is left of the question met in full."""
        most = (self.text + left) * (0.4 + 0.6 * (self.covered + left) ** 2) + self.extra
        enough = (most * self.factors >= 0.999 * least.score) | (most >= 0.999 * least.plain)
        count = int(np.count_nonzero(enough))
        if count < 0.8 * enough.size:
            self.looked = Looked(self.looked.ids[enough], self.looked.size)
            self.text, self.covered, self.must = self.text[enough], self.covered[enough], self.must[enough]
            self.extra, self.factors = self.extra[enough], self.factors[enough]
            self.shared = {source: row[enough] for source, row in self.shared.items()}

    def plain(self) -> Values:
        """What each scores, wherever and for whomever it is."""
        text = self.text * (0.4 + 0.6 * self.covered * self.covered)
        met = self.must | (self.extra > 0) if self.asked.numbers or not self.asked.required else self.must
        found: Values = (text + self.extra) * met
        return found


def _factors(asked: Asked, looked: Looked) -> Values:
    """What each document keeps of its score: less where it is superseded, or does not fit what is asked."""
    snapshot = asked.snapshot
    factors = np.where(snapshot.superseded(looked.ids), _SUPERSEDED, 1.0)
    for demand in asked.plan.demands:
        shares = np.full(looked.ids.size, demand.otherwise)
        for entry, share in demand.keys:
            shares[looked.places_of(snapshot.postings("key", entry).ids)] = share
        factors *= shares
    return factors
