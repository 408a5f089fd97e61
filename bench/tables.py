"""Plain tables for a terminal and for a page of Markdown alike."""

from __future__ import annotations

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with its columns in line; all but the first are set to the right."""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    rule = [("-" * width) if at == 0 else ("-" * (width - 1) + ":") for at, width in enumerate(widths)]
    return "\n".join(_line(row, widths) for row in (head, rule, *rows))


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.ljust(width) if at == 0 else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return f"| {' | '.join(cells)} |"


def figure(value: float) -> str:
    """A number with as many digits as mean anything."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
