"""Retention: what personal data may be in goes by itself when its time is over. `docs/privacy.md` is the list."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from directory.store import channel_events, idempotency, retention
from directory.store.database import Database

# Three of them within 30 days stop an address for a while; older ones decide nothing.
RETURNED_KEPT = timedelta(days=90)
# A program that tries again later than this does its deed anew.
ANSWERS_KEPT = timedelta(days=30)
# Of a webhook, a Teams or a Slack channel that was ended: until then, whoever goes on with it can read them again.
EVENTS_KEPT = timedelta(days=90)
MONTH = timedelta(days=30.44)


def keep_no_longer(database: Database, mail: Path, *, months: int, at: datetime) -> int:
    """Let go of what is over; returns how many rows and files. `mail` is the folder of messages without a relay."""
    before = at - months * MONTH
    with database.write() as connection:
        count = retention.forget_questions(connection, before=before)
        count += retention.forget_returned(connection, before=at - RETURNED_KEPT)
        count += idempotency.forget(connection, before=at - ANSWERS_KEPT)
        count += retention.forget_words_of_relays(connection, before=before)
        count += channel_events.forget_ended(connection, before=at - EVENTS_KEPT)
    for path in mail.glob("*.eml") if mail.is_dir() else ():
        if path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
            count += 1
    return count
