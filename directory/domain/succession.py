"""Succession: the links from a service (or organisation, or team) to what replaced it.

Renamed, replaced and moved have exactly one successor; merged joins two or more into one; split parts
one into two or more, each saying which part it takes; closed has none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

SuccessionKind = Literal["renamed", "replaced", "merged", "split", "moved", "closed"]
Noun = Literal["service", "organisation", "team"]


@dataclass(frozen=True, slots=True)
class Part:
    """The share of a split service that one successor takes; what is left empty does not limit it."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = {"extra": "forbid"}
    text: str = ""
    needs: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    age_min: int | None = None
    age_max: int | None = None


@dataclass(frozen=True, slots=True)
class Succession:
    """From `effective_from` on, `predecessor` is handled by `successor` (none where it closed)."""

    predecessor: str
    successor: str | None
    kind: SuccessionKind
    effective_from: date
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Handlers:
    """Who handles something on a day: `ids` in force, and the links that were followed to them.

    `ids` is empty where the chain ends in a closure or only leads round in a circle; `loop` tells the latter.
    """

    ids: tuple[str, ...]
    path: tuple[Succession, ...]
    loop: bool = False


def handlers(start: str, on: date, links: Mapping[str, Sequence[Succession]]) -> Handlers:
    """Follow every link in force on a day from `start`, through any number of hops.

    `links` gives the links that leave each id. Each id is visited once, so that loops in old data end.
    """
    seen, queue = {start}, [start]
    found: list[str] = []
    path: list[Succession] = []
    for node in queue:
        leaving = [link for link in links.get(node, ()) if link.effective_from <= on and link.successor != node]
        if not leaving:
            found.append(node)
        for link in leaving:
            path.append(link)
            if link.successor is not None and link.successor not in seen:
                seen.add(link.successor)
                queue.append(link.successor)
    # Every way goes on, and none ends: only a circle is like that.
    loop = not found and all(link.successor is not None for link in path)
    return Handlers(tuple(found), tuple(path), loop=loop)


def looping(links: Mapping[str, Sequence[Succession]]) -> frozenset[str]:
    """Every id from which its own links lead back to itself, whatever their dates."""
    after = {node: {link.successor for link in leaving if link.successor} for node, leaving in links.items()}
    while ends := {node for node, targets in after.items() if not targets & after.keys()}:
        after = {node: targets for node, targets in after.items() if node not in ends}
    return frozenset(node for node, targets in after.items() if node in reachable(targets, after))


def reachable(targets: Iterable[str], after: Mapping[str, set[str]]) -> set[str]:
    """Some ids and all that follow them, through any number of steps of `after`."""
    seen: set[str] = set()
    queue = list(targets)
    while queue:
        node = queue.pop()
        if node not in seen:
            seen.add(node)
            queue.extend(after.get(node, ()))
    return seen


def by_predecessor(successions: Iterable[Succession]) -> dict[str, list[Succession]]:
    """The links that leave each id."""
    links: dict[str, list[Succession]] = defaultdict(list)
    for succession in successions:
        links[succession.predecessor].append(succession)
    return dict(links)


def cardinality_problems(successions: Sequence[Succession]) -> list[str]:
    """What breaks the rules of each kind, among the links that one change makes."""
    problems = [
        f"{link.predecessor} cannot succeed itself" for link in successions if link.predecessor == link.successor
    ]
    leaving = by_predecessor(successions)
    arriving: dict[str, int] = defaultdict(int)
    for link in successions:
        if link.successor and link.kind == "merged":
            arriving[link.successor] += 1
    for node, links in leaving.items():
        kinds = {link.kind for link in links}
        if len(kinds) > 1:
            problems.append(f"{node} cannot be {' and '.join(sorted(kinds))} at once")
        else:
            problems.extend(_problems_of(node, links, arriving))
    return problems


def _problems_of(node: str, links: Sequence[Succession], arriving: Mapping[str, int]) -> list[str]:
    kind, successors = links[0].kind, [link.successor for link in links]
    if kind == "closed":
        return [f"{node} is closed, so it has no successor"] if any(successors) else []
    if not all(successors):
        return [f"{node} is {kind}: say by which service"]
    if kind == "split":
        if len(links) > 1 and not all(link.part for link in links):
            return [f"{node} is split: say which part each successor takes"]
        return []
    if len(links) > 1:
        return [f"{node} is {kind}: exactly one successor, or it is split"]
    if kind == "merged" and arriving[links[0].successor or ""] < 2:
        return [f"{node} is merged: two or more services merge into one"]
    return []
