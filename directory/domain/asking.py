"""Whom to ask when something waits: the leads of the team, then its administrators, then the editors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import TypeVar

T = TypeVar("T")


class Level(IntEnum):
    """How far up something was told."""

    NOBODY = 0
    LEADS = 1
    ADMINISTRATORS = 2
    EDITORS = 3


def those_to_ask(level: Level, people: Mapping[Level, Sequence[T]]) -> tuple[Level, Sequence[T]]:
    """The first level from `level` on that has anybody, and who they are.

    A team without a lead must not lose what only its lead was told; a team without anybody, what only it was.
    """
    for each in Level:
        if each >= max(level, Level.LEADS) and people.get(each):
            return each, people[each]
    return Level.EDITORS, ()
