"""The score of every document that a plan may mean, from posting lists that are arrays.

Each token of the plan has a value from 0 to 1 in each document: the best of its readings there. Values are added up by
the rarity of their tokens, so that a question's score is the share of it that a document meets; names, needs and
numbers that are met whole come on top. Only documents that hold a word or key that could make them a hit are looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from directory.search.choosing import (
    Asked,
    Source,
    candidates_of,
    fitting_of,
    reaching,
    telling_of,
    union,
    without,
)
from directory.search.compiling import FULL
from directory.search.plan import Plan, Reading
from directory.search.segment import Ids
from directory.search.snapshot import Snapshot
from directory.search.worth import Least, Scored, Values, scored

# What a key adds when it is met whole. A former name comes a little below a present one.
KEY_BOOST: Mapping[str, float] = MappingProxyType(
    {
        "name": 1.2, "former_name": 1.05, "core": 1.0, "former_core": 0.9, "need": 0.6, "owner": 0.9,
        "former_owner": 0.6, "area": 0.1, "phone": 1.4, "former_phone": 1.2, "tail": 0.8, "email": 1.4,
        "former_email": 1.2, "code": 1.4, "postcode": 0.6, "outward": 0.3,
    }
)  # fmt: skip

_ABOUT = 0.4
_TOO_FAR = 0.1  # of the best: what met only a passing word is noise below an answer
# From this score on, what was found is about the question: nothing elsewhere is asked what it may mean.
SETTLED = 0.4
# So many of what is found are put in order and counted, and no more.
MOST = 1_000
# To score so few documents takes less time than to ask which of them may be left out.
_FEW = 2_000
# So few are scored at once where what fits is no answer.
_SOME = 8_000
# How many documents that speak of the question, wherever they are, `kindred` may look at.
SPEAKING = 24


@dataclass(frozen=True, slots=True)
class Scores:
    """What scoring found: the documents met, rising, with their scores; and the rarity and the sources of each token.

    Of more than `MOST`, those that come after them may be missing. `looked_at` are documents that could have been met,
    rising, the `SPEAKING` best by words alone among them; `plain` is what each scores for the words alone, wherever and
    for whomever it is.
    """

    ids: Ids
    scores: Values
    looked_at: Ids
    plain: Values
    rarity: tuple[float, ...] = ()
    sources: tuple[Source, ...] = ()

    @property
    def best(self) -> float:
        """The best score; 0 where nothing is met."""
        return float(self.scores.max(initial=0.0))

    @property
    def total(self) -> int:
        """How many documents are met, up to `MOST`."""
        return min(int(self.ids.size), MOST)

    def of(self, ids: Sequence[int]) -> tuple[list[float], list[float]]:
        """For documents that are met: their scores, and the share that each keeps of its score for the words alone."""
        wanted = np.array(ids, np.int32)
        scores = self.scores[self.ids.searchsorted(wanted)]
        return scores.tolist(), (scores / self.plain[self.looked_at.searchsorted(wanted)]).tolist()

    def values_of(self, at: int) -> Iterator[tuple[int, float]]:
        """The number of each source that is met in one document, and how well (0 to 1)."""
        # A number of another type would have the whole list copied as that type first.
        wanted = np.int32(at)
        for number, source in enumerate(self.sources):
            ids, weights = source.met
            place = int(ids.searchsorted(wanted))
            if place < ids.size and ids[place] == at:
                yield number, float(weights[place]) / FULL * source.weight


def score(plan: Plan, snapshot: Snapshot, *, speaking: bool = True) -> Scores:
    """Score every document of a state that a plan may mean.

    `speaking` says that what speaks of the question is wanted, wherever it is, where nothing that fits answers it.
    """
    asked = _asked(plan, snapshot)
    found = _found(asked, speaking=speaking)
    met = (found.total > 0) & (found.total >= _TOO_FAR * found.best)
    return Scores(found.ids[met], found.total[met], found.ids, found.plain, asked.rarity, tuple(asked.sources))


def _found(asked: Asked, *, speaking: bool) -> Scored:
    size = sum(asked.sizes[at] for at in asked.required or asked.every)
    if size <= _FEW or asked.only_numbers:
        return scored(asked, candidates_of(asked, asked.every))
    fitting, otherwise = fitting_of(asked)
    first = scored(asked, fitting)
    wide = speaking and bool(asked.plan.demands) and first.best < SETTLED
    if (wide or not first.best) and size <= _SOME:
        return scored(asked, candidates_of(asked, asked.every))
    if wide or not first.best:
        first = first.more(scored(asked, without(telling_of(asked, MOST), first.ids, asked.snapshot.size)))
    least = Least(_least(first.total), _speaking(first.plain) if wide else math.inf)
    # What cannot reach the share of the best that counts need not be looked at; the less so, what does not fit.
    others = reaching(asked, min(least.score / otherwise, least.plain))
    return first.more(scored(asked, without(others, first.ids, asked.snapshot.size), least))


def _asked(plan: Plan, snapshot: Snapshot) -> Asked:
    readings = [_source(reading, snapshot) for reading in plan.readings]
    keys = [(key, snapshot.postings("key", f"{key.kind}:{key.value}")) for key in plan.keys]
    covering = [Source(key.covers, met, 0.8 * key.weight) for key, met in keys if key.covers]
    rarity = _rarities(plan, snapshot, readings)
    lists = [(key, met.ids) for key, met in keys]
    return Asked(plan, snapshot, (*readings, *covering), lists, _boosts(plan), rarity)


def _source(reading: Reading, snapshot: Snapshot) -> Source:
    return Source(range(reading.first, reading.last + 1), snapshot.together(reading.stems), reading.weight)


def _least(totals: Values) -> float:
    """What a document must score to come among the first `MOST`, or not too far behind the best."""
    least = _TOO_FAR * float(totals.max(initial=0.0))
    if totals.size < MOST:
        return least
    return max(least, float(np.partition(totals, totals.size - MOST)[totals.size - MOST]))


def _speaking(plain: Values) -> float:
    """What a document must score by its words alone to be among those that speak most of the question."""
    return float(np.partition(plain, plain.size - SPEAKING)[plain.size - SPEAKING]) if plain.size >= SPEAKING else 0.0


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


def _boosts(plan: Plan) -> list[float]:
    """What each key adds where it is met."""
    worth = [0.0 if token.place else token.weight for token in plan.tokens]
    whole = sum(worth)
    found = []
    for key in plan.keys:
        share = sum(worth[at] for at in key.covers) / whole if key.covers and whole else 1.0
        found.append(KEY_BOOST[key.kind] * key.weight * (0.1 + 0.9 * share**3))
    return found
