"""Areas as the field uses them: a borough in its place, in its integrated care system, with its outward postcodes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

from directory.domain.change import fold
from directory.domain.place import Point

_OUTWARD = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?")


@dataclass(frozen=True, slots=True)
class Area:
    """One area by name. `within` names the next wider areas; `outward` are the postcode districts that lie in it.

    `kind` is `borough`, `place`, `integrated-care-system` or another word that the directory uses; `code` is the
    register's (such as E09000001), empty where there is none. `organisations` are the ODS codes of those that plan
    care for it: a GP practice that belongs to one of them is in this area. Coordinates are those of its middle.
    """

    __pydantic_config__: ClassVar[Mapping[str, object]] = {"extra": "forbid", "str_strip_whitespace": True}
    name: str
    kind: str = "place"
    code: str = ""
    within: tuple[str, ...] = ()
    outward: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    latitude: float | None = None
    longitude: float | None = None

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > 200:
            raise ValueError("an area needs a name, of up to 200 characters")
        if wrong := [outward for outward in self.outward if not _OUTWARD.fullmatch(outward)]:
            raise ValueError(f"{wrong[0]} is not the first half of a postcode, such as NM1")
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("give latitude and longitude together")
        if self.latitude is not None and self.longitude is not None:
            Point(self.latitude, self.longitude)

    @property
    def middle(self) -> Point | None:
        """Where its middle is, if that is known."""
        if self.latitude is None or self.longitude is None:
            return None
        return Point(self.latitude, self.longitude)


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Every area the directory knows, looked up without regard to case and spacing."""

    _by_name: Mapping[str, Area] = field(default_factory=lambda: MappingProxyType({}))
    _by_outward: Mapping[str, tuple[Area, ...]] = field(default_factory=lambda: MappingProxyType({}))
    _by_organisation: Mapping[str, tuple[Area, ...]] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, areas: Iterable[Area]) -> Gazetteer:
        """Build it; of two areas with one name the last counts."""
        by_name = {fold(area.name): area for area in areas}
        by_outward: dict[str, list[Area]] = {}
        by_organisation: dict[str, list[Area]] = {}
        for area in by_name.values():
            for outward in area.outward:
                by_outward.setdefault(outward.upper(), []).append(area)
            for code in {area.code, *area.organisations} - {""}:
                by_organisation.setdefault(code.upper(), []).append(area)
        return cls(
            MappingProxyType(by_name),
            MappingProxyType({outward: tuple(found) for outward, found in by_outward.items()}),
            MappingProxyType({code: tuple(found) for code, found in by_organisation.items()}),
        )

    def areas(self) -> tuple[Area, ...]:
        """Every area, in the order given."""
        return tuple(self._by_name.values())

    def named(self, name: str) -> Area | None:
        """The area of this name, or None."""
        return self._by_name.get(fold(name))

    def of_outward(self, outward: str) -> tuple[Area, ...]:
        """The areas in which a postcode district lies, such as "NM4"; empty where it is unknown."""
        return self._by_outward.get(outward.upper(), ())

    def of_code(self, code: str) -> tuple[Area, ...]:
        """The areas that have this code themselves, or for which the organisation with this ODS code plans care."""
        return self._by_organisation.get(code.upper(), ())

    def serving(self, name: str) -> tuple[str, ...]:
        """The names that a service for this place may carry: its own, and those of the wider areas around it.

        The place is given by name, or by the code of an area; one that nobody registered stands for itself.
        """
        named = (self.named(name), *self.of_code(name))
        return tuple(dict.fromkeys(wider for area in named if area for wider in self.around(area.name))) or (name,)

    def around(self, name: str) -> tuple[str, ...]:
        """An area's name and those of every wider area, nearest first; only itself where it is unknown. Loops end."""
        found: dict[str, str] = {fold(name): name}
        queue = [name]
        while queue:
            area = self.named(queue.pop(0))
            for wider in area.within if area else ():
                if fold(wider) not in found:
                    found[fold(wider)] = wider
                    queue.append(wider)
        return tuple(found.values())
