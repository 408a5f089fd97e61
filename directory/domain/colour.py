"""Colours as WCAG 2.2 compares them."""

from __future__ import annotations

# What text needs at least, at level AA.
ENOUGH = 4.5


def contrast_with_white(colour: str) -> float:
    """How well white letters stand out from a colour written `#005eb8`: from 1 to 21.

    >>> round(contrast_with_white("#000000")), round(contrast_with_white("#ffffff"))
    (21, 1)
    """
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
