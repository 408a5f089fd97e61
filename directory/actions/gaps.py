"""Remember a question that found no confident answer, without remembering who asked it."""

from __future__ import annotations

from datetime import datetime

from directory.domain.change import fold
from directory.domain.query import Answer
from directory.domain.screen import screen
from directory.store import gaps
from directory.store.database import Database

LONGEST = 200


def record_gap(database: Database, answer: Answer, *, at: datetime) -> bool:
    """Count the question of an answer that deserved no confidence; returns whether it was counted.

    Not counted: a question about another day, one that could hold something personal, one that is too long to be read.
    """
    question = "".join(character if character.isprintable() else " " for character in answer.query.text)
    query = fold(question)
    if answer.best is not None or answer.query.as_of is not None or not any(map(str.isalpha, query)):
        return False
    if len(query) > LONGEST or "@" in query or screen(query):
        return False
    return gaps.count(database, query, at=at)
