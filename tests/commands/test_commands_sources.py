"""The command line of feeds of other directories."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.commands.conftest import Signpost, printed
from tests.feeds.serving import Feed, service


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Feed]:
    with Feed() as running:
        running.services = [service(str(number)) for number in range(4)]
        yield running


@pytest.fixture
def private(signpost: Signpost, monkeypatch: pytest.MonkeyPatch) -> Signpost:
    monkeypatch.setenv("SIGNPOST_OUTGOING_PRIVATE", "yes")
    return signpost


def test_a_feed_is_added_read_listed_and_removed(private: Signpost, feed: Feed) -> None:
    assert "east is read every 60 minutes" in private("source", "add", "east", feed.url, "--every", "60").stdout
    assert "not read yet" in private("source", "list").stdout
    assert "Read 4 services: 4 new" in private("source", "poll", "east").stdout
    [listed] = printed(private("source", "list", "--json"))
    assert (listed["name"], listed["services"], listed["failed"], listed["clashes"]) == ("east", 4, False, 0)
    feed.services = feed.services[:1]
    assert "more than 10 of a hundred" in private("source", "poll", "east").stdout
    assert "3 closed" in private("source", "poll", "east", "--close-missing").stdout
    assert "1 service, 0 clashes. Read 1 service:" in private("source", "list").stdout
    private("source", "remove", "east")
    assert private("source", "list").stdout == ""
    assert "Service 0" in private("show", "service-0").stdout


def test_a_feed_is_imported_once_by_its_address(private: Signpost, feed: Feed) -> None:
    assert "4 services new" in private("import", feed.url).stdout
    assert "4 unchanged" in private("import", feed.url, "--format", "hsds").stdout
    assert printed(private("import", feed.url, "--json"))["file"] == feed.url
    feed.broken = lambda path, page: (500, b"") if page == 2 else None
    refused = private("import", feed.url, code=1)
    assert refused.stderr == (
        f"signpost: {feed.url}: page 2: it answered 500 Internal Server Error; nothing was written\n"
    )
    feed.broken = lambda path, page: (200, b"<html>")
    assert "not JSON" in private("import", feed.url, code=1).stderr
    assert "--format hsds" in private("import", feed.url, "--format", "nhs-hospitals", code=2).stderr
    # Read on a schedule from now on, they are the same services, and what the file brought is followed.
    feed.broken = lambda path, page: None
    feed.services = [service(f"0b5e1c1e-5b0f-4f5e-8d0a-00000000000{number}") for number in range(3)]
    private("import", feed.url)
    private("source", "add", "east", feed.url)
    assert "Read 3 services: 0 new, 3 changed, 0 closed, 0 as before." in private("source", "poll", "east").stdout


def test_a_feed_that_moved_is_read_on(private: Signpost, feed: Feed) -> None:
    private("user", "add", "amina@northmoor.example", "--name", "Amina")
    private("source", "add", "east", "http://127.0.0.1:1/o", "--keeper", "amina@northmoor.example")
    assert "cannot be reached" in private("source", "poll", "east", code=1).stdout
    assert feed.url in private("source", "set", "east", "--url", feed.url, "--every", "30").stdout
    private("work", "--once")
    [listed] = printed(private("source", "list", "--json"))
    assert (listed["every_minutes"], listed["at_most"], listed["keeper"]) == (30, 10, "Amina")
    assert listed["services"] == 4
    private("source", "set", "east", "--keeper", "", "--at-most", "3")
    [listed] = printed(private("source", "list", "--json"))
    assert (listed["keeper"], listed["at_most"]) == ("", 3)
    assert "from 0 to 100" in private("source", "set", "east", "--at-most", "101", code=1).stderr
    assert "No feed is called west" in private("source", "set", "west", code=1).stderr


def test_the_worker_reads_what_is_due(private: Signpost, feed: Feed) -> None:
    private("source", "add", "east", feed.url)
    private("work", "--once")
    assert "Service 0" in private("show", "service-0").stdout
    asked = len(feed.asked)
    private("work", "--once")
    assert len(feed.asked) == asked


def test_what_is_wrong_is_one_line(private: Signpost, feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    feed.broken = lambda path, page: (200, b"<html>")
    private("source", "add", "east", feed.url)
    done = private("source", "poll", "east", code=1)
    assert "It is a web page (HTML)" in done.stdout
    assert done.stderr == "signpost: east: not all of it could be read; it is tried again within the hour\n"
    assert "No feed is called west" in private("source", "poll", "west", code=1).stderr
    assert "already" in private("source", "add", "east", feed.url, code=1).stderr
    monkeypatch.setenv("SIGNPOST_OUTGOING_PRIVATE", "no")
    assert "https://" in private("source", "add", "west", feed.url, code=1).stderr
    assert "could not be read: its address cannot be used" in private("source", "poll", "east", code=1).stdout
    monkeypatch.setenv("SIGNPOST_OUTGOING_HOSTS", "feeds.example")
    elsewhere = private("source", "set", "east", "--url", "https://other.example/", code=1).stderr
    assert "connects to feeds.example only" in elsewhere
    private("user", "add", "amina@northmoor.example")
    refused = private("source", "remove", "east", "--as", "amina@northmoor.example", code=1)
    assert "need to be an editor" in refused.stderr
