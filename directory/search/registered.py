"""A question that is nothing but a GP practice, asked as one about the area in which its patients are registered."""

from __future__ import annotations

from dataclasses import replace

from directory.domain.query import Query
from directory.search.engine import Engine
from directory.search.text import key, phrase


def in_its_area(query: Query, engine: Engine) -> Query:
    """The nearest of its registered areas that any service names, in place of no words at all; else the question."""
    if not query.registered or query.text.strip():
        return query
    lexicon = engine.lexicon()
    place = next((area for area in query.registered if lexicon.has("area", key(phrase(area)))), None)
    return replace(query, text=place) if place else query
