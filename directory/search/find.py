"""From a question to ordered services: plan, search, and say whether the first one deserves to be called the answer."""

from __future__ import annotations

from dataclasses import dataclass

from directory.domain.query import Hit, Query
from directory.search.engine import Engine, Standing
from directory.search.plan import Plan, plan
from directory.search.vocabulary import Vocabulary

# How far ahead of the next live service the first must be, by what it meets whole.
_NAMED = frozenset(
    {"code", "phone", "email", "name", "former_name", "former_phone", "former_email", "core", "former_core"}
)
_NAMED_MARGIN, _NEED_MARGIN, _RIVAL_MARGIN, _OPEN_MARGIN = 1.12, 1.12, 1.25, 1.3
_OPEN_CLOSENESS = 0.45


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found. `confident` says that the first hit can be given as the answer.

    Successors, days and gaps are the caller's work; `plan` tells what was understood.
    """

    hits: tuple[Hit, ...]
    total: int
    confident: bool
    did_you_mean: str | None
    plan: Plan


def find(query: Query, engine: Engine, vocabulary: Vocabulary) -> Found:
    """The services that a question is about, best first. Any text is taken; nonsense finds nothing.

    Raises `errors.IndexDamaged` where there is no sound index to search.
    """
    state = engine.lexicon()
    understood = plan(query, vocabulary, state)
    if understood.is_empty:
        return Found((), 0, False, None, understood)
    result = engine.search(understood, limit=query.limit, offset=query.offset, on=state)
    confident = result.standing is not None and deserves_confidence(result.standing)
    return Found(result.hits, result.total, confident, understood.corrected(), understood)


def deserves_confidence(standing: Standing) -> bool:
    """Whether a first hit that stands so can be given as the answer: wrong is worse than unsure."""
    if not standing.covered or standing.parted:
        return False
    if standing.exact in _NAMED:
        return standing.rivals == 0 or standing.margin >= _NAMED_MARGIN
    if standing.exact is not None:
        return standing.margin >= (_RIVAL_MARGIN if standing.rivals else _NEED_MARGIN)
    # Where another one is named in full, a first hit that is not has only gathered words.
    return standing.rivals == 0 and standing.closeness >= _OPEN_CLOSENESS and standing.margin >= _OPEN_MARGIN
