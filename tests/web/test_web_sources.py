"""The page of feeds: how they were read, what waits for somebody, and the two presses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from directory.domain.change import Edit
from directory.domain.service import Contact
from tests import build
from tests.feeds.serving import Feed, Reader, service
from tests.web.conftest import FoundSite, TestClient, client_of, h1, signed_in, words_of


@pytest.fixture
def feed() -> Iterator[Feed]:
    with Feed() as running:
        running.services = [service(str(number)) for number in range(1, 6)]
        yield running


@pytest.fixture
def reader(site: FoundSite, feed: Feed) -> Reader:
    """The site's own feeds, one read, with a number that was changed here since."""
    reader = Reader(site.database)
    site.clock = reader.clock
    reader.add("east", feed.url)
    reader.poll("east")
    number = {"contacts": (Contact("phone", "01632 960777"),)}
    build.change(site.database, build.draft(Edit("service-1", number)), at=reader.at)
    reader.poll("east")
    return reader


@pytest.fixture
def editor(site: FoundSite) -> TestClient:
    return signed_in(site, "ed@northmoor.example", editor=True)


def press(editor: TestClient, which: str) -> str:
    shown = editor.get("/manage/sources").text
    given = {name: re.search(rf'name="{name}" value="([^"]+)"', shown) for name in ("service_id", "field", "seen")}
    found = {name: each[1] for name, each in given.items() if each}
    answer = editor.post("/manage/sources/clash", data={"source": "east", which: "1", **found})
    assert answer.status_code == 303, words_of(answer.text)
    return str(answer.headers["Location"])


def test_a_clash_is_shown_and_theirs_taken(site: FoundSite, reader: Reader, editor: TestClient) -> None:
    shown = editor.get("/manage/sources").text
    assert h1(shown) == "Feeds of other directories"
    said = words_of(shown)
    assert "Service 1 : contact details Here Telephone: 01632 960777" in said.replace("Phone", "Telephone")
    assert "01632 960100" in said
    assert "1 field says something else here." in said
    assert "5 services. Read every day, last 22 November 2026, 2pm, next 23 November 2026, 2pm." in said
    assert press(editor, "take") == "/manage/sources?done=taken"
    assert reader.facts()["Service 1"].contacts[0].value == "01632 960100"
    assert "Take theirs" not in words_of(editor.get("/manage/sources?done=taken").text)


def test_ours_is_kept_and_can_be_given_up_later(reader: Reader, editor: TestClient) -> None:
    assert press(editor, "keep") == "/manage/sources?done=kept"
    said = words_of(editor.get("/manage/sources").text)
    assert "1 field kept as said here" in said
    assert "Keep ours" not in said
    assert press(editor, "take") == "/manage/sources?done=taken"


def test_what_has_changed_since_is_shown_anew(reader: Reader, editor: TestClient) -> None:
    data = {"source": "east", "field": "contacts", "seen": "other", "take": "1"}
    shown = re.search(r'name="service_id" value="([^"]+)"', editor.get("/manage/sources").text)
    assert shown is not None
    answer = editor.post("/manage/sources/clash", data={**data, "service_id": shown[1]})
    assert answer.status_code == 409
    assert "has changed since you looked" in words_of(answer.text)


def test_an_entry_says_so_to_editors_only(site: FoundSite, reader: Reader, editor: TestClient) -> None:
    says = "The feed east says otherwise: contact details"
    assert says in words_of(editor.get("/services/service-1").text)
    assert says not in words_of(client_of(site).get("/services/service-1").text)
    press(editor, "keep")
    assert says not in words_of(editor.get("/services/service-1").text)


def test_it_is_read_when_asked_and_closes_what_was_shown(site: FoundSite, reader: Reader, feed: Feed) -> None:
    feed.services = feed.services[:3]
    reader.poll("east")
    editor = signed_in(site, "ed@northmoor.example", editor=True)
    assert "Close the 2 services that it no longer lists" in words_of(editor.get("/manage/sources").text)
    answer = editor.post("/manage/sources", data={"source": "east", "close": "2"})
    assert answer.headers["Location"] == "/manage/sources?done=soon"
    assert reader.source("east").due_at <= reader.at
    reader.poll("east")
    assert reader.facts()["Service 4"].status == "closed"
    editor = signed_in(site, "ed@northmoor.example", editor=True)
    editor.post("/manage/sources", data={"source": "east", "read": "1"})
    assert reader.source("east").due_at <= reader.at < reader.at + timedelta(minutes=1)
    assert editor.post("/manage/sources", data={"source": "none", "read": "1"}).status_code == 404
