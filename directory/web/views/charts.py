"""Charts, drawn on the server as SVG. What they show is in a table beside them, for whoever does not see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    bars = [(line.reading.percent, line.team.name) for line in lines if line.reading is not None]
    return bar_chart(bars[:MOST_BARS], upto=100) if bars else None


def scale_to(most: float) -> int:
    """Where a scale ends that begins at 0 and has room for a value; its ticks are whole numbers."""
    unit = 1
    while most > 20 * unit:
        unit *= 10
    return next(end * unit for end in (5, 8, 20) if end * unit >= most)


def bar_chart(bars: Sequence[tuple[float, str]], *, upto: int, named: str = "") -> Markup:
    """Horizontal bars, each a value and its label, on a scale from 0.

    With a name it is one picture to those who do not see it; without one they are not told of it.
    """
    # Only a few pages draw: the others need not wait for it at start.
    import leather
    from leather import theme

    theme.background_color, theme.label_color = "none", "currentColor"
    theme.tick_color, theme.zero_color = "#aeb7bd", "#4c6272"
    theme.tick_font_family = "Arial, sans-serif"
    chart = leather.Chart()
    chart.add_x_scale(0, upto)
    chart.add_bars(_apart(bars), fill_color="#005eb8")
    spoken = Markup('role="img" aria-label="{}"').format(named) if named else Markup('aria-hidden="true"')
    svg = chart.to_svg(width=WIDTH, height=FRAME + BAR * len(bars))
    # It scales with the page, in the page's own letters and colours.
    svg = svg.replace(
        f'width="{WIDTH}" height="{FRAME + BAR * len(bars)}"',
        f'viewBox="0 0 {WIDTH} {FRAME + BAR * len(bars)}" class="app-family" {spoken}',
        1,
    )
    return Markup(svg)  # noqa: S704 leather escapes its labels; a test holds it to that


def _apart(bars: Iterable[tuple[float, str]]) -> list[tuple[float, str]]:
    """The same with labels as there is room for them, each once: two bars of one label would be drawn in one place."""
    seen: dict[str, int] = {}
    found = []
    for value, name in bars:
        label = name if len(name) <= LONGEST_LABEL else f"{name[: LONGEST_LABEL - 1]}…"
        times = seen[label] = seen.get(label, 0) + 1
        found.append((value, label if times == 1 else f"{label} {times}"))
    return found
