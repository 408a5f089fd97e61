"""Which documents a plan can make a hit: only these are scored, and none that would be shown is missed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from directory.search.compiling import FULL
from directory.search.looked import Looked
from directory.search.plan import Plan
from directory.search.question import Key
from directory.search.segment import NONE, Ids, Postings
from directory.search.snapshot import Snapshot

PLACES = frozenset({"area", "outward", "postcode"})
_NAMES = frozenset({"name", "former_name", "core", "former_core"})
# What meets so small a share of the documents counts as few.
_FEW_OF = 8
# Of more than so small a share, it is quicker to reckon roughly than to score all.
_FEWEST_OF = 30
# Sums of shares in another order are not quite the same.
_NEARLY = 0.999
_LITTLE = 1e-6
# A question in so many parts, and one more for each of its words, fits in a byte.
_PARTS = 200
# Where a word adds so few parts at most, that is near enough to what it adds.
_COARSE = 2
# Words that are so little of what must be scored are not looked up.
_NOTHING_OF = 0.2

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Source:
    """Documents in which some tokens are met, and how well: one reading, or a key that accounts for them."""

    tokens: Sequence[int]
    met: Postings
    weight: float


class Asked:
    """A plan with all that was looked up for it; `boosts` are what its keys add at most, `rarity` is by token."""

    def __init__(
        self,
        plan: Plan,
        snapshot: Snapshot,
        sources: Sequence[Source],
        keys: Sequence[tuple[Key, Ids]],
        boosts: Sequence[float],
        rarity: tuple[float, ...],
    ) -> None:
        self.plan, self.snapshot, self.sources = plan, snapshot, sources
        self.keys, self.boosts, self.rarity = keys, boosts, rarity
        self.every = range(len(plan.tokens))
        # A document must meet one of these.
        self.required = frozenset(at for at in self.every if plan.tokens[at].required)
        # A number or an address stands for no word, and makes a hit of what meets it.
        self.numbers = [ids for key, ids in keys if not key.covers and key.kind not in PLACES]
        # It says it all: words beside it that need not be met ask for nothing by themselves.
        self.only_numbers = not self.required and any(ids.size for ids in self.numbers)
        weights = [rare * token.weight for rare, token in zip(rarity, plan.tokens, strict=True)]
        whole = sum(weights) or 1.0
        # The part of the question that each token is, by weight and rarity; 1 together.
        self.shares = [weight / whole for weight in weights]
        # The sources of each token that any document meets, and in how many documents it is met, at most.
        self.by_token: list[list[Source]] = [[] for _ in self.every]
        for source in sources:
            if source.met.ids.size:
                for token in source.tokens:
                    self.by_token[token].append(source)
        self.sizes = [sum(source.met.ids.size for source in each) for each in self.by_token]

    def lists_of(self, tokens: Collection[int]) -> list[Ids]:
        """The documents of every source of one of these tokens."""
        sources = {id(source): source for token in tokens for source in self.by_token[token]}
        return [source.met.ids for source in sources.values()]


def union(lists: Iterable[Ids], size: int) -> Ids:
    """The documents of all lists, rising; `size` is the number of documents of the state."""
    lists = [ids for ids in lists if ids.size]
    if len(lists) < 2:
        return lists[0] if lists else NONE.ids
    marks = np.zeros(size, np.bool_)
    for ids in lists:
        marks[ids] = True
    return marks.nonzero()[0].astype(np.int32)


def without(ids: Ids, others: Ids, size: int) -> Ids:
    """Those of some documents that are not among others; both rise."""
    return ids[~Looked(ids, size).holds(others)] if ids.size and others.size else ids


def reaching(asked: Asked, least: float) -> Ids:
    """Every document that may score so much by its words and keys, and passes the filters; and some that may not."""
    size, least = asked.snapshot.size, max(_LITTLE, _NEARLY * least)
    essential = essential_of(asked, least)
    named = union([ids for _, ids in asked.keys], size)
    extra = extra_of(asked, Looked(named, size))
    if sum(asked.sizes[token] for token in essential) * _FEWEST_OF <= size:
        return _filtered(asked, union([candidates_of(asked, essential), named[1.0 + extra >= least]], size))
    # What tells next to nothing is in nearly every document: it is taken as met.
    left_out, left = _telling_least(asked, least)
    text, covered = _most_by_words(asked, left_out)

    def most(ids: Ids) -> npt.NDArray[np.floating]:
        share = covered.take(ids) * np.float32(1 / _PARTS) + np.float32(left)
        told = text.take(ids) * np.float32(1 / _PARTS) + np.float32(left)
        found: npt.NDArray[np.floating] = told * (0.4 + 0.6 * share * share)
        return found

    met = (text >= min(255, int((least - left) * _PARTS))).nonzero()[0].astype(np.int32)
    return _filtered(asked, union([met[most(met) >= least], named[most(named) + extra >= least]], size))


def _telling_least(asked: Asked, least: float) -> tuple[set[int], float]:
    """The tokens that together are too little of a question to matter, and how much of it they are."""
    found, left = set[int](), 0.0
    for at in sorted(asked.every, key=asked.shares.__getitem__):
        if left + asked.shares[at] > _NOTHING_OF * least:
            break
        found.add(at)
        left += asked.shares[at]
    return found, left


def essential_of(asked: Asked, least: float) -> set[int]:
    """The tokens of which a document must meet one to score so much by its words; the commonest are given up first."""
    given_up: set[int] = set()
    for at in sorted(asked.every, key=asked.sizes.__getitem__, reverse=True):
        share = sum(asked.shares[token] for token in given_up) + asked.shares[at]
        if share * (0.4 + 0.6 * share * share) >= least:
            break
        given_up.add(at)
    return set(asked.every) - given_up


def _most_by_words(asked: Asked, left_out: Collection[int]) -> tuple[Bytes, Bytes]:
    """The share of the question that every document meets, and that of the words it meets at all; never too little.

    Both in parts of `_PARTS`: bytes are passed over eight times as fast as what scores are reckoned in.
    """
    text, covered = np.zeros((2, asked.snapshot.size), np.uint8)
    for at, (share, sources) in enumerate(zip(asked.shares, asked.by_token, strict=True)):
        if not sources or at in left_out:
            continue
        best = np.zeros(asked.snapshot.size, np.uint8)
        for number, source in enumerate(sorted(sources, key=lambda each: -each.met.ids.size)):
            ids, most = source.met.ids, _PARTS * share * source.weight
            if most < _COARSE and not number:
                best[ids] = int(most) + 1
                continue
            parts = (source.met.weights * np.float32(most / FULL)).astype(np.uint8)
            parts += 1
            best[ids] = np.maximum(parts, best.take(ids)) if number else parts
        text += best
        covered += (best > 0) * np.uint8(_PARTS * share + 1)
    return text, covered


def extra_of(asked: Asked, looked: Looked) -> npt.NDArray[np.float64]:
    """What keys add to each document: of each family the best."""
    best: dict[str, npt.NDArray[np.float64]] = {}
    for (key, ids), boost in zip(asked.keys, asked.boosts, strict=True):
        if (places := looked.places_of(ids)).size:
            row = best.setdefault(family_of(key), np.zeros(looked.ids.size))
            row[places] = np.maximum(row[places], boost)
    return sum(best.values(), np.zeros(looked.ids.size))


def fitting_of(asked: Asked) -> tuple[Ids, float]:
    """The documents that meet the strictest demand, where they are few, and what all others keep of their score."""
    demand = min(asked.plan.demands, key=lambda each: each.otherwise, default=None)
    if demand is None or demand.otherwise <= 0:
        return NONE.ids, 1.0
    size = asked.snapshot.size
    lists = [asked.snapshot.postings("key", entry).ids for entry, share in demand.keys if share > demand.otherwise]
    if sum(ids.size for ids in lists) * _FEW_OF > size:
        return NONE.ids, 1.0
    return _filtered(asked, union(lists, size)), demand.otherwise


def telling_of(asked: Asked, enough: int) -> Ids:
    """Some of the documents that meet most of a plan: those that keys name, or those with as many words as any."""
    size = asked.snapshot.size
    named: list[Ids] = []
    for _, (_, ids) in sorted(zip(asked.boosts, asked.keys, strict=True), key=lambda each: -each[0]):
        if sum(each.size for each in named) < enough:
            named.append(ids)
    found = _filtered(asked, union(named, size))
    if found.size >= enough:
        return found[: 2 * enough]
    both = NONE.ids
    for token in sorted(asked.required or asked.every, key=asked.sizes.__getitem__):
        lists = asked.lists_of({token})
        if not both.size:
            both = _filtered(asked, union(lists, size))
        elif both.size > enough:
            looked = Looked(both, size)
            here = np.logical_or.reduce([looked.holds(ids) for ids in lists]) if lists else np.zeros(0, np.bool_)
            both = both[here] if here.any() else both
    return union([found, both[: 2 * enough]], size)


def candidates_of(asked: Asked, essential: Collection[int]) -> Ids:
    """Every document that meets an essential token or a key, meets a token that must be met, and passes the filters."""
    required, size = asked.required, asked.snapshot.size
    if asked.only_numbers:
        return _filtered(asked, union(asked.numbers, size))
    lists = asked.lists_of([at for at in essential if not required or at in required])
    beside = union(asked.lists_of([at for at in essential if required and at not in required]), size)
    if beside.size:
        looked = Looked(beside, size)
        lists += [beside[looked.holds(ids)] for ids in asked.lists_of(required.difference(essential))]
    if asked.numbers or not required:
        lists += [ids for _, ids in asked.keys]
    return _filtered(asked, union(lists, size))


def _filtered(asked: Asked, ids: Ids) -> Ids:
    size = asked.snapshot.size
    for any_of in asked.plan.filters:
        ids = ids[Looked(ids, size).holds(union([asked.snapshot.postings("key", entry).ids for entry in any_of], size))]
    return ids


def family_of(key: Key) -> str:
    """Kinds of key of which only the best counts."""
    return "name" if key.kind in _NAMES else key.kind
