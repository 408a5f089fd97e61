"""Which needs and areas a question means, of those that the directory has: by these a subscription is matched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from directory.domain.area import Gazetteer
from directory.domain.query import Query
from directory.search.places import Places, area_keys
from directory.search.plan import Plan
from directory.search.text import core, key, phrase

# Readings that are the word itself, as it was typed or should have been.
_ITSELF = frozenset({"typed", "spelling"})


@dataclass(frozen=True, slots=True)
class Meant:
    """The needs and areas that a question means, as the directory has them."""

    needs: tuple[str, ...]
    areas: tuple[str, ...]


def meant(query: Query, plan: Plan, gazetteer: Gazetteer, *, needs: Iterable[str], areas: Iterable[str]) -> Meant:
    """What a question means, by its plan, of the needs and areas that there are.

    A need is meant where the question spells it out whole, by whatever words of the vocabulary, or where it holds every
    word that the question is about. An area is meant where it is the place asked about, lies in it, or reaches over it.
    """
    placed = set(plan.placed)
    if query.area:
        placed |= {entry for entry, _ in area_keys(Places.of(gazetteer).serving(query.area))}
    return Meant(
        tuple(sorted(_needs(plan, needs))),
        tuple(sorted(area for area in areas if f"area:{key(phrase(area))}" in placed)),
    )


def _needs(plan: Plan, needs: Iterable[str]) -> Iterable[str]:
    named = [each for each in plan.keys if each.kind == "need"]
    # "Falls assessment at home" is not about falls at large.
    spelt = {each.value for each in named if not any(set(each.covers) < set(other.covers) for other in named)}
    about = [at for at, token in enumerate(plan.tokens) if token.required and not token.place]
    words = [
        {each.stems[0] for each in plan.readings if (each.first, each.last) == (at, at) and each.via in _ITSELF}
        for at in about
    ]
    for need in needs:
        stems = phrase(need)
        if {key(stems), key(core(stems))} & spelt or (words and all(word & set(stems) for word in words)):
            yield need
