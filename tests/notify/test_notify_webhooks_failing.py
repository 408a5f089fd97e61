"""Receivers that fail, answer late or are gone: tried again in order, under the same ids; nobody waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from threading import Event

import pytest
from sqlalchemy import text

from directory.actions.channels import resume, send_again
from directory.domain.policy import OPERATOR
from directory.notify.post import write_letter
from directory.notify.serving import retry_after
from directory.outbound.http import SECONDS, Answer, Outgoing
from directory.store import channels, letters, subscriptions
from tests.notify.build import LETTERHEAD
from tests.notify.fakes import Killed
from tests.notify.posting import SEAL, Posting
from tests.outbound.receiver import Receiver, free_port


def numbers(receiver: Receiver) -> list[int]:
    return [int(got.json["sequence"]) for got in receiver.got]


def ids(receiver: Receiver) -> list[str]:
    return [got.headers["webhook-id"] for got in receiver.got]


def test_a_failure_is_tried_again_under_the_same_id_and_keeps_the_order(posting: Posting, receiver: Receiver) -> None:
    key = posting.add(receiver.url).subscription_id
    posting.publish()
    posting.publish()
    receiver.answers = [500]
    assert posting.post() == 0
    assert posting.post() == 0
    assert numbers(receiver) == [1]
    assert posting.channel(key).reason == "it answered 500 Internal Server Error"
    posting.later(seconds=13)
    assert posting.post() == 2
    assert numbers(receiver) == [1, 1, 2]
    assert ids(receiver)[0] == ids(receiver)[1] != ids(receiver)[2]
    now = posting.channel(key)
    assert (now.sent, now.attempts, now.failing_since, now.reason, now.lease) == (2, 0, None, None, None)


@pytest.mark.parametrize("status", [429, 503])
def test_patience_that_is_asked_for_is_given(posting: Posting, receiver: Receiver, status: int) -> None:
    key = posting.add(receiver.url).subscription_id
    posting.publish()
    receiver.answers = [(status, {"Retry-After": "3600"})]
    posting.post()
    assert posting.channel(key).next_attempt_at == posting.at + timedelta(hours=1)
    posting.later(minutes=59)
    assert posting.post() == 0
    posting.later(minutes=1)
    assert posting.post() == 1


def test_attempts_back_off_and_do_not_come_together() -> None:
    waits = [retry_after(attempts, 1) for attempts in range(1, 8)]
    assert waits == sorted(waits)
    assert waits[0] < timedelta(seconds=13)
    assert timedelta(hours=4) <= waits[-1] == waits[-2] <= timedelta(hours=5)
    assert len({retry_after(3, seed) for seed in range(50)}) > 40


def test_three_days_of_failure_stop_it_and_its_owner_hears(posting: Posting) -> None:
    person = posting.town.person("amina@example.nhs.uk")
    key = posting.add(f"http://127.0.0.1:{free_port()}/hook", person=person).subscription_id
    posting.publish()
    began = posting.at
    while (now := posting.channel(key)).stopped_at is None:
        posting.at = now.next_attempt_at or posting.at
        posting.post()
        assert posting.at - began < timedelta(days=3, hours=6)
    assert posting.at - began > timedelta(days=2, hours=18)
    (letter,) = posting.letters()
    assert letter.email == "amina@example.nhs.uk"
    with posting.town.database.write() as connection:
        (taken,) = letters.claim(connection, lease="x", at=posting.at, until=posting.at, limit=9)
    message = write_letter(taken, letterhead=LETTERHEAD, at=posting.at)
    body = message.get_body(("plain",))
    assert message["Subject"] == "Updates to your webhook have stopped"
    assert body is not None
    said = body.get_content()
    assert "it cannot be reached" in said
    assert "127.0.0.1 (" in said
    assert "/hook" not in said
    # What comes meanwhile is kept, and goes out in order once it is started again.
    posting.publish()
    posting.later(days=30)
    assert posting.post() == 0
    with Receiver() as receiver:
        _move(posting, key, receiver.url)
        with posting.town.database.write() as connection:
            assert resume(connection, key, by=OPERATOR, at=posting.at).stopped_at is None
        assert posting.post() == 2
        assert numbers(receiver) == [1, 2]


def _move(posting: Posting, key: int, url: str) -> None:
    with posting.town.database.write() as connection:
        connection.execute(
            text("UPDATE channels SET url = :url WHERE subscription_id = :key"), {"url": SEAL.close(url), "key": key}
        )


def test_gone_ends_the_subscription_and_the_leads_of_its_team_hear(posting: Posting, receiver: Receiver) -> None:
    lead = posting.town.person("lead@example.nhs.uk", teams=("district-nursing",))
    posting.town.person("member@example.nhs.uk", teams=("district-nursing",))
    with posting.town.database.write() as connection:
        connection.execute(text("UPDATE memberships SET role = 'lead' WHERE person_id = :lead"), {"lead": lead})
    key = posting.add(receiver.url, team="district-nursing").subscription_id
    posting.publish()
    receiver.answers = [410]
    assert posting.post() == 0
    assert [letter.email for letter in posting.letters()] == ["lead@example.nhs.uk"]
    posting.publish()
    posting.later(days=1)
    assert posting.post() == 0
    assert len(receiver.got) == 1
    with posting.town.database.read() as connection:
        assert channels.state(connection, key).ended_at is not None
        assert subscriptions.of_team(connection, "team-district-nursing") == []


def test_a_slow_receiver_holds_up_nobody_else(posting: Posting, receiver: Receiver) -> None:
    """The slow one answers only once the fast one has everything: were it waited for, neither would ever end."""
    fast_has_all = Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        assert fast_has_all.wait(10)
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def last(handler: BaseHTTPRequestHandler) -> None:
        fast_has_all.set()
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with Receiver() as fast:
        receiver.answers = [slow]
        fast.answers = [200, 200, last]
        for url in (receiver.url, fast.url):
            posting.add(url, person=posting.town.person(f"{url[-10:-5]}@example.nhs.uk"))
        for _ in range(3):
            posting.publish()
        assert posting.post() == 6
        assert (numbers(receiver), numbers(fast)) == ([1, 2, 3], [1, 2, 3])


class Dying(Outgoing):
    """The process ends right after it has posted."""

    def post(
        self, url: str, content: bytes, headers: Mapping[str, str], *, at: datetime, seconds: float = SECONDS
    ) -> Answer:
        super().post(url, content, headers, at=at, seconds=seconds)
        raise Killed


def test_killed_after_posting_it_posts_again_under_the_same_id(posting: Posting, receiver: Receiver) -> None:
    key = posting.add(receiver.url).subscription_id
    posting.publish()
    alive, posting.outgoing = posting.outgoing, Dying(private=True)
    with pytest.raises(Killed):
        posting.post()
    posting.outgoing = alive
    assert posting.post() == 0, "the dead worker's lease still holds"
    posting.later(minutes=3)
    assert posting.post() == 1
    assert ids(receiver)[0] == ids(receiver)[1]
    assert (posting.channel(key).sent, len(receiver.got)) == (1, 2)


def test_a_worker_that_lost_its_lease_settles_nothing(posting: Posting, receiver: Receiver) -> None:
    key = posting.add(receiver.url).subscription_id
    posting.publish()
    posting.publish()

    def meanwhile(handler: BaseHTTPRequestHandler) -> None:
        with posting.town.database.write() as connection:
            send_again(connection, key, 1, by=OPERATOR, at=posting.at)
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    receiver.answers = [meanwhile]
    posting.post()
    # The first answer came to a worker that no longer held it: everything was posted once more, in order.
    assert numbers(receiver) == [1, 1, 2]
    assert posting.channel(key).sent == 2


def test_a_turn_ends_although_a_receiver_accepts_everything(posting: Posting, receiver: Receiver) -> None:
    """One with a long queue does not keep a line for itself: after its turn the next is served."""
    key = posting.add(receiver.url).subscription_id
    for _ in range(3):
        posting.publish()
    began = posting.at

    def clock() -> datetime:
        # Each look at the clock finds it 15 seconds further on.
        posting.at += timedelta(seconds=15)
        return posting.at

    assert posting.post(clock=clock) == 3
    assert posting.at - began > timedelta(minutes=1)
    assert (numbers(receiver), posting.channel(key).attempts) == ([1, 2, 3], 0)
