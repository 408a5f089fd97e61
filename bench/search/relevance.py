"""How right the answers are: recall and mean reciprocal rank in the first ten, the first hit, and confidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from bench.search.queries.labelled import KINDS, SYNONYM, Labelled

DEPTH = 10


@dataclass(frozen=True, slots=True)
class Given:
    """What an engine gave to a question: ids, best first, and whether it was sure (None where it never says)."""

    asked: Labelled
    ids: tuple[str, ...]
    sure: bool | None


@dataclass(frozen=True, slots=True)
class Score:
    """Shares from 0 to 1 over some questions."""

    questions: int
    recall: float
    reciprocal_rank: float
    first: float


@dataclass(frozen=True, slots=True)
class Confidence:
    """How many questions were answered with confidence, how many of those rightly, and of how many."""

    questions: int
    sure: int
    right: int

    @property
    def share_right(self) -> float:
        """Of the confident answers, those that are right; 1 where there are none."""
        return self.right / self.sure if self.sure else 1.0

    @property
    def share_sure(self) -> float:
        """How often there is a confident answer."""
        return self.sure / self.questions if self.questions else 0.0


def recall(given: Given) -> float:
    """The share of the right services that are in the first ten; of ten where more are right."""
    found = given.asked.best.intersection(given.ids[:DEPTH])
    return len(found) / min(DEPTH, len(given.asked.best))


def reciprocal_rank(given: Given) -> float:
    """One over the place of the first right service; 0 where none is in the first ten."""
    return next((1 / at for at, found in enumerate(given.ids[:DEPTH], start=1) if given.asked.is_right(found)), 0.0)


def score(every: Iterable[Given]) -> Score:
    """The means over questions that have a right answer."""
    some = [given for given in every if given.asked.best]
    if not some:
        return Score(0, 0.0, 0.0, 0.0)
    first = [bool(given.ids) and given.asked.is_right(given.ids[0]) for given in some]
    return Score(len(some), fmean(map(recall, some)), fmean(map(reciprocal_rank, some)), fmean(first))


def by_kind(every: Sequence[Given]) -> dict[str, Score]:
    """A score for the eight kinds together and for each; for words that no vocabulary holds, one apart."""
    found = {"all": score(given for given in every if given.asked.kind in KINDS)}
    return found | {kind: score(given for given in every if given.asked.kind == kind) for kind in (*KINDS, SYNONYM)}


def confidence(every: Iterable[Given]) -> Confidence:
    """How confidence was claimed; the doubtful questions count too."""
    some = list(every)
    sure = [given for given in some if given.sure]
    return Confidence(len(some), len(sure), sum(given.asked.may_be_sure_of(given.ids[0]) for given in sure))


def failures(every: Iterable[Given], wrong: Callable[[Given], bool]) -> list[Given]:
    """What went wrong."""
    return [given for given in every if wrong(given)]


def wrong_first(given: Given) -> bool:
    """A question with a right answer whose first hit is another."""
    return bool(given.asked.best) and not (given.ids and given.asked.is_right(given.ids[0]))


def wrongly_sure(given: Given) -> bool:
    """A confident answer that is wrong."""
    return bool(given.sure) and not given.asked.may_be_sure_of(given.ids[0])
