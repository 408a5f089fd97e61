"""What docs/interfaces/channel.md shows is what a room gets, and its call makes the subscription."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from directory.store.database import Database
from tests.api.conftest import Api, FakeSite, TestClient, app_of, furnished
from tests.notify.build import NOW
from tests.notify.posting import Posting
from tests.notify.test_notify_webhooks_cards import slack_words, teams_words
from tests.outbound.receiver import Receiver

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "interfaces" / "channel.md").read_text("utf-8")
(SHOWN,) = re.findall(r"```text\n(.*?)\n```", DOCUMENT, re.DOTALL)
(ASKED,) = re.findall(r"-d '(\{.*?\})'", DOCUMENT, re.DOTALL)


@pytest.fixture
def site(sqlite_url: str) -> Iterator[FakeSite]:
    database = Database(sqlite_url)
    yield furnished(database)
    database.close()


def test_the_room_reads_what_is_shown(posting: Posting, receiver: Receiver) -> None:
    posting.add(receiver.url, "teams")
    posting.add(receiver.url, "slack")
    posting.publish(on=(NOW + timedelta(days=3)).date())
    assert posting.post() == 2
    (slack,) = (got.json for got in receiver.got if b"blocks" in got.body)
    (teams,) = (got.json for got in receiver.got if b"AdaptiveCard" in got.body)
    assert teams_words(teams) == SHOWN
    assert set(SHOWN.splitlines()) <= set(slack_words(slack).replace("*", "").splitlines())


def test_the_call_makes_the_subscription(site: FakeSite) -> None:
    api = Api(TestClient(app_of(site), raise_server_exceptions=False))
    made = api.publish(json.loads(ASKED), path="/subscriptions")
    assert (made["channel"], made["frequency"], made["criteria"]) == (
        "teams",
        "immediately",
        {"service": ["leg-ulcer-clinic"]},
    )
