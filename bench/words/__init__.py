"""The words of the invented directory, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from directory.domain.service import Setting

Scope = Literal["place", "district", "hospital"]
Ages = Literal["any", "adult", "child", "older"]

AGES: Mapping[Ages, tuple[int | None, int | None]] = {
    "any": (None, None),
    "adult": (18, None),
    "child": (None, 18),
    "older": (65, None),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Specialty:
    """A kind of service: what it is called, was called, takes, does and does not do."""

    key: str
    scope: Scope
    setting: Setting
    ages: Ages
    team: str
    names: tuple[str, ...]
    old: tuple[str, ...]
    needs: tuple[str, ...]
    does: tuple[str, ...]
    not_: tuple[str, ...]
    who: str


@cache
def specialties() -> tuple[Specialty, ...]:
    """Every specialty, in the order of the file."""
    return tuple(
        Specialty(
            key=each["key"],
            scope=each["scope"],
            setting=each["setting"],
            ages=each["ages"],
            team=each["team"],
            names=tuple(each["names"]),
            old=tuple(each["old"]),
            needs=tuple(each["needs"]),
            does=tuple(each["does"]),
            not_=tuple(each["not"]),
            who=each["who"],
        )
        for each in _read("specialties")
    )


@cache
def by_key() -> Mapping[str, Specialty]:
    """Every specialty by its key."""
    return {each.key: each for each in specialties()}


@cache
def places() -> Mapping[str, tuple[str, ...]]:
    """Parts of the names of places, streets, houses and rivers."""
    return {name: tuple(values) for name, values in _read("places").items()}


@cache
def prose() -> Mapping[str, tuple[str, ...]]:
    """Sentences with gaps, by what they tell."""
    return {name: tuple(values) for name, values in _read("prose").items()}


@cache
def glosses() -> Mapping[str, str]:
    """Other words for a condition that some descriptions give."""
    return {str(need): str(lay) for need, lay in _read("glosses").items()}


def _read(name: str) -> Any:
    return yaml.safe_load((Path(__file__).parent / f"{name}.yaml").read_text(encoding="utf-8"))
