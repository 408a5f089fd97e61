"""Whom a change would reach, in numbers: nobody is named before it is published."""

from __future__ import annotations

from sqlalchemy import Connection

from directory.actions.prepare import Published
from directory.store.deliveries import Audience, audience


def audience_of(connection: Connection, published: Published) -> Audience:
    """Whom a change reaches; nobody where it is minor, which only makes a version."""
    if published.change.weight == "minor":
        return Audience(0, 0, ())
    return audience(connection, published.new.terms)
