"""An Open Referral feed read on a schedule: what it says is followed, what it loses is not lost here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Connection

from directory.actions.polling import poll_due, poll_now
from directory.actions.sources import let_close
from directory.actions.take_in import Taken, Taking, take_in
from directory.domain.change import Edit
from directory.domain.policy import OPERATOR
from directory.errors import FeedFailed
from directory.store import changes, letters, people, source_words, sources
from directory.store.database import Database
from directory.store.versions import ids_by_identifier
from tests import build
from tests.feeds.serving import Feed, Reader, service


@pytest.fixture
def feed() -> Iterator[Feed]:
    with Feed() as running:
        yield running


@pytest.fixture
def reader(_sqlite_template: Path, tmp_path: Path) -> Iterator[Reader]:
    with Reader.over(_sqlite_template, tmp_path / "reader") as opened:
        yield opened


def key(reader: Reader, foreign: str, source: str = "east") -> str:
    with reader.database.read() as connection:
        return ids_by_identifier(connection, f"feed:{source}", [foreign])[foreign]


def titles(reader: Reader) -> list[str]:
    with reader.database.read() as connection:
        return [each.title for each in changes.list_after(connection, 0, limit=1000)]


def test_every_page_is_read_and_the_same_again_changes_nothing(reader: Reader, feed: Feed) -> None:
    feed.services = [service(str(number)) for number in range(5)]
    reader.add("east", feed.url)
    done = reader.poll("east")
    assert done.result == "Read 5 services: 5 new, 0 changed, 0 closed, 0 as before."
    assert (done.failed, done.services, done.notes) == (False, 5, ())
    assert sorted(reader.facts()) == [f"Service {number}" for number in range(5)]
    made = titles(reader)
    again = reader.poll("east")
    assert again.result == "Read 5 services: 0 new, 0 changed, 0 closed, 5 as before."
    assert titles(reader) == made


def test_what_it_changes_is_published_and_a_rename_keeps_the_service(reader: Reader, feed: Feed) -> None:
    feed.services = [service("1"), service("2")]
    reader.add("east", feed.url)
    reader.poll("east")
    ours = key(reader, "1")
    feed.services[0] = service("1", name="Falls clinic", phones=[{"number": "01632 960199"}])
    assert "1 changed" in reader.poll("east").result
    found = reader.facts()["Falls clinic"]
    assert found.former_names == ("Service 1",)
    assert found.contacts[0].value == "01632 960199"
    assert key(reader, "1") == ours
    assert titles(reader)[-1] == "Service 1: new phone number and new name"


def test_what_vanished_is_closed_and_comes_back(reader: Reader, feed: Feed) -> None:
    feed.services = [service(str(number)) for number in range(10)]
    reader.add("east", feed.url)
    reader.poll("east")
    gone = feed.services.pop(3)
    assert "1 closed" in reader.poll("east").result
    assert reader.facts()["Service 3"].status == "closed"
    assert "0 closed, 9 as before" in reader.poll("east").result
    # Without a word of its status, too.
    del gone["status"]
    feed.services.append({**gone, "assured_date": "2026-01-02"})
    assert "1 changed" in reader.poll("east").result
    assert reader.facts()["Service 3"].status == "active"


def test_a_page_that_fails_midway_closes_nothing_and_the_next_time_goes_on(reader: Reader, feed: Feed) -> None:
    feed.services = [service(str(number)) for number in range(10)]
    reader.add("east", feed.url)
    reader.poll("east")
    feed.services = [service("new"), *feed.services[:8]]
    feed.broken = lambda path, page: (500, b"oops") if page == 3 else None
    done = reader.poll("east")
    assert done.failed
    assert "page 3: it answered 500 Internal Server Error" in done.result
    assert "1 new" in done.result
    assert "0 closed" in done.result
    assert done.due_at == reader.at + timedelta(hours=1)
    feed.broken = lambda path, page: None
    feed.services.append(service("9"))
    assert "1 closed" in reader.poll("east").result
    assert reader.facts()["Service 8"].status == "closed"


def test_more_than_a_share_is_asked_of_an_editor_first(reader: Reader, feed: Feed) -> None:
    feed.services = [service(str(number)) for number in range(10)]
    reader.add("east", feed.url)
    reader.poll("east")
    feed.services = feed.services[:7]
    done = reader.poll("east")
    assert (done.failed, done.missing) == (False, 3)
    assert "no longer lists 3 services, more than 10 of a hundred" in done.result
    assert all(each.status == "active" for each in reader.facts().values())
    with reader.database.write() as connection:
        let_close(connection, "east", by=OPERATOR, at=reader.at, missing=3)
    # One more vanishes meanwhile: that was not allowed.
    feed.services = feed.services[:6]
    assert reader.poll("east").missing == 4
    with reader.database.write() as connection:
        assert let_close(connection, "east", by=OPERATOR, at=reader.at) == 4
    done = reader.poll("east")
    assert "4 closed" in done.result
    assert (done.missing, done.may_close, done.services) == (0, 0, 6)
    feed.services = []
    assert reader.poll("east").missing == 6


def test_what_the_listing_skips_is_asked_for_before_it_is_closed(reader: Reader, feed: Feed) -> None:
    """A service that moved from one page to another while they were turned."""
    feed.services = [service(str(number)) for number in range(10)]
    reader.add("east", feed.url)
    reader.poll("east")
    hidden = service("3", description="Still here.")
    body = json.dumps(hidden).encode()
    feed.services.pop(3)
    feed.broken = lambda path, page: (200, body) if path == "/o/services/3" else None
    assert "0 closed" in reader.poll("east").result
    assert reader.facts()["Service 3"].description == "Still here."
    feed.broken = lambda path, page: (500, b"") if path == "/o/services/3" else None
    done = reader.poll("east")
    assert "0 closed" in done.result
    assert "3 is not listed" in done.notes[0]


def test_a_listing_that_only_names_its_services_is_asked_for_each(reader: Reader, feed: Feed) -> None:
    feed.services = [service(str(number)) for number in range(3)]
    feed.full = False
    feed.broken = lambda path, page: (500, b"") if path == "/o/services/1" else None
    reader.add("east", feed.url)
    done = reader.poll("east")
    assert "Read 2 services: 2 new" in done.result
    assert done.notes == ("1: it answered 500 Internal Server Error; it stays as it was",)
    assert reader.facts()["Service 2"].contacts[0].value == "01632 960100"
    feed.broken = lambda path, page: None
    assert "1 new" in reader.poll("east").result


def test_one_bad_record_is_named_and_the_others_taken(reader: Reader, feed: Feed) -> None:
    patient = service("2", description="Ask for John, NHS number 943 476 5919.")
    feed.services = [service("1"), patient, "no object", service("3"), service("4" * 301)]
    reader.add("east", feed.url)
    done = reader.poll("east")
    assert "2 new" in done.result
    assert any("record 2 (2): description: " in note and "NHS number" in note for note in done.notes)
    assert any("record 3: it is not an object" in note for note in done.notes)
    assert any("record 5: id: give it an id of at most 300" in note for note in done.notes)
    assert not any("943" in note for note in done.notes)
    # What was good and turns bad stays as it was; nothing is closed for it.
    feed.services = [{**service("1"), "description": "Born 03/04/1956, NHS number 943 476 5919"}, service("3")]
    assert "0 closed" in reader.poll("east").result
    assert reader.facts()["Service 1"].description == "What 1 does."


BAD: tuple[tuple[Any, str], ...] = (
    ((200, b"<!doctype html><p>Welcome"), "It is a web page (HTML)"),
    ((200, b'{"hello": 1}'), "not a list of HSDS or Open Referral services"),
    ((200, b"x" * 10_000_000), "This is not JSON"),
    ((500, b""), "500 Internal Server Error"),
    ((404, b""), "404 Not Found"),
    ((301, b"", {"Location": "https://elsewhere.example/o"}), "it leads to https://elsewhere.example/o"),
)


def test_a_bad_feed_says_what_is_wrong_to_whoever_looks_after_it(reader: Reader, feed: Feed) -> None:
    with reader.database.write() as connection:
        people.add(connection, email="kim@northmoor.example", name="Kim", editor=False, at=reader.at)
    for number, (answer, says) in enumerate(BAD):
        feed.broken = lambda path, page, answer=answer: answer  # type: ignore[misc]
        reader.add(f"bad-{number}", feed.url, keeper="kim@northmoor.example")
        for _ in range(2):
            done = reader.poll(f"bad-{number}")
            assert done.failed
            assert says in done.result
    with reader.database.write() as connection:
        told = letters.claim(connection, lease="x", at=reader.at, until=reader.at, limit=20)
    # Once each, not at every reading.
    assert [(each.kind, each.email) for each in told] == [("source", "kim@northmoor.example")] * len(BAD)
    assert all(says in str(each.facts["result"]) for each, (_, says) in zip(told, BAD, strict=True))


def test_a_feed_that_goes_round_in_circles_ends(reader: Reader, feed: Feed) -> None:
    feed.services = [service("1"), service("2")]
    page = json.dumps({"total_pages": 10**6, "page_number": 1, "contents": feed.services, "last_page": False}).encode()
    feed.broken = lambda path, number: (200, page) if path == "/o/services" else None
    reader.add("east", feed.url)
    done = reader.poll("east")
    assert "page 2 repeats what came before" in done.result
    assert "2 new" in done.result
    assert len(feed.asked) < 10


def test_a_page_too_large_to_hold_is_let_go_of(reader: Reader, feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("directory.actions.read_hsds.LARGEST_PAGE", 1000)
    feed.broken = lambda path, page: (200, b"[" + b" " * 5000 + b"]")
    reader.add("east", feed.url)
    assert "larger than 1,000 bytes" in reader.poll("east").result


def test_an_error_of_ours_holds_up_no_other_feed(reader: Reader, feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    feed.services = [service("1")]
    reader.add("east", feed.url)
    reader.add("west", feed.url)

    def broken(connection: Connection, taking: Taking) -> Taken:
        if taking.source.name == "east":
            raise RuntimeError
        return take_in(connection, taking)

    monkeypatch.setattr("directory.actions.polling.take_in", broken)
    assert poll_due(reader.polling) == 2
    assert reader.source("east").failed
    assert "the log of the worker says why" in reader.source("east").result
    assert "1 new" in reader.source("west").result


def test_what_is_larger_than_memory_is_not_read_to_its_end(
    reader: Reader, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("directory.actions.read_hsds.LARGEST", 2_000)
    feed.services = [service(str(number)) for number in range(99)]
    reader.add("east", feed.url)
    assert "it is larger than 0 MB in all" in reader.poll("east").result
    assert len(feed.asked) < 9


def test_a_feed_that_says_nothing_is_not_waited_for(
    reader: Reader, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("directory.actions.read_hsds.SECONDS_A_PAGE", 0.1)
    over = Event()
    feed.broken = lambda path, page: (200, b"[]") if over.wait(10) else None
    reader.add("east", feed.url)
    assert "did not answer within 0.1 seconds" in reader.poll("east").result
    over.set()


def test_older_versions_of_the_standard(reader: Reader, feed: Feed) -> None:
    """Open Referral UK 1: `content`, `totalElements`, `last`; and a server that refuses what it does not know."""
    listed = [{**service(str(n)), "contacts": [{"phones": [{"number": "01632 960111"}]}]} for n in range(3)]

    def old(path: str, page: int) -> Any:
        if "full" in feed.asked[-1] or "per_page" in feed.asked[-1]:
            return 400, b"unknown parameter"
        if path != "/o/services":
            return None
        body = {"totalElements": 3, "totalPages": 2, "number": page, "last": page == 2}
        return 200, json.dumps({**body, "content": listed[(page - 1) * 2 : page * 2]}).encode()

    feed.broken = old
    reader.add("east", f"{feed.url}/services")
    assert "Read 3 services: 3 new" in reader.poll("east").result


def test_two_feeds_with_the_same_ids_are_two_sets_of_services(reader: Reader, feed: Feed) -> None:
    with Feed() as other:
        feed.services = [service("1")]
        other.services = [service("1", name="Another", organization={"id": "org", "name": "Westmarsh Council"})]
        reader.add("east", feed.url)
        reader.add("west", other.url)
        for _ in range(2):
            reader.poll("east")
            reader.poll("west")
        assert sorted(reader.facts()) == ["Another", "Service 1"]
        assert key(reader, "1", "east") != key(reader, "1", "west")
        owners = {each.owner.organisation for each in reader.facts().values()}
        assert len(owners) == 2


def test_only_what_is_due_is_read_and_never_twice_at_once(reader: Reader, feed: Feed) -> None:
    feed.services = [service("1")]
    reader.add("east", feed.url, every_minutes=60)
    at = reader.at
    with reader.database.write() as connection:
        assert sources.claim(connection, lease="a", at=at, until=at + timedelta(minutes=30)) is not None
        assert sources.claim(connection, lease="b", at=at, until=at + timedelta(minutes=30)) is None
    assert poll_due(reader.polling) == 0
    with pytest.raises(FeedFailed, match="is being read"):
        poll_now(reader.polling, "east")
    # Its reader died: another takes it over.
    reader.at += timedelta(minutes=31)
    assert poll_due(reader.polling) == 1
    assert poll_due(reader.polling) == 0
    reader.at += timedelta(minutes=61)
    assert poll_due(reader.polling) == 1


def test_a_worker_that_ends_gives_a_feed_back(reader: Reader, feed: Feed) -> None:
    feed.services = [service(str(number)) for number in range(9)]
    reader.add("east", feed.url)
    stopping = replace(reader.polling, stop=lambda: len(feed.asked) >= 3)
    assert poll_due(stopping) == 1
    done = reader.source("east")
    assert (done.failed, done.result, reader.facts()) == (False, "", {})
    assert poll_due(reader.polling) == 1
    assert len(reader.facts()) == 9


@pytest.mark.again
@pytest.mark.postgres
def test_the_same_on_postgresql(postgres_url: str, feed: Feed) -> None:
    """Leases, what is kept in mind, and clashes, in the other database's words."""
    feed.services = [service(str(number)) for number in range(4)]
    database = Database(postgres_url)
    reader = Reader(database)
    reader.add("east", feed.url, at_most=50)
    assert "4 new" in reader.poll("east").result
    edit = Edit(key(reader, "1"), {"description": "Ours."})
    build.change(database, build.draft(edit), at=reader.at)
    feed.services = [service("1", description="Theirs."), service("2"), "no object"]
    assert "0 closed" in reader.poll("east").result
    feed.services.pop()
    assert "2 closed" in reader.poll("east").result
    with database.write() as connection:
        source = sources.by_name(connection, "east")
        found = source_words.clash(connection, source.id, key(reader, "1"), "description")
        assert found is not None
        source_words.keep(connection, found, at=reader.at)
    assert reader.poll("east").clashes == 0
    assert poll_due(reader.polling) == 0
    database.close()


