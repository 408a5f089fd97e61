"""Charts, drawn on the server as SVG. What they show is in a table beside them, for whoever does not see them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from markupsafe import Markup

# Narrow, so that the letters are not small where the page is: a telephone shows it almost as large as it is.
WIDTH, BAR, FRAME = 360, 34, 90
LONGEST_LABEL = 24
MOST_BARS = 30


class _Reading(Protocol):
    @property
    def percent(self) -> int: ...


class _Named(Protocol):
    @property
    def name(self) -> str: ...


class _Line(Protocol):
    @property
    def team(self) -> _Named: ...

    @property
    def reading(self) -> _Reading | None: ...


def share_chart(lines: Iterable[_Line]) -> Markup | None:
    """A bar for each team that may be shown: how many in a hundred have read it. None where there is none."""
    bars = [(line.reading.percent, _label(line.team.name)) for line in lines if line.reading is not None]
    return bar_chart(bars[:MOST_BARS], upto=100) if bars else None


def bar_chart(bars: list[tuple[int, str]], *, upto: int) -> Markup:
    """Horizontal bars, each a value and its label, on a scale from 0."""
    # Only a few pages draw: the others need not wait for it at start.
    import leather
    from leather import theme

    theme.background_color, theme.label_color = "none", "currentColor"
    theme.tick_color, theme.zero_color = "#aeb7bd", "#4c6272"
    theme.tick_font_family = "Arial, sans-serif"
    chart = leather.Chart()
    chart.add_x_scale(0, upto)
    chart.add_bars(bars, fill_color="#005eb8")
    svg = chart.to_svg(width=WIDTH, height=FRAME + BAR * len(bars))
    # It scales with the page, in the page's own letters and colours.
    svg = svg.replace(
        f'width="{WIDTH}" height="{FRAME + BAR * len(bars)}"',
        f'viewBox="0 0 {WIDTH} {FRAME + BAR * len(bars)}" class="app-family" aria-hidden="true"',
        1,
    )
    return Markup(svg)  # noqa: S704 leather escapes its labels; a test holds it to that


def _label(name: str) -> str:
    return name if len(name) <= LONGEST_LABEL else f"{name[: LONGEST_LABEL - 1]}…"
