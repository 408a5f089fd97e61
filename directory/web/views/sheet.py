"""An entry on one sheet of A4: what fits, until when it may be relied on, and the way back to what holds today."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import segno
from markupsafe import Markup

from directory.domain.service import Upcoming
from directory.web.press import Press
from directory.web.views.entries import EntryView, RouteView
from directory.web.views.places import PlaceView

# Nobody looks again at what hangs on a wall: after a week it says itself that it is old.
GOOD_FOR = timedelta(days=7)
# What fills one sheet at most, in letters and in pieces; tests/browser/test_browser_sheet.py prints the fullest.
LONGEST, LONG, SHORT = 190, 105, 75
MOST_ROUTES, MOST_CONTACTS, MOST_PLACES, MOST_COMING = 3, 4, 2, 2
# What makes a text fit: the text, and how many letters there is room for.
Cut = Callable[[str, int], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetView:
    """A sheet, printed at a local instant; `cut` where not everything fitted, `code` leads to `address`."""

    entry: EntryView
    printed_at: datetime
    good_until: date
    cut: bool
    address: str
    code: Markup


def good_until(printed_on: date, coming: Iterable[Upcoming]) -> date:
    """The last day on which a sheet may be relied on: a week on, or the day before the first change that is known."""
    changes = (change.effective_from - timedelta(days=1) for change in coming)
    return max(printed_on, min((printed_on + GOOD_FOR, *changes)))


def sheet_view(entry: EntryView, *, printed_at: datetime, base_url: str) -> SheetView:
    """An entry as it is printed, shortened to what a sheet holds."""
    address = f"{base_url}{entry.href}"
    return SheetView(
        entry=_fitted(entry, _shortened),
        printed_at=printed_at,
        good_until=good_until(printed_at.date(), entry.coming),
        cut=_is_cut(entry),
        address=address,
        code=code(address),
    )


def code(address: str) -> Markup:
    """A QR code as SVG, without a size, a style or a script of its own; read with a seventh of it soiled."""
    drawn = segno.make(address, error="m", micro=False)
    return Markup(drawn.svg_inline(omitsize=True, svgclass="app-code-square", lineclass=None))  # noqa: S704


def _fitted(entry: EntryView, cut: Cut) -> EntryView:
    return replace(
        entry,
        name=cut(entry.name, SHORT),
        summary=cut(entry.summary, LONGEST),
        takes=cut(entry.takes, LONGEST),
        needs=cut(entry.needs, LONG),
        hours=cut(entry.hours, LONG),
        areas=tuple(cut(line, LONG) for line in entry.areas),
        call=_press(entry.call, cut) if entry.call else None,
        routes=tuple(_route(it, cut) for it in entry.routes[:MOST_ROUTES]),
        contacts=tuple(replace(it, press=_press(it.press, cut)) for it in entry.contacts[:MOST_CONTACTS]),
        places=tuple(PlaceView(cut(place.text, SHORT)) for place in entry.places[:MOST_PLACES]),
        coming=tuple(replace(each, title=cut(each.title, SHORT)) for each in entry.coming[:MOST_COMING]),
    )


def _route(it: RouteView, cut: Cut) -> RouteView:
    short = {name: cut(getattr(it, name), LONG) for name in ("who", "what_to_send", "notes")}
    return replace(it, address=_press(it.address, cut), hours=cut(it.hours, SHORT), **short)


def _press(it: Press, cut: Cut) -> Press:
    return Press(cut(it.text, SHORT), it.href, cut(it.label, SHORT // 2))


def _is_cut(entry: EntryView) -> bool:
    """Whether something is left out, or ends in the middle."""
    pieces = ((entry.routes, MOST_ROUTES), (entry.contacts, MOST_CONTACTS), (entry.places, MOST_PLACES))
    return any(len(held) > most for held, most in pieces) or _fitted(entry, _shortened) != _fitted(entry, _whole)


def _whole(text: str, _most: int) -> str:
    return " ".join(text.split())


def _shortened(text: str, most: int) -> str:
    """A text on one line, of at most so many letters; an ellipsis says where there was more."""
    folded = " ".join(text.split())
    return folded if len(folded) <= most else f"{folded[: most - 2].rstrip()} …"
