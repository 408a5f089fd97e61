"""Pages and forums by mail: each version once, to those who follow the page, in the same message as changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select, update

from directory.actions.unsubscribe import unsubscribe
from directory.notify.digest import preview, run_due_slots
from directory.notify.match import match_announced
from directory.notify.match_pages import match_pages
from directory.notify.recover import recover
from directory.outbound.message import Mail
from directory.store import pages, subscriptions
from directory.store.database import Database
from directory.store.tables.learning import page_versions
from tests.notify.build import LETTERHEAD, LONDON, NOW, SCHEDULE, Town
from tests.notify.fakes import FakeMailer, Killed, deliver, opened

SLOT = datetime(2026, 11, 5, 7, 0, tzinfo=UTC)
FORUM = """---
title: Discharge forum
kind: forum
updated: 2026-10-01
---
Anyone can come.

## 2026-10-01: Oxygen

Ask early.
"""
NOTE = "## 2026-11-04: Key safes\n\nAsk the [leg ulcer clinic](service:leg-ulcer-clinic) **first**.\n\n"
PATHWAY = """---
title: Leg wound
kind: pathway
steps: [{title: First, service: leg-ulcer-clinic}]
updated: 2026-10-01
---
## Which service

The clinic.

## Dressings

Order them.
"""


@pytest.fixture
def town(database: Database) -> Town:
    town = Town(database)
    write(town, "discharge", FORUM, at=NOW - timedelta(days=30))
    write(town, "leg-wound", PATHWAY, kind="pathway", title="Leg wound", at=NOW - timedelta(days=30))
    match_pages(database, at=NOW - timedelta(days=30))
    return town


def write(
    town: Town, slug: str, text: str, *, at: datetime = NOW, kind: str = "forum", title: str = "", **more: Any
) -> None:
    title = title or "Discharge forum"
    with town.database.write() as connection:
        pages.put(connection, pages.Page(slug, 0, kind, title, date(2026, 10, 1), at, text, **more))


def with_note(note: str = NOTE) -> str:
    return FORUM.replace("## 2026-10-01", f"{note}## 2026-10-01")


class Kept(FakeMailer):
    """Keeps the messages themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[EmailMessage] = []

    def send(self, message: Mail | EmailMessage, to: str, *, after: Callable[[], object] | None = None) -> None:
        super().send(message, to, after=after)
        self.messages.append(opened(message))


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


def html_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_new_note_reaches_its_followers_once_with_its_text(town: Town) -> None:
    town.subscribe("immediately", person=town.person("amina@example.nhs.uk"), page="discharge")
    town.subscribe("immediately", person=town.person("ben@example.nhs.uk"), page="leg-wound")
    town.subscribe("immediately", person=town.person("cleo@example.nhs.uk"))
    write(town, "discharge", with_note())
    assert match_pages(town.database, at=NOW) == 1
    assert match_pages(town.database, at=NOW) == 0
    mailer = Kept()
    assert deliver(town, mailer) == 1
    assert deliver(town, mailer) == 0
    [message] = mailer.messages
    assert message["Subject"] == "Discharge forum: Key safes"
    assert message["List-Unsubscribe"]
    text, html = text_of(message), html_of(message)
    assert "A new note, 4 November 2026." in text
    assert (
        "4 November 2026: Key safes\nAsk the leg ulcer clinic (https://signpost.example/services/leg-ulcer-clinic)"
        in text
    )
    assert "Oxygen" not in text
    assert "https://signpost.example/pages/discharge#note-2026-11-04" in text
    assert "Why you get this: you or your team follow page discharge" in text
    assert '<a href="https://signpost.example/services/leg-ulcer-clinic"' in html
    assert "<strong>first</strong>" in html


