"""A question whose words no service of the place has, read as what services elsewhere that speak of it are.

Where a health visitors' entry in another borough says "screaming after feeds", the health visitors of this borough are
what was asked for.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from directory.search.concepts import concepts, stems_of
from directory.search.plan import Plan, Reading
from directory.search.scoring import SETTLED, SPEAKING, Scores
from directory.search.snapshot import Snapshot

# How much of what they say must point to one specialty, and how far
# that is then trusted.
_MOSTLY, _TRUST = 0.5, 0.3


def kindred(plan: Plan, scores: Scores, snapshot: Snapshot) -> Plan | None:
    """The plan with the specialty that services elsewhere point to; None where what was found needs no such help."""
    required = [at for at, token in enumerate(plan.tokens) if token.required]
    if not required or not plan.demands or scores.best >= SETTLED:
        return None
    best = snapshot.first(scores.looked_at, scores.plain, SPEAKING)
    plain = dict(zip(best, scores.plain[scores.looked_at.searchsorted(np.array(best, np.int32))].tolist(), strict=True))
    votes: dict[str, float] = {}
    for at in best:
        for tag in _specialties(snapshot.order(at)[0]):
            votes[tag] = votes.get(tag, 0.0) + plain[at]
    whole = sum(plain.values())
    if not votes or not whole:
        return None
    tag = max(votes, key=lambda each: (votes[each], each))
    if votes[tag] < _MOSTLY * whole:
        return None
    return replace(plan, readings=(*plan.readings, *(Reading(at, at, (tag,), _TRUST, "concept") for at in required)))


@lru_cache(maxsize=4_000)
def _specialties(name: str) -> frozenset[str]:
    """What a service is, by its name alone."""
    return frozenset(
        {sense.tag for met in concepts().met(stems_of(name)) for sense in met.senses if "." not in sense.tag}
    )
