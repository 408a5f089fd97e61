"""Retention: what personal data may be in goes by itself when its time is over. `docs/privacy.md` is the list."""

from __future__ import annotations

from contextlib import suppress
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
# A message is written in less; an older half of one is what a kill left.
WRITTEN = timedelta(hours=1)
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
    return (
        count + _forget_messages(mail, "*.eml", before=before) + _forget_messages(mail, "*.part", before=at - WRITTEN)
    )


def _forget_messages(folder: Path, pattern: str, *, before: datetime) -> int:
    count = 0
    for path in folder.glob(pattern) if folder.is_dir() else ():
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before.timestamp():
                path.unlink()
                count += 1
    return count
