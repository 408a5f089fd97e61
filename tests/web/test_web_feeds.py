"""Feeds and calendars, read by the programs that others read them with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import feedparser
import pytest
from icalendar import Calendar

from directory.actions.take_back import amending, withdraw
from directory.domain.change import Draft, Edit
from directory.domain.policy import OPERATOR
from directory.store import people
from tests import build
from tests.web.conftest import FoundSite, TestClient, client_of, found, hit, signed_in

CLINIC = "leg-ulcer-clinic"
AUTUMN, SPRING = date(2026, 10, 25), date(2027, 3, 28)
FEEDS = (
    "/changes.atom", "/changes.ics",
    "/services/leg-ulcer-clinic/changes.atom", "/services/leg-ulcer-clinic/changes.ics",
    "/teams/tissue-viability/changes.atom", "/teams/tissue-viability/changes.ics",
    "/organisations/community-trust/changes.atom", "/organisations/community-trust/changes.ics",
    "/find.atom?q=leg", "/find.ics?q=leg",
)  # fmt: skip
AT = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"


def feed(client: TestClient, path: str, **headers: str) -> Any:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/atom+xml")
    parsed = feedparser.parse(answer.content)
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed


def days(client: TestClient, path: str) -> dict[str, Any]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/calendar")
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    found = {str(event["summary"]): event for event in events}
    assert len(found) == len(events)
    return found


def edit(**facts: object) -> Edit:
    return Edit(CLINIC, facts)


def publish(site: FoundSite, draft: Draft, *, at: datetime = build.NOON) -> int:
    return build.change(site.database, draft, at=at).change.number


def test_the_feed_of_all_changes_says_what_a_message_says(client: TestClient) -> None:
    read = feed(client, "/changes.atom")
    assert read.feed.title == "Changes: Northmoor directory"
    titles = [entry.title for entry in read.entries]
    assert titles[:2] == ["Leg ulcer clinic opens to Southfen", "Night sitting closes"]
    moved = next(entry for entry in read.entries if entry.title == "Leg ulcer clinic moves")
    assert moved.published_parsed[:5] == (2026, 10, 19, 9, 30)
    assert moved.link == moved.id == f"http://127.0.0.1:8000/changes/{moved.id.rpartition('/')[2]}"
    said = moved.content[0].value
    assert "This is now in force, from 2 November 2026." in said
    assert "Tissue Viability Team" in said
    assert "Send to the" in said
    assert "The directory begins" not in titles, "what is minor tells nobody"


def test_hostile_words_are_only_words(client: TestClient) -> None:
    raw = client.get("/changes.atom").content
    ET.fromstring(raw)
    assert b"<script>" not in raw
    for entry in feed(client, "/changes.atom").entries:
        assert "<script" not in entry.content[0].value
    calendar = client.get("/changes.ics").content
    assert Calendar.from_ical(calendar).errors == []


def test_no_control_character_breaks_a_feed(site: FoundSite, client: TestClient) -> None:
    publish(site, build.draft(edit(summary="A\x0bB\x00\ufffe\ud7ff"), title="Odd \x0c name"))
    assert feed(client, "/changes.atom").entries[0].title.startswith("Odd")
    assert any(name.startswith("Odd") for name in days(client, "/changes.ics"))


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        ("/services/dietetics/changes.atom", {"Services open", "Dietetics divides"}),
        ("/teams/tissue-viability/changes.atom", {"Leg ulcer clinic moves", "Leg ulcer clinic opens to Southfen"}),
        ("/changes.atom?area=southfen", {"Leg ulcer clinic opens to Southfen"}),
        ("/changes.atom?service=night-sitting", {"Night sitting closes", "Services open"}),
    ],
)
def test_a_feed_holds_what_it_is_of(client: TestClient, path: str, holds: set[str]) -> None:
    titles = {entry.title for entry in feed(client, path).entries}
    assert holds <= titles
    everything = {entry.title for entry in feed(client, "/changes.atom").entries}
    assert titles < everything


def test_a_search_has_a_feed_of_the_services_that_it_finds(site: FoundSite, client: TestClient) -> None:
    site.finds = lambda query: found(hit("night-sitting"), confident=True)
    read = feed(client, "/find.atom?q=night+sitter")
    assert {entry.title for entry in read.entries} == {"Night sitting closes", "Services open"}
    assert "night sitter" in read.feed.title
    assert read.feed.link.endswith("/find?q=night+sitter")
    assert client.get("/find.atom").status_code == 400


def test_what_was_withdrawn_is_a_tombstone_and_a_cancelled_day(site: FoundSite, client: TestClient) -> None:
    soon = build.TODAY + timedelta(days=9)
    number = publish(site, build.draft(edit(hours="Mo 09:00-10:00"), title="New hours", effective_from=soon))
    before = days(client, "/changes.ics")["New hours"]
    with site.database.write() as connection:
        at = build.NOON + timedelta(minutes=5)
        withdraw(connection, number, why="A mistake.", by=OPERATOR, at=at, zone=build.LONDON)
    after = days(client, "/changes.ics")["New hours"]
    assert (before["status"], before["sequence"]) == ("CONFIRMED", 0)
    assert (after["status"], after["sequence"]) == ("CANCELLED", 1)
    assert after["uid"] == before["uid"] == f"change-{number}@127.0.0.1"
    assert after["dtstart"].dt == soon
    assert after["dtstamp"].dt > before["dtstamp"].dt
    (gone,) = ET.fromstring(client.get("/changes.atom").content).findall(AT)
    assert gone.attrib == {"ref": f"http://127.0.0.1:8000/changes/{number}", "when": "2026-11-22T12:05:00Z"}
    assert f"/changes/{number}" not in {entry.id for entry in feed(client, "/changes.atom").entries}


def test_what_was_amended_is_the_same_day_event_put_right(site: FoundSite, client: TestClient) -> None:
    first = publish(
        site,
        build.draft(edit(hours="Mo 09:00-10:00"), title="New hours", effective_from=build.TODAY + timedelta(days=9)),
    )
    later = build.TODAY + timedelta(days=30)
    with site.database.read() as connection:
        draft = replace(amending(connection, first, effective_from=later), title="New hours, later")
    publish(site, draft)
    shown = days(client, "/changes.ics")
    assert "New hours" not in shown
    event = shown["New hours, later"]
    assert (event["uid"], event["sequence"], event["status"]) == (f"change-{first}@127.0.0.1", 1, "CONFIRMED")
    assert event["dtstart"].dt == later


@pytest.mark.parametrize("day", [AUTUMN, SPRING])
def test_a_day_on_which_the_clocks_change_is_that_whole_day(site: FoundSite, client: TestClient, day: date) -> None:
    # 00:30 in London on the day itself: in UTC that was still the day before, in summer.
    at = datetime.combine(day, datetime.min.time(), tzinfo=build.LONDON) + timedelta(minutes=30)
    publish(
        site, build.draft(edit(hours="Mo 09:00-10:00"), title="On the day", effective_from=day), at=max(at, build.NOON)
    )
    event = days(client, "/changes.ics")["On the day"]
    assert (event["dtstart"].dt, event["dtend"].dt) == (day, day + timedelta(days=1))
    assert type(event["dtstart"].dt) is date
    assert event["dtstart"].params["VALUE"] == "DATE"
    assert event["dtstamp"].dt == max(at, build.NOON).astimezone(UTC).replace(microsecond=0)
    entry = next(entry for entry in feed(client, "/changes.atom").entries if entry.title == "On the day")
    assert entry.updated.endswith("Z")
    assert entry.updated_parsed[:6] == max(at, build.NOON).astimezone(UTC).timetuple()[:6]


@pytest.mark.parametrize("path", FEEDS)
def test_who_holds_it_already_is_told_only_that(site: FoundSite, client: TestClient, path: str) -> None:
    site.finds = lambda query: found(hit(CLINIC), confident=True)
    first = client.get(path)
    assert first.status_code == 200
    tag = first.headers["etag"]
    again = client.get(path, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    if "find" not in path:
        since = first.headers["last-modified"]
        assert client.get(path, headers={"If-Modified-Since": since}).status_code == 304
        assert client.get(path, headers={"If-Modified-Since": "Sun, 01 Nov 2020 00:00:00 GMT"}).status_code == 200
        assert client.get(path, headers={"If-Modified-Since": since, "If-None-Match": '"other"'}).status_code == 200
    publish(site, build.draft(edit(hours="Mo 09:00-10:00"), title="News"), at=build.NOON + timedelta(minutes=1))
    fresh = client.get(
        path, headers={"If-None-Match": tag, "If-Modified-Since": first.headers.get("last-modified", "")}
    )
    assert fresh.status_code == 200
    assert b"News" in fresh.content


def test_a_long_feed_is_read_page_by_page(site: FoundSite, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("directory.api.feeds.PAGE", 2)
    read, path, pages = [], "/changes.atom", 0
    while path:
        page = feed(client, path)
        read += [entry.id for entry in page.entries]
        path = next(
            (link.href.removeprefix("http://127.0.0.1:8000") for link in page.feed.links if link.rel == "next"), ""
        )
        pages += 1
    assert pages >= 3
    assert len(read) == len(set(read))
    numbers = [int(each.rpartition("/")[2]) for each in read]
    assert numbers == sorted(numbers, reverse=True)


def test_where_reading_needs_sign_in_so_do_feeds(site: FoundSite, client: TestClient) -> None:
    site.settings = site.settings.model_copy(update={"reading": "signed-in"})
    with site.database.write() as connection:
        owner = people.add(connection, email="ed@northmoor.example", name="", editor=False, at=build.NOON)
        people.add_key(
            connection, key_id="k", secret="read-me", person_id=owner, scope="read", at=build.NOON, expires_at=None
        )
    someone = signed_in(site, "ed@northmoor.example")
    for path in FEEDS:
        refused = client.get(path)
        assert refused.status_code == 401, path
        assert refused.headers["www-authenticate"].startswith("Bearer")
        assert client.get(path, headers={"Authorization": "Bearer read-me"}).status_code == 200, path
        assert client.get(f"{path}{'&' if '?' in path else '?'}key=read-me").status_code == 400, path
        assert someone.get(path).status_code == 200, path


@pytest.mark.parametrize(
    "path", ["/services/none/changes.atom", "/teams/none/changes.ics", "/organisations/none/changes.atom"]
)
def test_what_is_not_there_has_no_feed(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("page", "feeds"),
    [
        ("/changes", ["/changes.atom", "/changes.ics"]),
        ("/changes?area=Eastmarsh", ["/changes.atom?area=Eastmarsh", "/changes.ics?area=Eastmarsh"]),
        (
            "/services/leg-ulcer-clinic",
            ["/services/leg-ulcer-clinic/changes.atom", "/services/leg-ulcer-clinic/changes.ics"],
        ),
        ("/teams/tissue-viability", ["/teams/tissue-viability/changes.atom", "/teams/tissue-viability/changes.ics"]),
        ("/organisations/community-trust", ["/organisations/community-trust/changes.atom"]),
        ("/find?q=leg+ulcer", ["/find.atom?q=leg+ulcer", "/find.ics?q=leg+ulcer"]),
    ],
)
def test_a_page_names_its_feeds_and_they_are_there(client: TestClient, page: str, feeds: list[str]) -> None:
    html = client.get(page).text
    for path in feeds:
        assert f'rel="alternate" type="{"application/atom+xml" if ".atom" in path else "text/calendar"}"' in html
        assert f'href="{path}"' in html
        assert client.get(path).status_code == 200


def test_an_empty_directory_has_empty_feeds(empty_client: TestClient) -> None:
    assert feed(empty_client, "/changes.atom").entries == []
    assert days(empty_client, "/changes.ics") == {}


def test_a_calendar_shows_what_comes_and_what_has_just_been(site: FoundSite) -> None:
    shown = days(client_of(site), "/changes.ics")
    assert "Leg ulcer clinic opens to Southfen" in shown
    assert "Services open" not in shown, "two years ago"
    assert [event["dtstart"].dt for event in shown.values()] == sorted(event["dtstart"].dt for event in shown.values())
