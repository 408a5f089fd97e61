"""What goes on from the letters typed so far: names, former names, needs and owners, by the start of any word."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from directory.search.engine import Suggestion
from directory.search.matching import fields_of
from directory.search.snapshot import Snapshot
from directory.search.text import words

_RANK = {"name": 0, "former_name": 1, "need": 2, "owner": 3}


class Suggester:
    """Every start of a word in a state's short texts, sorted; made once for a state, for it reads every document."""

    def __init__(self, snapshot: Snapshot) -> None:
        found = sorted(set(_entries(snapshot)))
        self._starts = [entry[0] for entry in found]
        self._entries = found

    def suggest(self, prefix: str, limit: int) -> tuple[Suggestion, ...]:
        """At most `limit` suggestions: those that begin so, then those with a word that does; live ones first."""
        typed = " ".join(words(prefix[:80]))
        if len(typed) < 3 or limit <= 0:
            return ()
        first = bisect_left(self._starts, typed)
        last = bisect_left(self._starts, typed + "\U0010ffff")
        ranked = sorted(self._entries[first:last], key=lambda entry: entry[1:])
        shown: dict[tuple[str, str], Suggestion] = {}
        for _, _, _, field, text, identifier in ranked:
            shown.setdefault((field, text.casefold()), Suggestion(text, field, identifier or None))
            if len(shown) == limit:
                break
        return tuple(shown.values())


def _entries(snapshot: Snapshot) -> Iterator[tuple[str, int, int, str, str, str]]:
    """(what is typed, not at the start, rank and superseded, field, text, service id)."""
    for at in snapshot.numbers.values():
        document = snapshot.document(at)
        for field, text in fields_of(document):
            if field not in _RANK:
                continue
            one_service = field in ("name", "former_name")
            each = words(text)
            for start in range(len(each)):
                typed = " ".join(each[start:])
                rank = _RANK[field] + (4 if document.superseded else 0)
                yield typed, int(start > 0), rank, field, text, document.id if one_service else ""