def test_one_mail_holds_the_changes_and_the_pages(town: Town) -> None:
    person = town.person("amina@example.nhs.uk")
    town.subscribe("daily", person=person, page="discharge")
    town.subscribe("daily", person=person, service="leg-ulcer-clinic")
    town.move_clinic()
    write(town, "discharge", with_note())
    match_announced(town.database, at=NOW, zone=LONDON)
    match_pages(town.database, at=NOW)
    shown = preview(town.database, SCHEDULE, person, letterhead=LETTERHEAD, at=NOW)
    assert [item.of_page for item in shown.items] == [False, True]
    assert run_due_slots(town.database, SCHEDULE, at=SLOT) == 1
    mailer = Kept()
    assert deliver(town, mailer, SLOT) == 1
    [message] = mailer.messages
    assert message["Subject"] == "1 change to services and 1 update of pages you follow"
    text = text_of(message)
    assert text.index("Leg ulcer clinic moves") < text.index("PAGES YOU FOLLOW") < text.index("Key safes")
    assert [row.state for row in town.deliveries()] == ["accepted", "accepted"]


def test_frequencies_are_kept(town: Town) -> None:
    for name, every in (("amina", "daily"), ("ben", "weekly")):
        town.subscribe(every, person=town.person(f"{name}@example.nhs.uk"), page="discharge")  # type: ignore[arg-type]
    write(town, "discharge", with_note())
    assert match_pages(town.database, at=NOW) == 2
    assert deliver(town, FakeMailer()) == 0
    assert run_due_slots(town.database, SCHEDULE, at=SLOT) == 1
    assert run_due_slots(town.database, SCHEDULE, at=SLOT + timedelta(days=4)) == 1


def test_two_subscriptions_are_one_delivery_with_both_reasons(town: Town) -> None:
    person = town.person("amina@example.nhs.uk", teams=("district-nursing",))
    town.subscribe("weekly", person=person, page="discharge", label="page Discharge forum")
    town.subscribe("immediately", of_team="district-nursing", page=("discharge", "leg-wound"), label="your team")
    write(town, "discharge", with_note())
    assert match_pages(town.database, at=NOW) == 1
    [row] = town.deliveries()
    assert (row.rank, sorted(row.reasons.split("\n"))) == (0, ["page Discharge forum", "your team"])


def test_what_is_minor_first_or_old_news_is_told_to_nobody(town: Town) -> None:
    person = town.person("amina@example.nhs.uk")
    town.subscribe("immediately", person=person, page="discharge")
    town.subscribe("immediately", person=person, page="leg-wound", at=NOW + timedelta(hours=1))
    write(town, "discharge", with_note("## 2026-11-04: Typo\n\nx\n\n"), weight="minor")
    write(town, "leg-wound", PATHWAY + "\nMore.\n", kind="pathway", title="Leg wound")
    write(town, "new-page", FORUM)
    assert match_pages(town.database, at=NOW) == 0
    with town.database.read() as connection:
        untold = select(page_versions).where(page_versions.c.told_at.is_(None))
        assert connection.execute(untold).all() == []


def test_a_page_tells_which_parts_changed_and_why(town: Town) -> None:
    town.subscribe("immediately", person=town.person("amina@example.nhs.uk"), page="leg-wound")
    now = PATHWAY.replace("The clinic.", "The *new* clinic.").replace("service: leg-ulcer", "service: other-leg-ulcer")
    write(
        town, "leg-wound", now.partition("## Dressings")[0], kind="pathway", title="Leg wound", why="The clinic moved."
    )
    match_pages(town.database, at=NOW)
    mailer = Kept()
    deliver(town, mailer)
    text = text_of(mailer.messages[0])
    assert mailer.messages[0]["Subject"] == "Leg wound: this page changed"
    assert "This page changed, 4 November 2026. The clinic moved." in text
    assert "Who to refer to\n1. First (https://signpost.example/services/other-leg-ulcer-clinic)" in text
    assert "Which service\nThe *new* clinic." in text
    assert "No longer on the page: Dressings." in text


