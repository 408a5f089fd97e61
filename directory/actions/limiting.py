"""So many in a span of time, for each address, network or service; a name is kept only as a keyed digest."""

from __future__ import annotations

import hmac
from datetime import datetime
from math import ceil

from sqlalchemy import Connection

from directory.errors import TooMany
from directory.store import limits
from directory.store.limits import Limit


def take_one(connection: Connection, what: str, whose: str, limit: Limit, *, secret: str, at: datetime) -> None:
    """Take one of what a limit grants; raises TooMany, which says how long to wait."""
    key = hmac.new(secret.encode(), f"{what} {whose}".encode(), "sha256").hexdigest()
    wait = limits.take(connection, key, limit, at=at)
    if wait is not None:
        seconds = ceil(wait.total_seconds())
        raise TooMany("That was tried many times. Wait a few minutes and try again.", wait=seconds)
