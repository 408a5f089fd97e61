"""What the tests of webhooks, Teams and Slack share: a town that posts, and somebody who receives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from directory.store.database import Database
from tests.notify.build import Town
from tests.notify.posting import Posting
from tests.outbound.receiver import Receiver


@pytest.fixture
def posting(sqlite_url: str) -> Iterator[Posting]:
    database = Database(sqlite_url)
    yield Posting(Town(database))
    database.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running
