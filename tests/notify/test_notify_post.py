"""Letters: sent at once, once, and never after they have expired; nothing of whom they went to stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest

from directory.domain.arriving import code_of
from directory.notify.letterhead import Letterhead, sign_in_of_token
from directory.notify.post import KEPT, forget_what_is_over, send_letters
from directory.outbound.mail import RelayAway, SmtpMailer
from directory.outbound.message import Mail
from directory.store import letters
from directory.store.database import Database
from directory.store.sending import Outcome
from tests.outbound.relay import Relay, running

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LEE = "lee@northmoor.example"
HEAD = Letterhead(
    "https://signpost.example", "Signpost <signpost@northmoor.example>", "Northmoor directory", "secret",
    ZoneInfo("Europe/London"), lambda text: text,
)  # fmt: skip


def queue(database: Database, email: str = LEE, *, sign_in: str = "abc", at: datetime = NOON) -> None:
    with database.write() as connection:
        until = at + timedelta(minutes=10)
        letters.queue(connection, kind="sign-in", email=email, facts={"sign_in": sign_in}, at=at, expires_at=until)


def send(database: Database, relay: Relay, at: datetime = NOON) -> int:
    return send_letters(database, SmtpMailer(relay.url, timeout=5), letterhead=HEAD, clock=lambda: at)


def states(database: Database) -> list[tuple[str, str | None, str | None]]:
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT state, email, reason FROM letters ORDER BY id")
        return [(row[0], row[1], row[2]) for row in rows]


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_a_letter_is_sent_once_with_its_link_and_code(database: Database) -> None:
    queue(database)
    with running() as relay:
        assert send(database, relay) == 1
        assert send(database, relay) == 0
    to, message = relay.messages[0]
    assert to == LEE
    assert message["Subject"] == "Sign in to Northmoor directory"
    assert message["Message-ID"] == "<letter-1-20261122120000@signpost.example>"
    assert message["List-Unsubscribe"] is None
    text = text_of(message)
    code = code_of("abc", "secret")
    assert f"{code[:4]} {code[4:]}" in text
    token = text.partition("https://signpost.example/sign-in/")[2].split()[0]
    assert sign_in_of_token(token, "secret") == "abc"
    assert states(database) == [("accepted", None, None)]


def test_what_expired_is_not_sent(database: Database) -> None:
    queue(database)
    with running() as relay:
        assert send(database, relay, NOON + timedelta(minutes=10)) == 0
    assert relay.messages == []
    assert [state for state, _, _ in states(database)] == ["dropped"]


def test_a_refused_address_is_not_tried_again_and_not_kept(database: Database) -> None:
    queue(database)
    with running() as relay:
        relay.refuse[LEE] = f"550 {LEE} unknown"
        send(database, relay)
        send(database, relay, NOON + timedelta(minutes=5))
    state, email, reason = states(database)[0]
    assert (state, email) == ("failed", None)
    assert LEE not in (reason or "")


def test_a_relay_that_is_busy_is_tried_again_soon(database: Database) -> None:
    queue(database)
    with running() as relay:
        relay.refuse[LEE] = "451 try later"
        assert send(database, relay) == 0
        relay.refuse.clear()
        assert send(database, relay, NOON + timedelta(seconds=19)) == 0
        assert send(database, relay, NOON + timedelta(seconds=20)) == 1


class Away:
    """A relay that is not there."""

    name = "away"

    def __enter__(self) -> Away:
        return self

    def __exit__(self, *_: object) -> None: ...

    def send(self, message: Mail | EmailMessage, to: str, *, after: Callable[[], object] | None = None) -> None:
        raise RelayAway("nobody there")


def test_a_relay_that_is_away_loses_nothing(database: Database) -> None:
    for number in range(3):
        queue(database, f"p{number}@northmoor.example")
    send_letters(database, Away(), letterhead=HEAD, clock=lambda: NOON)
    assert [state for state, _, _ in states(database)] == ["pending"] * 3
    with running() as relay:
        assert send(database, relay, NOON + timedelta(minutes=1)) == 3


def test_two_workers_send_each_letter_once(database: Database) -> None:
    for number in range(5):
        queue(database, f"p{number}@northmoor.example")
    until = NOON + timedelta(minutes=2)
    with database.write() as connection:
        taken = letters.claim(connection, lease="other", at=NOON, until=until, limit=3)
    with running() as relay:
        assert send(database, relay) == 2
        # The other worker died: what it held is free when its lease is over.
        assert send(database, relay, until) == 3
        with database.write() as connection:
            late = letters.settle(connection, taken[0], lease="other", at=until, outcome=Outcome("accepted"))
    assert not late
    assert len(relay.to) == len(set(relay.to)) == 5


@pytest.mark.parametrize("email", ["a@[", "lee@northmoor..example", '"@x'])
def test_an_address_that_cannot_be_written_holds_up_nobody(database: Database, email: str) -> None:
    queue(database, email)
    queue(database)
    with running() as relay:
        assert send(database, relay) == 1
    assert [state for state, _, _ in states(database)] == ["failed", "accepted"]


def test_what_is_over_is_forgotten(database: Database) -> None:
    queue(database)
    assert forget_what_is_over(database, at=NOON + KEPT) == 0
    assert forget_what_is_over(database, at=NOON + KEPT + timedelta(seconds=1)) == 1
    assert states(database) == []


def test_what_is_good_for_days_is_tried_less_and_less_often(database: Database) -> None:
    facts = {"ref": "a", "service": "Legs", "kind": "A question", "text": "Why?", "count": 1, "waits": 1}
    with database.write() as connection:
        letters.queue(
            connection, kind="report-new", email=LEE, facts=facts, at=NOON, expires_at=NOON + timedelta(days=3)
        )
    at = NOON
    pauses: list[timedelta] = []
    with running() as relay:
        relay.refuse[LEE] = "451 try later"
        for _ in range(10):
            send(database, relay, at)
            with database.read() as connection:
                row = connection.exec_driver_sql("SELECT attempts FROM letters").one()
                assert row[0] == len(pauses) + 1
            pause = timedelta(seconds=20)
            while not _due(database, at + pause):
                pause += timedelta(seconds=20)
            pauses.append(pause)
            at += pause
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(seconds=40), timedelta(hours=1))


def _due(database: Database, at: datetime) -> bool:
    with database.read() as connection:
        return letters.any_due(connection, at=at)
