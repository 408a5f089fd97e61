"""What is let go of by its age: words that nobody needs any more, and marks of what came back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, update

from directory.store.tables.following import bounces
from directory.store.tables.learning import gaps
from directory.store.tables.telling import deliveries, digests


def forget_questions(connection: Connection, *, before: datetime) -> int:
    """Let go of questions without an answer that nobody asked since an instant; returns how many."""
    return connection.execute(delete(gaps).where(gaps.c.last_at < before)).rowcount


def forget_returned(connection: Connection, *, before: datetime) -> int:
    """Let go of reports of mail that came back before an instant; whom nothing is sent to stays; returns how many."""
    return connection.execute(delete(bounces).where(bounces.c.at < before)).rowcount


def forget_words_of_relays(connection: Connection, *, before: datetime) -> int:
    """Let go of what relays said, addresses in it, of messages settled before an instant; returns of how many.

    That somebody was told stays: when the change is withdrawn after years, they are told of that, too.
    """
    count = 0
    for sent in (deliveries, digests):
        said = (sent.c.reason.is_not(None), sent.c.settled_at < before, sent.c.state != "pending")
        count += connection.execute(update(sent).where(*said).values(reason=None)).rowcount
    return count
