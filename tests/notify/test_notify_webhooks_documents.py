"""What the interfaces document says of webhooks is what they do: its example and its receiver are run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from directory.notify.events import TYPES
from directory.store.database import Database
from tests.notify.build import Town
from tests.notify.posting import Posting
from tests.outbound.receiver import Receiver

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "interfaces.md").read_text(encoding="utf-8")
SECTION = DOCUMENT[DOCUMENT.index("## Webhooks") : DOCUMENT.index("## Teams and Slack")]


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", SECTION, re.DOTALL)
    return str(found)


@pytest.fixture
def posted(sqlite_url: str) -> tuple[str, Receiver]:
    """A secret, and a receiver that has got three events."""
    database = Database(sqlite_url)
    posting = Posting(Town(database), at=datetime.now(UTC))
    with Receiver() as receiver:
        secret = posting.add(receiver.url).secret
        for _ in range(3):
            posting.publish()
        assert posting.post() == 3
    database.close()
    assert secret is not None
    return secret, receiver


def test_the_example_has_the_shape_of_an_event(posted: tuple[str, Receiver]) -> None:
    _, receiver = posted
    assert shape(json.loads(block("json"))) == shape(receiver.got[0].json)
    for name in (*TYPES.values(), "page.updated"):
        assert f"`{name}`" in SECTION


def shape(value: Any) -> Any:
    """The keys all the way down; of a list, those of its first. What is given here may be empty there."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items() if key not in ("referral_routes", "contacts")}
    return [shape(value[0])] if isinstance(value, list) and value else None


def test_the_receiver_verifies_counts_and_sees_a_hole(posted: tuple[str, Receiver]) -> None:
    secret, receiver = posted
    names: dict[str, Any] = {}
    exec(block("python").replace('"whsec_…"', repr(secret)), names)
    receive: Callable[[bytes, dict[str, str], int], int] = names["receive"]
    first, second, third = receiver.got
    assert receive(first.body, first.headers, 0) == 1
    assert receive(first.body, first.headers, 1) == 1, "a repeat"
    with pytest.raises(LookupError, match="2 to 2"):
        receive(third.body, third.headers, 1)
    assert receive(third.body, third.headers, receive(second.body, second.headers, 1)) == 3
    with pytest.raises(WebhookVerificationError):
        receive(second.body, first.headers, 1)
