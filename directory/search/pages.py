"""Knowledge pages that go with a question: found as services are, in an index of their own."""

from __future__ import annotations

from directory.domain.query import Hit, Query
from directory.errors import IndexDamaged
from directory.search.engine import Engine
from directory.search.find import find
from directory.search.vocabulary import Vocabulary

MOST = 3
# What a page is about, rather than what it mentions.
_ABOUT = frozenset({"name", "former_name", "core", "former_core", "need"})
_NEAR_ABOUT, _NEAR_MENTION = 0.25, 0.6


def find_pages(text: str, engine: Engine, vocabulary: Vocabulary, *, respell: bool) -> tuple[Hit, ...]:
    """At most three pages that a question is about, best first; ids are slugs. Nothing where there is no index.

    Pages that only mention it come where none is about it. `respell` takes pages that meet the question in another
    spelling: not wanted where services meet it as it is.
    """
    try:
        found = find(Query(text, limit=MOST), engine, vocabulary)
    except IndexDamaged:
        return ()
    if not found.hits or (found.did_you_mean and not respell):
        return ()
    top = found.hits[0]
    told = top.matched.field in _ABOUT
    least = top.score * (_NEAR_ABOUT if told else _NEAR_MENTION)
    return tuple(hit for hit in found.hits if hit.score >= least and (hit.matched.field in _ABOUT or not told))
