"""From a question to ordered services: plan, search, and say whether the first one deserves to be called the answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from directory.domain.area import Gazetteer
from directory.domain.query import Hit, Query
from directory.search.engine import Engine, Standing
from directory.search.places import LatestPlaces
from directory.search.plan import Plan
from directory.search.planning import plan
from directory.search.vocabulary import Vocabulary

# How far ahead of the next live service the first must be, by what it meets whole.
_NAMED = frozenset(
    {"code", "phone", "email", "name", "former_name", "former_phone", "former_email", "core", "former_core"}
)
_NAMED_MARGIN, _NEED_MARGIN, _RIVAL_MARGIN, _OPEN_MARGIN = 1.12, 1.12, 1.25, 1.3
_OPEN_CLOSENESS = 0.45
_TOLD, _TOLD_MARGIN = 0.75, 1.7


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found. `confident` says that the first hit can be given as the answer.

    `parted` says that it could, did not another do the same for another age or area, which the question does not name.
    Successors, days and gaps are the caller's work; `plan` tells what was understood.
    """

    hits: tuple[Hit, ...]
    total: int
    confident: bool
    did_you_mean: str | None
    plan: Plan
    parted: bool = False


_PLACES = LatestPlaces()


def find(query: Query, engine: Engine, vocabulary: Vocabulary, gazetteer: Gazetteer | None = None) -> Found:
    """The services that a question is about, best first. Any text is taken; nonsense finds nothing.

    With a gazetteer, a place stands for the wider areas around it and the narrower ones within it.

    Raises `errors.IndexDamaged` where there is no sound index to search.
    """
    state = engine.lexicon()
    understood = plan(query, vocabulary, state, _PLACES.of(gazetteer))
    if understood.is_empty:
        return Found((), 0, False, None, understood)
    result = engine.search(understood, limit=query.limit, offset=query.offset, on=state)
    standing = result.standing
    confident = standing is not None and deserves_confidence(standing)
    parted = standing is not None and standing.parted and deserves_confidence(replace(standing, parted=False))
    return Found(result.hits, result.total, confident, understood.corrected(), understood, parted)


def deserves_confidence(standing: Standing) -> bool:
    """Whether a first hit that stands so can be given as the answer: wrong is worse than unsure."""
    if not standing.covered or standing.parted or standing.guessed:
        return False
    if standing.exact in _NAMED:
        return standing.rivals == 0 or standing.margin >= _NAMED_MARGIN
    if standing.ended:
        # What has ended is the answer only to its own name.
        return False
    if standing.exact is not None:
        return standing.margin >= (_RIVAL_MARGIN if standing.rivals else _NEED_MARGIN)
    if standing.rivals:
        # Another one is named in full, though elsewhere: here, a name or a need must say nearly as much.
        return standing.placed and standing.told >= _TOLD and standing.margin >= _TOLD_MARGIN
    return standing.closeness >= _OPEN_CLOSENESS and standing.margin >= _OPEN_MARGIN
