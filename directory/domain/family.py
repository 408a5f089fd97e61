"""The family of a service: everything that its successions join, in an order to be drawn from top to bottom."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from directory.domain.succession import Succession

MOST_MEMBERS = 30
MOST_LANES = 6


@dataclass(frozen=True, slots=True)
class Line:
    """What is drawn as one line beside the rows: the rows that it leaves, and the links by which it reaches others.

    A split is one line with several ends, a merger one with several beginnings. Lane 0 is nearest to the rows.
    """

    lane: int
    leaves: tuple[int, ...]
    arrives: tuple[tuple[int, Succession], ...]


@dataclass(frozen=True, slots=True)
class Family:
    """The members, one a row, what came before above what came after; `cut` says that there are more."""

    members: tuple[str, ...]
    lines: tuple[Line, ...]
    cut: bool

    @property
    def lanes(self) -> int:
        """How many lanes the lines take."""
        return max((line.lane + 1 for line in self.lines), default=0)


@dataclass(frozen=True, slots=True)
class Descent:
    """A member, the link by which it came, and what came of it; `again` where it is told further up."""

    member: str
    link: Succession | None
    after: tuple[Descent, ...] = ()
    again: bool = False


def family(of: str, links: Iterable[Succession]) -> Family:
    """Lay out those nearest to one member, `MOST_MEMBERS` at most. Loops in old data are drawn as such."""
    joined = [link for link in dict.fromkeys(links) if link.successor and link.successor != link.predecessor]
    near, cut = _nearest(of, joined)
    within = [link for link in joined if link.predecessor in near and link.successor in near]
    members = _in_order(near, within)
    row = {member: at for at, member in enumerate(members)}
    return Family(members, tuple(_in_lanes(_lines(within, row))), cut)


def descents(shown: Family) -> tuple[Descent, ...]:
    """The same as a tree to be read: from each member that nothing led to, what came of it."""
    leaving: dict[str, list[Succession]] = defaultdict(list)
    links = [link for line in shown.lines for _, link in line.arrives]
    for link in sorted(links, key=_when):
        leaving[link.predecessor].append(link)
    reached = {link.successor for link in links}
    told: set[str] = set()
    roots = [member for member in shown.members if member not in reached]
    found = [_descent(member, None, leaving, told) for member in roots]
    # Only a circle is left: it is told from its first row.
    found += [_descent(member, None, leaving, told) for member in shown.members if member not in told]
    return tuple(found)


def _descent(member: str, link: Succession | None, leaving: dict[str, list[Succession]], told: set[str]) -> Descent:
    if member in told:
        return Descent(member, link, again=True)
    told.add(member)
    after = tuple(_descent(each.successor or "", each, leaving, told) for each in leaving.get(member, ()))
    return Descent(member, link, after)


def _when(link: Succession) -> tuple[date, str, str]:
    return link.effective_from, link.predecessor, link.successor or ""


def _nearest(of: str, links: Sequence[Succession]) -> tuple[set[str], bool]:
    beside: dict[str, list[str]] = defaultdict(list)
    for link in sorted(links, key=_when):
        beside[link.predecessor].append(link.successor or "")
        beside[link.successor or ""].append(link.predecessor)
    near, queue, cut = {of}, deque([of]), False
    while queue:
        for other in beside[queue.popleft()]:
            if other in near:
                continue
            if len(near) == MOST_MEMBERS:
                cut = True
                continue
            near.add(other)
            queue.append(other)
    return near, cut


def _in_order(members: set[str], links: Sequence[Succession]) -> tuple[str, ...]:
    """Each below all that led to it, as far as there is no loop; what began earlier first."""
    before: dict[str, set[str]] = {member: set() for member in members}
    first: dict[str, date] = {}
    for link in sorted(links, key=_when):
        before[link.successor or ""].add(link.predecessor)
        for end in (link.predecessor, link.successor or ""):
            first.setdefault(end, link.effective_from)
    order: list[str] = []
    while before:
        free = [member for member, others in before.items() if not others & before.keys()]
        chosen = min(free or before, key=lambda member: (first.get(member, date.min), member))
        order.append(chosen)
        del before[chosen]
    return tuple(order)


def _lines(links: Sequence[Succession], row: dict[str, int]) -> list[Line]:
    ways: dict[str, set[str]] = defaultdict(set)
    for link in links:
        ways[link.predecessor].add(link.successor or "")
    grouped: dict[tuple[str, str], list[Succession]] = defaultdict(list)
    for link in sorted(links, key=_when):
        split = len(ways[link.predecessor]) > 1
        grouped["from" if split else "to", link.predecessor if split else link.successor or ""].append(link)
    return [
        Line(
            0,
            tuple(sorted({row[link.predecessor] for link in group})),
            tuple((row[link.successor or ""], link) for link in group),
        )
        for group in grouped.values()
    ]


def _span(line: Line) -> tuple[int, int]:
    rows = [*line.leaves, *(row for row, _ in line.arrives)]
    return min(rows), max(rows)


def _in_lanes(lines: Sequence[Line]) -> Iterable[Line]:
    """The shortest lines nearest to the rows, none on another, unless more than `MOST_LANES` run side by side."""
    taken: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: (_span(line)[1] - _span(line)[0], _span(line))):
        top, bottom = _span(line)
        free = (lane for lane in range(MOST_LANES) if all(bottom <= a or b <= top for a, b in taken[lane]))
        lane = next(free, MOST_LANES - 1)
        taken[lane].append((top, bottom))
        yield Line(lane, line.leaves, line.arrives)
