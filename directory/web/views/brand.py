"""What the pages wear: the name, the colour and the logo of whoever runs this directory, and nobody else's."""

from __future__ import annotations

import hashlib
import re
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from directory.settings import COLOUR, PNG, Settings

HEIGHT, WIDEST = 40, 200


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture, its type, its address, and the size at which it is shown."""

    content: bytes
    media_type: str
    address: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Brand:
    """`style` is the address of what sets the colour; empty where it is the one that the pages come with."""

    colour: str
    style: str
    logo: Logo | None


def brand_of(settings: Settings) -> Brand:
    """What the settings say; read once."""
    return _made(settings.colour, settings.logo)


@lru_cache(maxsize=8)
def _made(colour: str, path: Path | None) -> Brand:
    # Its address names what it is, so that a browser can keep it.
    style = f"/brand/colour.css?v={colour[1:]}" if colour != COLOUR else ""
    return Brand(colour, style, _read(path) if path else None)


def _read(path: Path) -> Logo:
    content = path.read_bytes()
    is_png = content.startswith(PNG)
    wide, high = struct.unpack(">II", content[16:24]) if is_png else _size_of_svg(content.decode("utf-8", "replace"))
    # What says no size is taken for a square.
    width, height = HEIGHT * wide / high if wide and high else HEIGHT, float(HEIGHT)
    if width > WIDEST:
        width, height = WIDEST, WIDEST * high / wide
    address = f"/brand/logo?v={hashlib.sha256(content).hexdigest()[:12]}"
    return Logo(content, "image/png" if is_png else "image/svg+xml", address, round(width), round(height))


def _size_of_svg(text: str) -> tuple[float, float]:
    """Width and height as its `viewBox`, or else itself, says; a square where neither does."""
    opening = text[text.find("<svg") :].partition(">")[0]
    box = re.search(r"""viewBox=["']\s*[-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]+)[\s,]+([\d.]+)""", opening)
    own = [re.search(rf"""\s{name}=["']([\d.]+)""", opening) for name in ("width", "height")]
    given = box.groups() if box else [each[1] for each in own if each]
    try:
        wide, high = (float(each) for each in given)
    except ValueError:
        return 1, 1
    return (wide, high) if wide > 0 and high > 0 else (1, 1)