def test_a_note_that_is_changed_says_so(town: Town) -> None:
    town.subscribe("immediately", person=town.person("amina@example.nhs.uk"), page="discharge")
    write(town, "discharge", FORUM.replace("Ask early.", "Ask at once."))
    match_pages(town.database, at=NOW)
    mailer = Kept()
    deliver(town, mailer)
    assert "1 October 2026: Oxygen (changed)\nAsk at once." in text_of(mailer.messages[0])


def test_a_worker_killed_after_sending_sends_the_same_message_again(town: Town) -> None:
    town.subscribe("immediately", person=town.person("amina@example.nhs.uk"), page="discharge")
    write(town, "discharge", with_note())
    match_pages(town.database, at=NOW)
    mailer = FakeMailer()
    mailer.after = [Killed()]
    with pytest.raises(Killed):
        deliver(town, mailer)
    assert deliver(town, mailer, NOW + timedelta(minutes=6)) == 1
    assert len(mailer.taken) == 2
    assert len(set(mailer.taken)) == 1


def test_who_unsubscribes_or_is_erased_hears_no_more(town: Town) -> None:
    amina, ben = town.person("amina@example.nhs.uk"), town.person("ben@example.nhs.uk")
    for person in (amina, ben):
        town.subscribe("daily", person=person, page="discharge")
    write(town, "discharge", with_note())
    assert match_pages(town.database, at=NOW) == 2
    unsubscribe(town.database, amina, at=NOW)
    town.erase(ben)
    assert run_due_slots(town.database, SCHEDULE, at=SLOT) == 0
    mailer = FakeMailer()
    deliver(town, mailer, SLOT)
    recover(town.database, at=SLOT)
    assert mailer.taken == []
    assert {row.state for row in town.deliveries()} == {"dropped"}
    write(town, "discharge", with_note().replace("early", "late"))
    assert match_pages(town.database, at=NOW) == 0


def test_a_pause_holds_it_back(town: Town) -> None:
    made = town.subscribe("daily", person=town.person("amina@example.nhs.uk"), page="discharge")
    with town.database.write() as connection:
        subscriptions.pause(connection, made, until=SLOT + timedelta(hours=1))
    write(town, "discharge", with_note())
    assert match_pages(town.database, at=NOW) == 1
    assert run_due_slots(town.database, SCHEDULE, at=SLOT) == 0
    assert run_due_slots(town.database, SCHEDULE, at=SLOT + timedelta(days=1)) == 1


def test_a_change_never_reaches_those_who_only_follow_pages(town: Town) -> None:
    town.subscribe("immediately", person=town.person("amina@example.nhs.uk"), page="discharge")
    town.move_clinic()
    assert match_announced(town.database, at=NOW, zone=LONDON) == 0


def test_many_notes_at_once_point_to_the_page(town: Town) -> None:
    town.subscribe("immediately", person=town.person("amina@example.nhs.uk"), page="discharge")
    notes = "".join(f"## 2026-11-{day:02}: Note {day}\n\nText {day}.\n\n" for day in range(15, 1, -1))
    write(town, "discharge", with_note(notes))
    match_pages(town.database, at=NOW)
    mailer = Kept()
    deliver(town, mailer)
    text = text_of(mailer.messages[0])
    assert mailer.messages[0]["Subject"] == "Discharge forum: 14 new notes"
    assert text.index("Note 15") < text.index("Note 6")
    assert "And 4 more: see the page." in text
    assert "Text 5." not in text


def test_the_database_holds_one_delivery_for_each_person_and_version(town: Town) -> None:
    town.subscribe("daily", person=town.person("amina@example.nhs.uk"), page="discharge")
    write(town, "discharge", with_note())
    assert match_pages(town.database, at=NOW) == 1
    with town.database.write() as connection:
        connection.execute(update(page_versions).values(told_at=None))
    assert match_pages(town.database, at=NOW) == 0
    assert len(town.deliveries()) == 1
