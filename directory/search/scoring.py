"""The score of every document that a plan may mean, from posting lists that are arrays.

Each token of the plan has a value from 0 to 1 in each document: the best of its readings there. Values are added up by
the rarity of their tokens, so that a question's score is the share of it that a document meets; names, needs and
numbers that are met whole come on top. Only documents that hold a word or key that could make them a hit are looked at.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from directory.search.choosing import (
    PLACES,
    Asked,
    Places,
    Source,
    candidates_of,
    essential_of,
    family_of,
    fitting_of,
    inside_of,
    rarest_of,
    union,
)
from directory.search.compiling import FULL
from directory.search.plan import Plan, Reading
from directory.search.question import Key
from directory.search.segment import NONE, Ids, Postings
from directory.search.snapshot import Snapshot

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# What a key adds when it is met whole. A former name comes a little below a present one.
KEY_BOOST: Mapping[str, float] = MappingProxyType(
    {
        "name": 1.2, "former_name": 1.05, "core": 1.0, "former_core": 0.9, "need": 0.6, "owner": 0.9,
        "former_owner": 0.6, "area": 0.1, "phone": 1.4, "former_phone": 1.2, "tail": 0.8, "email": 1.4,
        "former_email": 1.2, "code": 1.4, "postcode": 0.6, "outward": 0.3,
    }
)  # fmt: skip

_SUPERSEDED = 0.65
_ABOUT = 0.4
_TOO_FAR = 0.1  # of the best: what met only a passing word is noise below an answer
# From this score on, what was found is about the question: nothing elsewhere is asked what it may mean.
SETTLED = 0.4
# To score so many documents takes less time than to ask which of them may be left out.
_FEW = 20_000


@dataclass(frozen=True, slots=True)
class Scores:
    """What scoring found: the documents met, rising, with their scores; and the rarity and the sources of each token.

    `looked_at` are all documents that could have been met, rising; `plain` is what each scores for the words alone,
    wherever and for whomever it is.
    """

    ids: Ids
    scores: Values
    looked_at: Ids
    plain: Values
    rarity: tuple[float, ...] = ()
    sources: tuple[Source, ...] = ()

    def of(self, ids: Sequence[int]) -> tuple[list[float], list[float]]:
        """For documents that are met: their scores, and the share that each keeps of its score for the words alone."""
        scores = self.scores[self.ids.searchsorted(ids)]
        return scores.tolist(), (scores / self.plain[self.looked_at.searchsorted(ids)]).tolist()

    def values_of(self, at: int, without: Container[int] = ()) -> list[float]:
        """How well each token is met in one document (0 to 1), `without` the readings with these places in the plan."""
        values = [0.0] * len(self.rarity)
        for number, source in enumerate(self.sources):
            if number in without:
                continue
            place = int(source.met.ids.searchsorted(at))
            if place < source.met.ids.size and source.met.ids[place] == at:
                for token in source.tokens:
                    values[token] = max(values[token], float(source.met.weights[place]) / FULL * source.weight)
        return values


def score(plan: Plan, snapshot: Snapshot) -> Scores:
    """Score every document of a state that a plan may mean."""
    readings = [_met_by(reading, snapshot) for reading in plan.readings]
    rarity = _rarities(plan, snapshot, readings)
    keys = [(key, snapshot.postings("key", f"{key.kind}:{key.value}")) for key in plan.keys]
    sources = (*readings, *(Source(key.covers, met, 0.8 * key.weight) for key, met in keys if key.covers))
    asked = Asked(plan, snapshot, sources, keys, _boosts(plan, keys), rarity)
    every = set(range(len(plan.tokens)))
    if sum(ids.size for ids in asked.lists_of(asked.required or every)) <= _FEW:
        return _scored(asked, candidates_of(asked, every))
    rarest, (fitting, otherwise) = rarest_of(asked), fitting_of(asked)
    inside = inside_of(asked, fitting)
    first = _scored(asked, union([candidates_of(asked, rarest), inside], snapshot.size))
    best = float(first.scores.max(initial=0.0))
    # What cannot reach the share of the best that counts need not be looked at; the less so, what does not fit.
    essential = every if not best else essential_of(asked, _TOO_FAR * best / (otherwise if best >= SETTLED else 1.0))
    if best >= SETTLED and essential <= rarest:
        return first
    return _scored(asked, union([candidates_of(asked, essential), inside], snapshot.size))


def _scored(asked: Asked, ids: Ids) -> Scores:
    """The scores of these documents."""
    plan, found = asked.plan, Places(ids, asked.snapshot.size)
    text, must = _text_score(asked, found)
    extra = _extra(asked, found)
    strong = any(not key.covers and key.kind not in PLACES for key in plan.keys)
    plain = (text + extra) * (must | (extra > 0) if strong or not asked.required else must)
    total = np.round(plain * _factors(plan, asked.snapshot, found), 5)
    met = (total > 0) & (total >= _TOO_FAR * total.max(initial=0))
    return Scores(ids[met], total[met], ids, plain, asked.rarity, tuple(asked.sources))


def _met_by(reading: Reading, snapshot: Snapshot) -> Source:
    """The documents that hold every stem of a reading, each with how well it holds the weakest of them."""
    tokens = range(reading.first, reading.last + 1)
    each = sorted((snapshot.postings("stem", stemmed) for stemmed in reading.stems), key=lambda met: met.ids.size)
    if not each or not each[0].ids.size:
        return Source(tokens, NONE, reading.weight)
    ids, weights = each[0]
    for other in each[1:]:
        at = other.ids.searchsorted(ids)
        here = (other.ids.take(at, mode="clip") == ids).nonzero()[0]
        ids, weights = ids[here], np.minimum(weights[here], other.weights[at[here]])
    return Source(tokens, Postings(ids, weights), reading.weight)


def _rarities(plan: Plan, snapshot: Snapshot, readings: Sequence[Source]) -> tuple[float, ...]:
    """The rarity of each token: of the word as typed, or of all that it may mean where it is in no document."""
    typed = [0] * len(plan.tokens)
    for reading, source in zip(plan.readings, readings, strict=True):
        if reading.via == "typed":
            typed[reading.first] = source.met.ids.size
    found = []
    for at, count in enumerate(typed):
        number = count or _told_of([source for source in readings if at in source.tokens], snapshot.size)
        found.append(math.log(1 + (snapshot.count - number + 0.5) / (number + 0.5)) + 0.1)
    return tuple(found)


def _told_of(sources: Sequence[Source], size: int) -> int:
    """How many documents are about a word that is in none of them: to mention its meaning in passing is not enough."""
    about = [source.met.ids[source.met.weights > _ABOUT * FULL / source.weight] for source in sources]
    return union(about, size).size or union([source.met.ids for source in sources], size).size


def _text_score(asked: Asked, found: Places) -> tuple[Values, Mask]:
    """The share of the question that each document meets, in itself and by how many of its words are met at all.

    Also whether it meets a token that must be met, or any where none must.
    """
    text, covered = np.zeros(found.ids.size), np.zeros(found.ids.size)
    must = np.zeros(found.ids.size, np.bool_)
    required = asked.required
    for at, share in enumerate(asked.shares):
        row = _row(found, [source for source in asked.sources if at in source.tokens])
        if row is not None:
            places, values = row
            text[places] += share * values
            covered[places] += share
            if not required or at in required:
                must[places] = True
    return text * (0.4 + 0.6 * covered * covered), must


def _row(found: Places, sources: Sequence[Source]) -> tuple[npt.NDArray[Any], Values] | None:
    """Where a token is met, and how well: the best of what meets it."""
    met = [(*found.of(source.met.ids), source) for source in sources if source.met.ids.size]
    if not met:
        return None
    if len(met) == 1:
        which, places, source = met[0]
        return places, source.met.weights[which].astype(np.float64) * (source.weight / FULL)
    row = np.zeros(found.ids.size)
    for which, places, source in met:
        row[places] = np.maximum(row[places], source.met.weights[which] * (source.weight / FULL))
    places = row.nonzero()[0]
    return places, row[places]


def _boosts(plan: Plan, keys: Sequence[tuple[Key, Postings]]) -> list[float]:
    """What each key adds where it is met."""
    worth = [0.0 if token.place else token.weight for token in plan.tokens]
    whole = sum(worth)
    found = []
    for key, _ in keys:
        share = sum(worth[at] for at in key.covers) / whole if key.covers and whole else 1.0
        found.append(KEY_BOOST[key.kind] * key.weight * (0.1 + 0.9 * share**3))
    return found


def _extra(asked: Asked, found: Places) -> Values:
    """What keys add: of each family the best."""
    best: dict[str, Values] = {}
    for (key, met), boost in zip(asked.keys, asked.boosts, strict=True):
        row = best.setdefault(family_of(key), np.zeros(found.ids.size))
        _, places = found.of(met.ids)
        row[places] = np.maximum(row[places], boost)
    return sum(best.values(), np.zeros(found.ids.size))


def _factors(plan: Plan, snapshot: Snapshot, found: Places) -> Values:
    """What each document keeps of its score: less where it is superseded, or does not fit what is asked."""
    factors = np.where(snapshot.superseded(found.ids), _SUPERSEDED, 1.0)
    for demand in plan.demands:
        shares = np.full(found.ids.size, demand.otherwise)
        for entry, share in demand.keys:
            shares[found.of(snapshot.postings("key", entry).ids)[1]] = share
        factors *= shares
    return factors
