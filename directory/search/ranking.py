"""From scores to a page of hits: the best few looked at closely, ties settled, and how the first one stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from directory.domain.parting import apart_by_age
from directory.domain.query import Hit, Matched
from directory.domain.succession import Part
from directory.search.choosing import PLACES
from directory.search.compiling import Held
from directory.search.engine import Hits, Standing
from directory.search.kindred import kindred
from directory.search.matching import Question, age_factor, bonus, fits_age, matched
from directory.search.places import area_keys
from directory.search.plan import Plan
from directory.search.question import Key
from directory.search.scoring import Scores, score
from directory.search.snapshot import Snapshot
from directory.search.text import core

# How many are looked at closely. It does not hang on the page asked for, so that pages never overlap.
WINDOW = 40
# What has less than this of the best score is too far off for a closer look to change anything.
_IN_REACH = 0.3
# Most telling first: what a whole question may be.
_EXACT = (
    "code", "phone", "email", "name", "former_name", "former_phone", "former_email", "core", "former_core",
    "need", "tail", "owner", "former_owner",
)  # fmt: skip
_WEAKER = frozenset({"need", "tail", "owner", "former_owner"})
# Met whole, these leave nothing to ask, whoever else does the same elsewhere.
_ONE_ONLY = frozenset({"code", "phone", "email", "name", "former_name", "former_phone", "former_email"})
_NEAR = 0.4
# An expansion trusted less than this may mean something else: a back reading of a word for several things.
_MEANT = 0.7
_TELLING = frozenset({"name", "former_name", "need"})
# Ways of reading a word that show what may be meant, and are no ground to be sure of it.
_GUESSED = frozenset({"concept", "prefix"})
_SITES = frozenset({"outward", "postcode"})


@dataclass(slots=True)
class _Candidate:
    at: int
    score: float
    held: Held
    keys: list[Key]


def rank(plan: Plan, snapshot: Snapshot, *, limit: int, offset: int) -> Hits:
    """One page of what a plan meets in a state, best first."""
    if plan.is_empty or not snapshot.count:
        return Hits()
    scores = score(plan, snapshot)
    if (again := kindred(plan, scores, snapshot)) is not None:
        plan, scores = again, score(again, snapshot, speaking=False)
    total = scores.total
    if not total:
        return Hits()
    question = Question.of(plan, scores.rarity)
    first = snapshot.first(scores.ids, scores.scores, min(total, max(WINDOW, offset + limit)))
    values, kept = scores.of(first)
    in_reach = [value for value in values[:WINDOW] if value > _IN_REACH * values[0]]
    near = _closest(plan, question, snapshot, list(zip(first, in_reach, kept, strict=False)))
    page = [(each.at, each.score) for each in near]
    # Never above the window, whatever was added there.
    page += [(at, min(near[-1].score, value)) for at, value in list(zip(first, values, strict=True))[len(near) :]]
    hits = tuple(_hit(at, value, plan, question, snapshot) for at, value in page[offset : offset + limit])
    return Hits(hits, total, _standing(plan, question, near, scores))


def _closest(
    plan: Plan, question: Question, snapshot: Snapshot, first: Sequence[tuple[int, float, float]]
) -> list[_Candidate]:
    """The window, its scores completed with what only a look at the document itself can tell.

    `first` are documents, each with its score and the share that it keeps of what more it is worth.
    """
    keys = _keys_met(plan, snapshot, [at for at, _, _ in first])
    found = []
    for at, value, kept in first:
        held = snapshot.held(at)
        value = round((value + bonus(question, held.texts) * kept) * (age_factor(plan, held) if plan.ages else 1.0), 5)
        found.append(_Candidate(at, value, held, keys[at]))
    return sorted(found, key=lambda candidate: (-candidate.score, candidate.held.order))


def _keys_met(plan: Plan, snapshot: Snapshot, ids: Sequence[int]) -> dict[int, list[Key]]:
    """Which of a plan's keys each of these documents carries."""
    rising = np.array(sorted(ids), np.int32)
    found: dict[int, list[Key]] = {at: [] for at in ids}
    for key in plan.keys:
        met = snapshot.postings("key", f"{key.kind}:{key.value}").ids
        if met.size:
            here = met.take(met.searchsorted(rising), mode="clip") == rising
            for at in rising[here].tolist():
                found[at].append(key)
    return found


def _hit(at: int, value: float, plan: Plan, question: Question, snapshot: Snapshot) -> Hit:
    held = snapshot.held(at)

    def why() -> Matched:
        return matched(plan, question, snapshot.document(at), held.texts, lambda: snapshot.longer_texts(at))

    return Hit(held.id, value, why)


