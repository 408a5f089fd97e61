"""Places as a question names them: by name or postcode, with the wider areas around and the narrower ones within."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from directory.domain.area import Gazetteer
from directory.domain.change import fold as fold_name
from directory.search.text import LONGEST_PHRASE, key, phrase

# How well a service that names an area serves a place: the area itself, a wider one, one of several within it.
_ITSELF, _WIDER, _NARROWER = 1.0, 0.98, 0.92
# Whoever reaches many areas by a wide one is not asked about more of them than this.
_MOST_WITHIN = 400


@dataclass(slots=True)
class Places:
    """A gazetteer as questions meet it, by the stems of each name; what was worked out once is kept."""

    gazetteer: Gazetteer
    _names: dict[tuple[str, ...], str] = field(default_factory=dict)
    _within: dict[str, list[str]] = field(default_factory=dict)
    _serving: dict[str, tuple[tuple[str, float], ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, gazetteer: Gazetteer) -> Places:
        """The places of a gazetteer."""
        found = cls(gazetteer)
        for area in gazetteer.areas():
            found._names[phrase(area.name)] = area.name
            for wider in area.within:
                found._within.setdefault(fold_name(wider), []).append(area.name)
        return found

    def named(self, stems: tuple[str, ...]) -> str | None:
        """The area whose name this is."""
        return self._names.get(stems) if len(stems) <= LONGEST_PHRASE else None

    def around(self, name: str) -> tuple[str, ...]:
        """A place and every wider area, nearest first."""
        return self.gazetteer.around(name)

    def of_outward(self, outward: str) -> tuple[str, ...]:
        """The names of the areas in which a postcode district lies."""
        return tuple(area.name for area in self.gazetteer.of_outward(outward))

    def serving(self, name: str) -> tuple[tuple[str, float], ...]:
        """The names that a service for this place may carry, each with how well it then serves the place."""
        wanted = fold_name(name)
        found = self._serving.get(wanted)
        if found is None:
            best = dict.fromkeys(self._inside(wanted), _NARROWER)
            best |= dict.fromkeys(self.around(name)[1:], _WIDER) | {name: _ITSELF}
            found = tuple(best.items())
            # The names come from questions: what nobody registered is not kept.
            if self.gazetteer.named(name):
                self._serving[wanted] = found
        return found

    def _inside(self, wanted: str) -> list[str]:
        found: dict[str, str] = {}
        queue = [wanted]
        while queue and len(found) < _MOST_WITHIN:
            for narrower in self._within.get(queue.pop(0), ()):
                if fold_name(narrower) not in found and fold_name(narrower) != wanted:
                    found[fold_name(narrower)] = narrower
                    queue.append(fold_name(narrower))
        return list(found.values())


NOWHERE = Places.of(Gazetteer())


class LatestPlaces:
    """The places of the gazetteer that was asked for last: a directory has one, and changes it seldom."""

    def __init__(self) -> None:
        self._held = NOWHERE

    def of(self, gazetteer: Gazetteer | None) -> Places:
        """Its places, made when it is first seen."""
        if gazetteer is None:
            return NOWHERE
        held = self._held
        if held.gazetteer is not gazetteer:
            held = self._held = Places.of(gazetteer)
        return held


def area_keys(names: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    """The keys of the index that services with these areas carry."""
    return tuple((f"area:{key(phrase(name))}", share) for name, share in names)


def within_keys(names: Iterable[tuple[str, float]]) -> tuple[str, ...]:
    """The keys of the index by which results are narrowed to these areas, written as they are."""
    return tuple(f"within:{fold_name(name)}" for name, _ in names)
