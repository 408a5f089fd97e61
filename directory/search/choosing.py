"""Which documents a plan can make a hit: only these are scored, and none that would be shown is missed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from directory.search.plan import Plan
from directory.search.question import Key
from directory.search.segment import NONE, Ids, Postings
from directory.search.snapshot import Snapshot

PLACES = frozenset({"area", "outward", "postcode"})
_NAMES = frozenset({"name", "former_name", "core", "former_core"})
# Where so many times more documents hold a word than are looked at, these are searched for among those.
_SEARCHED = 8


@dataclass(frozen=True, slots=True)
class Source:
    """Documents in which some tokens are met, and how well: one reading, or a key that accounts for them."""

    tokens: Sequence[int]
    met: Postings
    weight: float


@dataclass(frozen=True, slots=True)
class Asked:
    """A plan with all that was looked up for it; `boosts` are what its keys add at most, `rarity` is by token."""

    plan: Plan
    snapshot: Snapshot
    sources: Sequence[Source]
    keys: Sequence[tuple[Key, Postings]]
    boosts: Sequence[float]
    rarity: tuple[float, ...]

    @property
    def required(self) -> set[int]:
        """The tokens of which a document must meet one."""
        return {at for at, token in enumerate(self.plan.tokens) if token.required}

    @property
    def shares(self) -> list[float]:
        """The part of the question that each token is, by weight and rarity; 1 together."""
        weights = [rare * token.weight for rare, token in zip(self.rarity, self.plan.tokens, strict=True)]
        whole = sum(weights) or 1.0
        return [weight / whole for weight in weights]

    def size_of(self, token: int) -> int:
        """In how many documents a token is met, at most."""
        return sum(source.met.ids.size for source in self.sources if token in source.tokens)

    def lists_of(self, tokens: Collection[int]) -> list[Ids]:
        """The documents of every source of one of these tokens."""
        return [source.met.ids for source in self.sources if any(token in source.tokens for token in tokens)]


class Places:
    """The documents looked at, and where among them those of a posting list are."""

    def __init__(self, ids: Ids, size: int) -> None:
        self.ids = ids
        self._size = size
        self._slots: Ids | None = None

    def of(self, ids: Ids) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
        """Which of the given documents are looked at, and their places."""
        if self.ids.size * _SEARCHED < ids.size:
            at = ids.searchsorted(self.ids)
            places = (ids.take(at, mode="clip") == self.ids).nonzero()[0]
            return at[places], places
        if self._slots is None:
            self._slots = np.full(self._size, -1, np.int32)
            self._slots[self.ids] = np.arange(self.ids.size, dtype=np.int32)
        slots = self._slots[ids]
        which = (slots >= 0).nonzero()[0]
        return which, slots[which]


def union(lists: Sequence[Ids], size: int) -> Ids:
    """The documents of all lists, rising; `size` is the number of documents of the state."""
    lists = [ids for ids in lists if ids.size]
    if len(lists) < 2:
        return lists[0] if lists else NONE.ids
    marks = np.zeros(size, np.bool_)
    for ids in lists:
        marks[ids] = True
    return marks.nonzero()[0].astype(np.int32)


def rarest_of(asked: Asked) -> set[int]:
    """The token that must be met and is met in the fewest documents."""
    sizes = {at: asked.size_of(at) for at in asked.required or range(len(asked.plan.tokens))}
    met = {at: size for at, size in sizes.items() if size}
    return {min(met, key=lambda at: (met[at], at))} if met else set()


def essential_of(asked: Asked, least: float) -> set[int]:
    """The tokens of which a document must meet one to score at least so much; the commonest are given up first."""
    tokens = set(range(len(asked.plan.tokens)))
    shares = asked.shares
    given_up: set[int] = set()
    for at in sorted(tokens, key=asked.size_of, reverse=True):
        trial = given_up | {at}
        share = min(1.0, sum(shares[token] for token in trial))
        most: dict[str, float] = {}
        for (key, _), boost in zip(asked.keys, asked.boosts, strict=True):
            if trial.issuperset(key.covers):
                most[family_of(key)] = max(boost, most.get(family_of(key), 0.0))
        if share * (0.4 + 0.6 * share * share) + sum(most.values()) >= least * 0.999:
            break
        given_up = trial
    return tokens - given_up


def fitting_of(asked: Asked) -> tuple[Ids, float]:
    """The documents that meet the strictest demand, where they are few, and what all others keep of their score."""
    demand = min(asked.plan.demands, key=lambda each: each.otherwise, default=None)
    if demand is None or demand.otherwise <= 0:
        return NONE.ids, 1.0
    keys = [entry for entry, share in demand.keys if share > demand.otherwise]
    ids = union([asked.snapshot.postings("key", entry).ids for entry in keys], asked.snapshot.size)
    return (ids, demand.otherwise) if ids.size * _SEARCHED < asked.snapshot.size else (NONE.ids, 1.0)


def inside_of(asked: Asked, ids: Ids) -> Ids:
    """Of these documents, those that meet a token that must be met, or a key, and pass the filters."""
    if not ids.size:
        return ids
    found, hit = Places(ids, asked.snapshot.size), np.zeros(ids.size, np.bool_)
    lists = asked.lists_of(asked.required or range(len(asked.plan.tokens)))
    for met in (*lists, *(met.ids for _, met in asked.keys)):
        hit[found.of(met)[1]] = True
    return _filtered(asked, ids[hit])


def candidates_of(asked: Asked, essential: set[int]) -> Ids:
    """Every document that meets an essential token or a key, meets a token that must be met, and passes the filters."""
    required, size = asked.required, asked.snapshot.size
    lists = asked.lists_of(essential & required if required else essential)
    beside = union(asked.lists_of(essential - required), size) if required else NONE.ids
    for ids in asked.lists_of(required - essential):
        lists.append(beside[Places(beside, size).of(ids)[1]])
    strong = any(not key.covers and key.kind not in PLACES for key in asked.plan.keys)
    if strong or not required:
        lists += [met.ids for _, met in asked.keys]
    return _filtered(asked, union(lists, size))


def _filtered(asked: Asked, ids: Ids) -> Ids:
    size = asked.snapshot.size
    for any_of in asked.plan.filters:
        let_through = union([asked.snapshot.postings("key", entry).ids for entry in any_of], size)
        which, _ = Places(let_through, size).of(ids)
        ids = ids[which]
    return ids


def family_of(key: Key) -> str:
    """Kinds of key of which only the best counts."""
    return "name" if key.kind in _NAMES else key.kind
