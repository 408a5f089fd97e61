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
    # With its white space, so that a run of changed words stays one run.
    return re.findall(r"\S+\s*|\s+", text)


def _pieces(old: list[str], new: list[str]) -> Iterator[Piece]:
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece("same", "".join(old[i:j]))
            continue
        if i < j:
            yield Piece("removed", "".join(old[i:j]))
        if k < m:
            yield Piece("added", "".join(new[k:m]))