def test_a_reader_that_lost_its_lease_writes_nothing(reader: Reader, feed: Feed) -> None:
    feed.services = [service("1")]
    reader.add("east", feed.url)

    def taken_over(path: str, page: int) -> None:
        with reader.database.write() as connection:
            connection.exec_driver_sql("UPDATE sources SET lease = 'another'")

    feed.broken = taken_over
    poll_now(reader.polling, "east")
    assert reader.facts() == {}
    assert reader.source("east").result == ""


def test_the_organisation_follows_its_feed_by_its_own_id(reader: Reader, feed: Feed) -> None:
    feed.services = [service("1"), service("2")]
    reader.add("east", feed.url)
    reader.poll("east")
    owner = reader.facts()["Service 1"].owner.organisation
    for each in feed.services:
        each["organization"] = {"id": "org", "name": "Eastmarsh Borough Council"}
    reader.poll("east")
    assert reader.facts()["Service 1"].owner.organisation == owner
    assert "Eastmarsh Council is now called Eastmarsh Borough Council" in titles(reader)
    # Renamed here: theirs is shown, and does not come back.
    edit = Edit(owner, {"name": "The Council"})
    build.change(reader.database, build.draft(title="Renamed", organisations=(edit,)), at=reader.at)
    for each in feed.services:
        each["organization"]["name"] = "Eastmarsh Unitary"
    done = reader.poll("east")
    assert "Eastmarsh Unitary" in done.notes[0]
    assert not any("Unitary" in title for title in titles(reader))
