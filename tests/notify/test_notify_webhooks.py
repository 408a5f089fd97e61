"""Webhooks: numbered without a hole, signed, in order, at least once, and nobody waits for anybody else's receiver."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Connection, text
from standardwebhooks import Webhook, WebhookVerificationError

from directory.actions.channels import change_secret, send_again
from directory.actions.retention import EVENTS_KEPT, keep_no_longer
from directory.domain.policy import OPERATOR
from directory.errors import Invalid, NotFound
from directory.notify.events import event_id
from directory.store import channel_events, channels, deliveries, subscriptions
from directory.store.database import Database
from directory.store.sealing import Seal
from tests.notify.build import NOW, Town
from tests.notify.posting import SEAL, Posting
from tests.outbound.receiver import Receiver


def numbers(receiver: Receiver) -> list[int]:
    return [int(got.json["sequence"]) for got in receiver.got]


def ids(receiver: Receiver) -> list[str]:
    return [got.headers["webhook-id"] for got in receiver.got]


def test_an_event_is_signed_and_says_what_changed(posting: Posting, receiver: Receiver) -> None:
    # The library holds a signature to the clock on the wall.
    now = posting.at = datetime.now(UTC)
    added = posting.add(receiver.url)
    number = posting.publish()
    assert posting.post() == 1
    (got,) = receiver.got
    assert added.secret is not None
    event = Webhook(added.secret).verify(got.body, got.headers)
    assert got.headers["content-type"].startswith("application/cloudevents+json")
    with pytest.raises(WebhookVerificationError):
        Webhook(added.secret).verify(got.body + b" ", got.headers)
    source = f"https://signpost.example/api/v1/subscriptions/{added.subscription_id}"
    data = event.pop("data")
    assert event == {
        "specversion": "1.0",
        "id": got.headers["webhook-id"],
        "source": source,
        "type": "change.announced",
        "subject": f"changes/{number}",
        "time": now.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "sequence": "1",
        "sequencetype": "Integer",
    }
    (service,) = data["services"]
    assert (data["number"], data["status"], data["services_count"]) == (number, "published", 1)
    assert (service["slug"], service["owner"], service["former_owner"]) == (
        "leg-ulcer-clinic",
        "Tissue Viability Team, Northmoor Community Trust",
        "District Nursing, Northmoor Community Trust",
    )
    assert service["referral_routes"][0]["address"] == "tvn.referrals@example.nhs.uk"
    assert data["href"] == f"https://signpost.example/changes/{number}"


def test_every_subscription_counts_for_itself_without_a_hole(database: Database, receiver: Receiver) -> None:
    posting = Posting(Town(database))
    person = posting.town.person("amina@example.nhs.uk", teams=("district-nursing",))
    posting.town.person("other@example.nhs.uk", teams=("district-nursing",))
    every = posting.add(f"{receiver.url}/all", person=person)
    again = posting.add(f"{receiver.url}/again", person=person)
    clinic = posting.add(f"{receiver.url}/clinic", person=person, service="leg-ulcer-clinic")
    team = posting.add(f"{receiver.url}/team", team="district-nursing")
    posting.town.change("Hours", sets={"podiatry": {"hours": "Mo-Fr"}}, kinds=("hours",))
    posting.publish()
    posting.town.change("Hours again", sets={"podiatry": {"hours": "Mo"}}, kinds=("hours",))
    posting.match()
    posting.match()
    for added, wanted in ((every, [1, 2, 3]), (again, [1, 2, 3]), (clinic, [1]), (team, [1, 2, 3])):
        assert [row.sequence for row in posting.events(added.subscription_id)] == wanted
        assert posting.channel(added.subscription_id).written == wanted[-1]
    assert posting.town.deliveries() == []
    assert posting.post() == 10
    assert [got.json["sequence"] for got in receiver.got if got.path.endswith("/all")] == ["1", "2", "3"]


def test_changes_matched_at_once_leave_no_hole(database: Database) -> None:
    """The second waits for the first, and counts on from it: neither a hole nor a clash."""
    posting = Posting(Town(database))
    added = [posting.add(f"http://127.0.0.1/{place}") for place in range(3)]
    hours = {"podiatry": {"hours": "Mo"}}
    first, second = (posting.town.change("Hours", sets=hours, kinds=("hours",)) for _ in range(2))

    def tell(connection: Connection, number: int) -> None:
        deliveries.tell(connection, number, "announced", subscribed_by=NOW, at=NOW)

    def tell_second() -> None:
        with database.write() as connection:
            tell(connection, second)

    other = Thread(target=tell_second)
    with database.write() as connection:
        tell(connection, first)
        other.start()
        other.join(0.2)
        assert other.is_alive()
    other.join()
    for each in added:
        found = [(row.sequence, row.change_number) for row in posting.events(each.subscription_id)]
        assert found == [(1, first), (2, second)]
        assert posting.channel(each.subscription_id).written == 2


def test_the_same_wish_again_is_the_same_subscription_and_shows_no_secret(posting: Posting, receiver: Receiver) -> None:
    person = posting.town.person("amina@example.nhs.uk")
    first, second = posting.add(receiver.url, person=person), posting.add(receiver.url, person=person)
    assert first.subscription_id == second.subscription_id
    assert (first.secret is None, second.secret) == (False, None)
    posting.publish()
    assert posting.post() == 1


def test_what_a_receiver_missed_is_read_and_sent_again(posting: Posting, receiver: Receiver) -> None:
    key = posting.add(receiver.url).subscription_id
    for _ in range(4):
        posting.publish()
    assert posting.post() == 4
    with posting.town.database.write() as connection:
        missed = channel_events.after(connection, key, 2, limit=10)
        assert [each.sequence for each in missed] == [3, 4]
        assert send_again(connection, key, 3, by=OPERATOR, at=posting.at).sent == 2
        for wrong in (0, 5, -1):
            with pytest.raises(Invalid):
                send_again(connection, key, wrong, by=OPERATOR, at=posting.at)
        with pytest.raises(NotFound):
            send_again(connection, key + 1, 1, by=OPERATOR, at=posting.at)
    assert posting.post() == 2
    assert numbers(receiver) == [1, 2, 3, 4, 3, 4]
    assert ids(receiver)[2:4] == ids(receiver)[4:]
    assert ids(receiver)[2] == event_id(missed[0], "https://signpost.example")


def test_events_stay_as_long_as_their_subscription_and_a_while(
    posting: Posting, receiver: Receiver, tmp_path: Path
) -> None:
    kept = posting.add(receiver.url, service="leg-ulcer-clinic").subscription_id
    ended = posting.add(receiver.url).subscription_id
    posting.publish()
    with posting.town.database.write() as connection:
        subscriptions.end(connection, ended, at=posting.at)
    posting.publish()
    last = posting.at + EVENTS_KEPT
    assert keep_no_longer(posting.town.database, tmp_path, months=1200, at=last) == 0
    assert keep_no_longer(posting.town.database, tmp_path, months=1200, at=last + timedelta(seconds=1)) == 1
    assert [len(posting.events(key)) for key in (kept, ended)] == [2, 0]
    with posting.town.database.write() as connection:
        subscriptions.restore(connection, ended)
    posting.publish()
    assert [row.sequence for row in posting.events(ended)] == [2]
    assert posting.post() == 4


def test_for_a_day_both_secrets_are_good(posting: Posting, receiver: Receiver) -> None:
    posting.at = datetime.now(UTC) - timedelta(minutes=1)
    added = posting.add(receiver.url)
    with posting.town.database.write() as connection:
        fresh = change_secret(connection, added.subscription_id, by=OPERATOR, at=posting.at, seal=SEAL)
    posting.publish()
    posting.post()
    for secret in (added.secret, fresh):
        assert Webhook(secret or "").verify(receiver.got[0].body, receiver.got[0].headers)["sequence"] == "1"
    posting.later(hours=24)
    posting.publish()
    posting.post()
    headers = receiver.got[1].headers
    assert len(headers["webhook-signature"].split()) == 1
    signature = Webhook(fresh).sign(headers["webhook-id"], posting.at, receiver.got[1].body.decode())
    assert headers["webhook-signature"] == signature


def test_neither_address_nor_secret_can_be_read_in_the_database(posting: Posting, receiver: Receiver) -> None:
    added = posting.add(receiver.url)
    posting.publish()
    with posting.town.database.read() as connection:
        rows = [
            *connection.exec_driver_sql("SELECT * FROM channels").all(),
            *connection.exec_driver_sql("SELECT * FROM subscriptions").all(),
            *connection.exec_driver_sql("SELECT * FROM audit").all(),
        ]
    shown = repr(rows)
    assert "/hook" not in shown
    assert "whsec_" not in shown
    assert SEAL.open(posting.channel(added.subscription_id).secret) == added.secret
    assert Seal("another secret").open(posting.channel(added.subscription_id).secret) is None
    # Under another secret nothing is posted, and the reason says what to look for.
    posting.post(seal=Seal("another secret"))
    assert "SIGNPOST_SECRET" in posting.channel(added.subscription_id).reason
    assert receiver.got == []


@pytest.mark.parametrize("how", ["paused", "ended", "erased"])
def test_nothing_is_posted_for_whoever_wants_or_is_no_more(posting: Posting, receiver: Receiver, how: str) -> None:
    person = posting.town.person("amina@example.nhs.uk")
    key = posting.add(receiver.url, person=person).subscription_id
    posting.publish()
    with posting.town.database.write() as connection:
        if how == "paused":
            subscriptions.pause(connection, key, until=posting.at + timedelta(days=1))
        elif how == "ended":
            subscriptions.end(connection, key, at=posting.at)
    if how == "erased":
        posting.town.erase(person)
    assert posting.post() == 0
    posting.later(days=1)
    assert posting.post() == (1 if how == "paused" else 0)
    assert len(receiver.got) == (1 if how == "paused" else 0)


def test_a_program_hears_of_every_stage_and_of_what_was_taken_back(posting: Posting, receiver: Receiver) -> None:
    posting.add(receiver.url)
    soon = (NOW + timedelta(days=3)).date()
    first = posting.publish(on=soon)
    second = posting.town.move_clinic(on=soon, supersedes=first)
    with posting.town.database.write() as connection:
        connection.execute(text("""UPDATE change_subjects SET "set" = '{"hours":"Mo"}'"""))
    posting.town.withdraw(first)
    posting.match()
    third = _only_withdraws(posting, second)
    posting.match()
    assert posting.post() == 3
    told = [(got.json["type"], got.json["data"]["number"], got.json["data"]["supersedes"]) for got in receiver.got]
    assert told == [
        ("change.announced", first, None),
        ("change.amended", second, first),
        ("change.withdrawn", third, second),
    ]
    fourth = posting.publish(on=soon)
    posting.later(days=4)
    posting.match()
    posting.post()
    last = [(got.json["type"], got.json["data"]["number"]) for got in receiver.got[3:]]
    assert last == [("change.announced", fourth), ("change.in_force", fourth)]
    assert numbers(receiver) == [1, 2, 3, 4, 5]


def _only_withdraws(posting: Posting, number: int) -> int:
    """A change that sets nothing, and takes another back."""
    third = posting.town.change("It does not hold", sets={}, kinds=(), at=posting.at, supersedes=number)
    posting.town.withdraw(number)
    return third


def test_an_event_is_never_too_large_to_be_posted(posting: Posting, receiver: Receiver) -> None:
    posting.add(receiver.url)
    posting.publish(why="Because. " * 40_000)
    assert posting.post() == 1
    data: dict[str, Any] = receiver.got[0].json["data"]
    assert (data["services"], data["services_count"], data["why"]) == ([], 1, "")


def test_states_are_listed_without_what_is_secret(posting: Posting, receiver: Receiver) -> None:
    key = posting.add(receiver.url).subscription_id
    with posting.town.database.read() as connection:
        (state,) = channels.states(connection, [key, 999])
    assert "/hook" not in repr(dataclasses.astuple(state))
    assert (state.channel, state.written, state.sent) == ("webhook", 0, 0)


def test_an_author_sees_how_many_rooms_and_programs_will_be_told(database: Database, receiver: Receiver) -> None:
    posting = Posting(Town(database))
    person = posting.town.person("amina@example.nhs.uk")
    posting.town.subscribe("daily", person=person, service="leg-ulcer-clinic")
    posting.add(f"{receiver.url}/a", person=person)
    posting.add(f"{receiver.url}/b", person=person, service="leg-ulcer-clinic")
    posting.add(f"{receiver.url}/c", person=person, service="podiatry")
    terms = [("leg-ulcer-clinic", "service", "leg-ulcer-clinic"), ("leg-ulcer-clinic", "kind", "hours")]
    with database.read() as connection:
        found = deliveries.audience(connection, terms)
    assert (found.people, found.channels) == (1, 2)
