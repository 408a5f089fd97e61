"""What differs between two texts, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

# Beyond this, comparing word by word takes longer than anybody would wait.
MOST_WORDS = 1_500


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that stayed, came or went."""

    kind: Literal["same", "added", "removed"]
    text: str


def difference(before: str, after: str) -> tuple[Piece, ...]:
    """The pieces that lead from one text to the other; what stayed and was removed makes `before` again."""
    old, new = _words(before), _words(after)
    if max(len(old), len(new)) > MOST_WORDS:
        whole = (Piece("removed", before), Piece("added", after)) if before != after else (Piece("same", before),)
        return tuple(piece for piece in whole if piece.text)
    return tuple(_pieces(old, new))


def _words(text: str) -> list[str]:
    return re.findall(r"\S+|\n|[^\S\n]+", text)


def _pieces(old: list[str], new: list[str]) -> Iterator[Piece]:
    removed = added = ""
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            removed, added = removed + "".join(old[i:j]), added + "".join(new[k:m])
            continue
        same = "".join(old[i:j])
        if same == " " and (removed or added) and j < len(old):
            # One space between two changed words is part of the run: it is read as one change, not as three.
            removed, added = removed + same, added + same
            continue
        yield from _changed(removed, added)
        yield Piece("same", same)
        removed = added = ""
    yield from _changed(removed, added)


def _changed(removed: str, added: str) -> Iterator[Piece]:
    if removed:
        yield Piece("removed", removed)
    if added:
        yield Piece("added", added)
