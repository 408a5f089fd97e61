"""From scores to a page of hits: the best few looked at closely, ties settled, and how the first one stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from directory.domain.query import Hit
from directory.search.document import Document
from directory.search.engine import Hits, Standing
from directory.search.matching import Question, age_factor, bonus, exact_kind, matched
from directory.search.plan import Plan
from directory.search.scoring import PLACES, Scores, score
from directory.search.snapshot import Snapshot
from directory.search.text import core, phrase

# How many are looked at closely. It does not hang on the page asked for, so that pages never overlap.
WINDOW = 40
# Most telling first: what a whole question may be.
_EXACT = (
    "code", "phone", "email", "name", "former_name", "former_phone", "former_email", "core", "former_core",
    "need", "tail",
)  # fmt: skip
_WEAKER = frozenset({"need", "tail"})
# Met whole, these leave nothing to ask, whoever else does the same elsewhere.
_ONE_ONLY = frozenset({"code", "phone", "email", "name", "former_name", "former_phone", "former_email"})
_NEAR = 0.4


@dataclass(slots=True)
class _Candidate:
    at: int
    score: float
    document: Document | None = None


def rank(plan: Plan, snapshot: Snapshot, *, limit: int, offset: int) -> Hits:
    """One page of what a plan meets in a state, best first."""
    if plan.is_empty or not snapshot.count:
        return Hits()
    scores = score(plan, snapshot)
    total = int(scores.met.sum())
    if not total:
        return Hits()
    question = Question.of(plan, scores.rarity.tolist())
    near = _closest(plan, question, snapshot, scores)
    page = near[offset : offset + limit]
    if offset + limit > len(near) and total > len(near):
        page += _further(snapshot, scores, near)[max(0, offset - len(near)) : offset + limit - len(near)]
    hits = tuple(_hit(candidate, plan, question, snapshot) for candidate in page)
    return Hits(hits, total, _standing(plan, near, scores))


def _closest(plan: Plan, question: Question, snapshot: Snapshot, scores: Scores) -> list[_Candidate]:
    """The window, its scores completed with what only a look at the document itself can tell."""
    ids: npt.NDArray[np.int64] = np.flatnonzero(scores.met)
    if ids.size > WINDOW:
        # Everything that ties with the last one is in, then cut by name: the cut must not hang on the numbering.
        least = np.partition(scores.scores[ids], ids.size - WINDOW)[ids.size - WINDOW]
        ids = ids[scores.scores[ids] >= least]
    first = sorted((-round(float(scores.scores[at]), 5), *snapshot.order(at), at) for at in ids.tolist())[:WINDOW]
    found = []
    for _, _, _, at in first:
        document = snapshot.document(at)
        value = float(scores.scores[at]) + bonus(question, document) * (0.8 if document.superseded else 1.0)
        found.append(_Candidate(at, round(value * age_factor(plan, document), 5), document))
    return sorted(found, key=lambda candidate: (-candidate.score, snapshot.order(candidate.at)))


def _further(snapshot: Snapshot, scores: Scores, near: list[_Candidate]) -> list[_Candidate]:
    seen = {candidate.at for candidate in near}
    rest = [int(at) for at in np.flatnonzero(scores.met) if int(at) not in seen]
    rest.sort(key=lambda at: (-round(float(scores.scores[at]), 5), snapshot.order(at)))
    # Never above the window, whatever was added there.
    least = near[-1].score if near else 0.0
    return [_Candidate(at, min(least, round(float(scores.scores[at]), 5))) for at in rest]


def _hit(candidate: _Candidate, plan: Plan, question: Question, snapshot: Snapshot) -> Hit:
    document = candidate.document or snapshot.document(candidate.at)
    return Hit(document.id, candidate.score, matched(plan, question, document))


def _standing(plan: Plan, near: list[_Candidate], scores: Scores) -> Standing | None:
    top = near[0]
    if top.document is None:
        return None
    exact = _whole(plan, top.document)
    live = [(other, other.document) for other in near[1:] if other.document and not other.document.superseded]
    following = live[0][0].score if live else 0.0
    return Standing(
        exact=exact,
        rivals=sum(1 for _, document in live if _rivals(exact, _whole(plan, document))),
        covered=_covered(plan, top, scores),
        closeness=_closeness(plan, top, scores),
        margin=top.score / following if following > 0 else float("inf"),
        parted=exact not in _ONE_ONLY
        and any(_parts(plan, top.document, other) for it, other in live if it.score >= _NEAR * top.score),
    )


def _rivals(exact: str | None, other: str | None) -> bool:
    return other is not None and (exact is None or exact in _WEAKER or other not in _WEAKER)


def _parts(plan: Plan, top: Document, other: Document) -> bool:
    """Whether another service does the same for other areas or ages, and the question does not say which."""
    if not _alike(top, other):
        return False
    if plan.age_group is None and _apart(top, other):
        return True
    placed = plan.within or any(item.kind in PLACES for item in plan.keys)
    return not placed and bool(top.areas and other.areas) and not set(top.areas) & set(other.areas)


def _alike(one: Document, two: Document) -> bool:
    first, second = set(core(phrase(one.name))), set(core(phrase(two.name)))
    if 2 * len(first & second) >= min(len(first), len(second)):
        return True
    return not {phrase(need) for need in one.needs}.isdisjoint(phrase(need) for need in two.needs)


def _apart(one: Document, two: Document) -> bool:
    return any(
        younger.age_max is not None and older.age_min is not None and younger.age_max <= older.age_min
        for younger, older in ((one, two), (two, one))
    )


def _whole(plan: Plan, document: Document) -> str | None:
    """The kind of key that a document meets and that accounts for every word that matters."""
    required = {at for at, token in enumerate(plan.tokens) if token.required}
    for kind in _EXACT:
        found = exact_kind(plan, document, (kind,))
        if found and (required <= set(found[1]) if found[1] else True):
            return kind
    return None


def _covered(plan: Plan, top: _Candidate, scores: Scores) -> bool:
    if plan.unknown:
        return False
    if any(token.required and scores.rows[at, top.at] <= 0 for at, token in enumerate(plan.tokens)):
        return False
    places = [item for item in plan.keys if item.kind in PLACES]
    return not places or bool(top.document and exact_kind(plan, top.document, tuple(PLACES)))


def _closeness(plan: Plan, top: _Candidate, scores: Scores) -> float:
    weights = np.array([token.weight if token.required else 0.0 for token in plan.tokens]) * scores.rarity
    return float((weights * scores.rows[:, top.at]).sum() / weights.sum()) if weights.sum() else 0.0
