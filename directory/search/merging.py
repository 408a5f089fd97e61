"""Which segments to rewrite as one: each change makes one more, and each costs every question a little."""

from __future__ import annotations

from directory.search.snapshot import Part, Snapshot

# Above this number, the smallest are rewritten as one, when nothing else is to be done.
MOST_SEGMENTS = 6
_KEPT = 2


def to_merge(snapshot: Snapshot, most: int) -> list[Part]:
    """The smallest segments of a state that has too many, with at most `most` documents together; none or several."""
    if len(snapshot.parts) <= MOST_SEGMENTS:
        return []
    smallest = sorted(snapshot.parts, key=lambda part: part.segment.size)[:-_KEPT]
    chosen: list[Part] = []
    for part in smallest:
        most -= part.segment.size
        if most < 0:
            break
        chosen.append(part)
    return chosen if len(chosen) > 1 else []
