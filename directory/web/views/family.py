"""Who handled it over time, as a drawing from top to bottom and as a list in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from textwrap import wrap

from sqlalchemy import Connection

from directory.domain.family import Descent, Family, Line, descents, family
from directory.domain.succession import Succession
from directory.store import successions as succession_store
from directory.store.versions import load_in_force
from directory.web import words
from directory.web.language import N_, Said, gettext
from directory.web.views.names import Named, names_of, part_in_words

# The units of the drawing. It is as wide as a small telephone and grows with the page, so that nothing scrolls.
WIDTH = 340
_LANE, _EDGE, _PAD, _NAME_LINE, _NOTE_LINE, _GAP = 14, 6, 10, 20, 18, 14
# Arial: a bold letter of 16 units and a plain one of 14 take about so much.
_BOLD, _PLAIN = 9.0, 7.2
_MOST_LINES = 3


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text, where its baseline begins."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A service in the drawing. `here` is the one whose page it is; `now` says that it takes referrals on the day."""

    named: Named
    y: float
    height: float
    here: bool
    now: bool
    above: tuple[Text, ...]
    name: tuple[Text, ...]
    notes: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A service in the list: how it came, its name, its standing, and what came of it."""

    how: str
    named: Named
    note: str
    after: tuple[Told, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyView:
    """The drawing, in units of which `WIDTH` make its width: `lines` are paths and `arrows` the points of each tip."""

    width: int
    height: float
    left: float
    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    arrows: tuple[str, ...]
    told: tuple[Told, ...]
    cut: bool

    @property
    def box_width(self) -> float:
        """How wide each box is."""
        return self.width - self.left - 2


def family_view(connection: Connection, service: str, *, on: date) -> FamilyView | None:
    """The family of a service as it stands on a day; None where nothing came before or after."""
    links = _links(connection, service)
    shown = family(service, links)
    if not shown.lines:
        return None
    names = names_of(connection, "service", shown.members, on=on)
    begun = set(load_in_force(connection, "service", shown.members, on=on))
    standings = {member: _standing(member, names[member], links, on=on, begun=member in begun) for member in names}
    return drawn(shown, names, standings, of=service)


def drawn(
    shown: Family, names: Mapping[str, Named], standings: Mapping[str, tuple[bool, str]], *, of: str
) -> FamilyView:
    """The drawing of a family; `standings` says of each whether it handles it now, and its note."""
    left = _EDGE + _LANE * (shown.lanes + 1)
    boxes: list[Box] = []
    top = 2.0
    for row, member in enumerate(shown.members):
        box = _box(names[member], _arrivals(shown, row), standings[member], left, top, here=member == of)
        boxes.append(box)
        top = box.y + box.height + _GAP
    arrows = [_tip(boxes[row], left) for row in sorted({row for line in shown.lines for row, _ in line.arrives})]
    return FamilyView(
        width=WIDTH,
        height=top - _GAP + 2,
        left=left,
        boxes=tuple(boxes),
        lines=tuple(_path(line, boxes, left) for line in shown.lines),
        arrows=tuple(arrows),
        told=tuple(_told(each, names, standings) for each in descents(shown)),
        cut=shown.cut,
    )


def _links(connection: Connection, service: str) -> list[Succession]:
    """What led to it, all that came of any of those, and what else merged into them: three statements."""
    led = succession_store.preceding(connection, "service", [service])
    sources = {service, *(each for group in led.values() for each in group)}
    following = succession_store.following(connection, "service", sources)
    links = [link for leaving in following.values() for link in leaving]
    members = sources | {link.successor for link in links if link.successor}
    return list(dict.fromkeys([*links, *succession_store.touching(connection, "service", members)]))


def _standing(member: str, named: Named, links: list[Succession], *, on: date, begun: bool) -> tuple[bool, str]:
    leaving = min((link.effective_from for link in links if link.predecessor == member), default=None)
    arriving = min((link.effective_from for link in links if link.successor == member), default=None)
    if not begun:
        return False, gettext("From {day}").format(
            day=words.full_date(arriving)
        ) if arriving and arriving > on else gettext("Not open yet")
    if leaving and leaving > on and not named.closed:
        return True, gettext("Handles it now, until {day}").format(day=words.full_date(leaving))
    if leaving and leaving <= on:
        return False, gettext("Until {day}").format(day=words.full_date(leaving))
    return (False, gettext("Closed")) if named.closed else (True, gettext("Handles it now"))


_HOW = Said(
    {
        "renamed": N_("Renamed"),
        "replaced": N_("Replaced"),
        "merged": N_("Merged"),
        "split": N_("Split"),
        "moved": N_("Moved"),
    }
)


def _how(link: Succession) -> str:
    part = part_in_words(link.part)
    return f"{_HOW.get(link.kind, link.kind)}, {words.full_date(link.effective_from)}{f': {part}' if part else ''}"


def _arrivals(shown: Family, row: int) -> list[str]:
    """How a member came to be, each way said once."""
    return list(dict.fromkeys(_how(link) for line in shown.lines for at, link in line.arrives if at == row))


def _box(named: Named, ways: list[str], standing: tuple[bool, str], left: float, top: float, *, here: bool) -> Box:
    room = WIDTH - left - 2
    above = [line for way in ways for line in _wrapped(way, room / _PLAIN)]
    y = top + len(above) * _NOTE_LINE + (4 if above else 0)
    name = _wrapped(named.name, (room - 2 * _PAD) / _BOLD)
    notes = _wrapped(standing[1] + (gettext(" (this page)") if here else ""), (room - 2 * _PAD) / _PLAIN)
    x, first = left + _PAD, y + _PAD + 14
    below = first + len(name) * _NAME_LINE
    return Box(
        named=named,
        y=y,
        height=below - y + len(notes) * _NOTE_LINE - 4,
        here=here,
        now=standing[0],
        above=tuple(Text(left, top + 14 + at * _NOTE_LINE, line) for at, line in enumerate(above)),
        name=tuple(Text(x, first + at * _NAME_LINE, line) for at, line in enumerate(name)),
        notes=tuple(Text(x, below + at * _NOTE_LINE, line) for at, line in enumerate(notes)),
    )


def _wrapped(text: str, letters: float) -> list[str]:
    return wrap(text, max(8, int(letters)), max_lines=_MOST_LINES, placeholder=" …") or [""]


def _arrival_at(box: Box) -> float:
    return box.y + 18


def _path(line: Line, boxes: list[Box], left: float) -> str:
    """A line as an SVG path: down its lane, from the foot of each box that it leaves to each that it reaches."""
    x = left - _LANE * (line.lane + 1) - 4
    ends = [_arrival_at(boxes[row]) for row in sorted({row for row, _ in line.arrives})]
    starts = [boxes[row].y + boxes[row].height - 12 for row in line.leaves]
    down = f"M{x:g} {min(starts + ends):g}V{max(starts + ends):g}"
    return (
        down + "".join(f"M{x:g} {y:g}H{left:g}" for y in starts) + "".join(f"M{x:g} {y:g}H{left - 6:g}" for y in ends)
    )


def _tip(box: Box, left: float) -> str:
    y = _arrival_at(box)
    return f"{left - 9:g},{y - 6:g} {left:g},{y:g} {left - 9:g},{y + 6:g}"


def _told(each: Descent, names: Mapping[str, Named], standings: Mapping[str, tuple[bool, str]]) -> Told:
    how = _how(each.link) if each.link else ""
    if each.again:
        return Told(how, names[each.member], gettext("told above"), ())
    after = tuple(_told(other, names, standings) for other in each.after)
    return Told(how, names[each.member], standings[each.member][1], after)