def _standing(plan: Plan, question: Question, near: list[_Candidate], scores: Scores) -> Standing:
    top = near[0]
    wholes = _whole_keys(plan)
    exact = _whole(wholes, top)
    live = [other for other in near[1:] if not other.held.superseded]
    following = live[0].score if live else 0.0
    values, said = _met_in(plan, scores, top.at)
    return Standing(
        exact=exact,
        # What is named in full somewhere, though not here, rivals whatever only gathers the words.
        rivals=sum(1 for other in live if _rivals(exact, _whole(wholes, other))) if exact else len(wholes),
        covered=_covered(plan, top, said),
        closeness=_closeness(plan, values, scores.rarity),
        margin=top.score / following if following > 0 else float("inf"),
        parted=exact not in _ONE_ONLY
        and any(_parts(plan, top.held, other.held) for other in live if other.score >= _NEAR * top.score),
        told=max((question.answered_by(held)[0] for kind, held in top.held.texts if kind in _TELLING), default=0.0),
        placed=bool(plan.placed) and _serves(plan, top),
        ended=top.held.superseded,
        guessed=exact is None and _only_guessed(plan, top),
    )


def _met_in(plan: Plan, scores: Scores, at: int) -> tuple[list[float], list[float]]:
    """How well each token is met in a document (0 to 1), and how well by what is no guess."""
    values, said = [0.0] * len(plan.tokens), [0.0] * len(plan.tokens)
    guessed = [reading.via in _GUESSED for reading in plan.readings]
    for number, value in scores.values_of(at):
        for token in scores.sources[number].tokens:
            values[token] = max(values[token], value)
            if number >= len(guessed) or not guessed[number]:
                said[token] = max(said[token], value)
    return values, said


def _rivals(exact: str | None, other: str | None) -> bool:
    return other is not None and (exact is None or exact in _WEAKER or other not in _WEAKER)


def _parts(plan: Plan, top: Held, other: Held) -> bool:
    """Whether another service does the same for other areas or ages, and the question does not say which."""
    if not _alike(top, other):
        return False
    if plan.age_group is None and _apart(top, other):
        return True
    placed = plan.filters or plan.placed or any(item.kind in PLACES for item in plan.keys)
    areas, others = top.areas, other.areas
    return not placed and bool(areas and others) and not set(areas) & set(others)


def _alike(one: Held, two: Held) -> bool:
    first, second = (set(core(tuple(held.stems_of("name")[0]))) for held in (one, two))
    if 2 * len(first & second) >= min(len(first), len(second)):
        return True
    return not set(one.stems_of("need")).isdisjoint(two.stems_of("need"))


def _apart(one: Held, two: Held) -> bool:
    """Whether one is for the young and the other is not, though both may take somebody of 18."""
    first, second = (Part(age_min=each.age_min, age_max=each.age_max) for each in (one, two))
    if apart_by_age(first, second):
        return True
    return any(
        younger.age_max is not None and younger.age_max == older.age_min for younger, older in ((one, two), (two, one))
    )


def _only_guessed(plan: Plan, top: _Candidate) -> bool:
    """Whether it meets the question whole, but only by a word that stands for several things and may mean another."""
    return _whole(_whole_keys(plan, least=0.0), top) is not None and _whole(_whole_keys(plan), top) is None


def _whole_keys(plan: Plan, *, least: float = _MEANT) -> list[Key]:
    """The keys that account for every word that matters, the most telling kind first."""
    required = {at for at, token in enumerate(plan.tokens) if token.required}
    whole = [
        item
        for item in plan.keys
        if item.kind in _EXACT and item.weight >= least and (not item.covers or required <= set(item.covers))
    ]
    return sorted(whole, key=lambda item: _EXACT.index(item.kind))


def _whole(keys: Sequence[Key], candidate: _Candidate) -> str | None:
    """The most telling kind of such a key that a document meets."""
    return next((key.kind for key in keys if key in candidate.keys), None) if candidate.keys else None


def _covered(plan: Plan, top: _Candidate, values: Sequence[float]) -> bool:
    if plan.unknown or not fits_age(plan, top.held):
        return False
    if any(token.required and value <= 0 for token, value in zip(plan.tokens, values, strict=True)):
        return False
    return _serves(plan, top)


def _serves(plan: Plan, top: _Candidate) -> bool:
    """Whether it covers the place that the question names, or stands at the postcode; so where none is named."""
    sites = any(item.kind in _SITES for item in plan.keys)
    if not plan.placed and not sites:
        return True
    if any(entry in plan.placed for entry, _ in area_keys((area, 1.0) for area in top.held.areas)):
        return True
    return any(item.kind in _SITES for item in top.keys)


def _closeness(plan: Plan, values: Sequence[float], rarity: Sequence[float]) -> float:
    weights = [token.weight * rare if token.required else 0.0 for token, rare in zip(plan.tokens, rarity, strict=True)]
    whole = sum(weights)
    return sum(weight * value for weight, value in zip(weights, values, strict=True)) / whole if whole else 0.0
