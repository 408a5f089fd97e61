"""The score of every document at once, from posting lists that are arrays.

Each token of the plan has a row of values from 0 to 1, one for each document: the best of its readings there. Rows are
added up by the rarity of their tokens, so that a question's score is the share of it that a document meets; names,
needs and numbers that are met whole come on top.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from directory.search.plan import Plan, Reading
from directory.search.segment import Postings
from directory.search.snapshot import Snapshot

Row = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

# What a key adds when it is met whole. A former name comes a little below a present one.
KEY_BOOST: Mapping[str, float] = MappingProxyType(
    {
        "name": 1.2, "former_name": 1.05, "core": 1.0, "former_core": 0.9, "need": 0.6, "owner": 0.35,
        "former_owner": 0.25, "area": 0.25, "phone": 1.4, "former_phone": 1.2, "tail": 0.8, "email": 1.4,
        "former_email": 1.2, "code": 1.4, "postcode": 0.6, "outward": 0.3,
    }
)  # fmt: skip
PLACES = frozenset({"area", "outward", "postcode"})

_HALF = 2.0  # the weight at which a word counts for half
_OTHER_FORM = 0.95
_ELSEWHERE = 0.6
_SUPERSEDED = 0.8
_TOO_FAR = 0.1  # of the best: what met only a passing word is noise below an answer


@dataclass(frozen=True, slots=True)
class Scores:
    """What scoring found: a score and a mark for each document, and each token's row and rarity."""

    scores: Row
    met: Mask
    rows: npt.NDArray[np.float32]
    rarity: npt.NDArray[np.float32]


def score(plan: Plan, snapshot: Snapshot) -> Scores:
    """Score every document of a state against a plan."""
    rows = np.zeros((len(plan.tokens), snapshot.size), np.float32)
    typed = [0] * len(plan.tokens)
    for reading in plan.readings:
        found = _meet(reading, snapshot)
        for at in range(reading.first, reading.last + 1):
            rows[at, found.ids] = np.maximum(rows[at, found.ids], found.weights * np.float32(reading.weight))
        if reading.via == "typed":
            typed[reading.first] = found.ids.size
    rarity = np.array([_rarity(typed[at] or int((row > 0).sum()), snapshot.count) for at, row in enumerate(rows)])
    extra = _keys(plan, snapshot, rows)
    total = _text_score(plan, rows, rarity) + extra
    total *= _factors(plan, snapshot)
    total = np.where(_met(plan, rows, extra) & snapshot.alive & _allowed(plan, snapshot), total, 0)
    met = (total > 0) & (total >= _TOO_FAR * total.max(initial=0))
    return Scores(total.astype(np.float32), met, rows, rarity.astype(np.float32))


def _meet(reading: Reading, snapshot: Snapshot) -> Postings:
    """The documents that hold every stem of a reading, each with how well it holds the weakest of them."""
    each = [_stem_postings(stemmed, snapshot) for stemmed in reading.stems]
    if len(each) == 1:
        return each[0]
    ids, weights = each[0]
    for other in each[1:]:
        ids, here, there = np.intersect1d(ids, other.ids, assume_unique=True, return_indices=True)
        weights = np.minimum(weights[here], other.weights[there])
    return Postings(ids, weights)


def _stem_postings(stemmed: str, snapshot: Snapshot) -> Postings:
    forms = [snapshot.postings("word", form) for form in snapshot.forms(stemmed)]
    if len(forms) == 1:
        return Postings(forms[0].ids, forms[0].weights / (forms[0].weights + np.float32(_HALF)))
    if not forms:
        return Postings(np.empty(0, np.int32), np.empty(0, np.float32))
    ids = np.concatenate([form.ids for form in forms])
    weights = np.concatenate([form.weights for form in forms])
    unique, places = np.unique(ids, return_inverse=True)
    summed = np.bincount(places, weights, unique.size).astype(np.float32)
    return Postings(unique, summed / (summed + np.float32(_HALF)))


def _rarity(documents: int, count: int) -> float:
    return math.log(1 + (count - documents + 0.5) / (documents + 0.5)) + 0.1


def _text_score(plan: Plan, rows: Row, rarity: npt.NDArray[np.float64]) -> Row:
    if not plan.tokens:
        return np.zeros(rows.shape[1], np.float32)
    weights = (rarity * [token.weight for token in plan.tokens]).astype(np.float32)
    share = weights / weights.sum()
    covered = share @ (rows > 0)
    result: Row = (share @ rows) * (np.float32(0.4) + np.float32(0.6) * covered * covered)
    return result


def _keys(plan: Plan, snapshot: Snapshot, rows: Row) -> Row:
    """What keys add; the words that a key accounts for count as met where it is."""
    extra = np.zeros(snapshot.size, np.float32)
    required = {at for at, token in enumerate(plan.tokens) if token.required}
    best: dict[str, Row] = {}
    for key in plan.keys:
        ids = snapshot.postings("key", f"{key.kind}:{key.value}").ids
        share = len(required & set(key.covers)) / len(required) if required and key.covers else 1.0
        boost = KEY_BOOST[key.kind] * key.weight * (0.1 + 0.9 * share**3)
        family = "name" if key.kind in ("name", "former_name", "core", "former_core") else key.kind
        row = best.setdefault(family, np.zeros(snapshot.size, np.float32))
        row[ids] = np.maximum(row[ids], np.float32(boost))
        for at in key.covers:
            rows[at, ids] = np.maximum(rows[at, ids], np.float32(0.8 * key.weight))
    for row in best.values():
        extra += row
    return extra


def _factors(plan: Plan, snapshot: Snapshot) -> Row:
    factors = np.ones(snapshot.size, np.float32)
    factors[snapshot.postings("key", "superseded:1").ids] = _SUPERSEDED
    places = [snapshot.postings("key", f"{key.kind}:{key.value}").ids for key in plan.keys if key.kind in PLACES]
    if places and any(token.required for token in plan.tokens):
        elsewhere = np.full(snapshot.size, _ELSEWHERE, np.float32)
        for ids in places:
            elsewhere[ids] = 1
        factors *= elsewhere
    return factors


def _met(plan: Plan, rows: Row, extra: Row) -> Mask:
    required = [at for at, token in enumerate(plan.tokens) if token.required]
    if required:
        strong = [key for key in plan.keys if not key.covers and key.kind not in PLACES]
        met = np.asarray((rows[required] > 0).any(axis=0))
        return met | (extra > 0) if strong else met
    return np.asarray((rows > 0).any(axis=0) | (extra > 0))


def _allowed(plan: Plan, snapshot: Snapshot) -> Mask:
    allowed = np.ones(snapshot.size, np.bool_)
    for kind, value in (("within", plan.within), ("setting", plan.setting)):
        if value is not None:
            mask = np.zeros(snapshot.size, np.bool_)
            mask[snapshot.postings("key", f"{kind}:{value}").ids] = True
            allowed &= mask
    return allowed
