"""What waits to be sent, and what was given up: seen by editors, and sent again with one press."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from directory.errors import DeliveryFailed
from directory.notify.deliver import deliver_due
from directory.notify.digest import run_due_slots
from directory.outbound.mail import RelayAway
from directory.store.tables.telling import deliveries
from directory.store.tables.trust import audit
from tests.notify.build import LETTERHEAD, NOW, SCHEDULE, Town
from tests.notify.fakes import FakeMailer, followers, publish
from tests.web.conftest import FoundSite, signed_in, site_over, words_of

PATH = "/manage/deliveries"
SLOT = NOW + timedelta(days=1)


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> Iterator[FoundSite]:
    """An empty one, for the town of the notices' tests."""
    opened = site_over(sqlite_url, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def mailer(site: FoundSite) -> FakeMailer:
    """A message that went, one that was given up, and a digest that was."""
    town, found = Town(site.database), FakeMailer()
    followers(town, "gone", "here")
    town.subscribe("daily", person=town.person("daily@example.nhs.uk"))
    publish(town)
    run_due_slots(site.database, SCHEDULE, at=SLOT)
    refused = [DeliveryFailed(f"550 {why}", permanent=True) for why in ("no such mailbox", "full")]
    found.before = [refused[0], None, refused[1]]
    deliver(site, found)
    return found


def deliver(site: FoundSite, mailer: FakeMailer) -> int:
    return deliver_due(site.database, mailer, letterhead=LETTERHEAD, clock=lambda: SLOT)


def test_what_was_given_up_is_shown_and_sent_again_with_one_press(site: FoundSite, mailer: FakeMailer) -> None:
    editor = signed_in(site, "ed@northmoor.example", editor=True)
    page = editor.get(PATH).text
    said = words_of(page)
    assert "Given up 2" in said
    assert "gone@example.nhs.uk: Leg ulcer clinic moves to the Tissue Viability Team 550 no such mailbox" in said
    assert "daily@example.nhs.uk: a digest 550 full" in said
    assert "after 1 attempt" in said
    key = re.findall(r'name="id" value="([0-9]+)"', page)
    assert len(key) == 2
    answer = editor.post(PATH, data={"unit": "delivery", "id": "1"}, follow_redirects=True)
    assert "It is sent again." in words_of(answer.text)
    assert deliver(site, mailer) == 1
    assert mailer.taken[-1] == ("gone@example.nhs.uk", "<delivery-1@signpost.example>")
    assert "It had been sent" in words_of(
        editor.post(PATH, data={"unit": "delivery", "id": "1"}, follow_redirects=True).text
    )
    assert "It is sent again." in words_of(editor.post(PATH, data={"all": "1"}, follow_redirects=True).text)
    assert deliver(site, mailer) == 1
    assert mailer.taken[-1] == ("daily@example.nhs.uk", "<digest-1@signpost.example>")
    with site.database.read() as connection:
        assert set(connection.scalars(select(deliveries.c.state).where(deliveries.c.id <= 3))) == {"accepted"}
        deeds = connection.execute(select(audit.c.action, audit.c.object).where(audit.c.action.like("retry%"))).all()
    assert [tuple(deed) for deed in deeds] == [("retry", "delivery 1"), ("retry all", "deliveries")]
    assert "Nothing was given up." in words_of(editor.get(PATH).text)


def test_a_relay_that_is_away_is_said_with_the_age_of_what_waits(site: FoundSite, mailer: FakeMailer) -> None:
    with site.database.write() as connection:
        again = {"state": "pending", "digest_id": None, "attempts": 0}
        connection.execute(update(deliveries).where(deliveries.c.id == 1).values(again))
    mailer.before = [RelayAway("connection refused")]
    deliver(site, mailer)
    said = words_of(signed_in(site, "ed@northmoor.example", editor=True).get(PATH).text)
    assert "The relay fake takes no mail since 5 November 2026" in said
    assert "connection refused" in said
    assert "To go at once 1" in said
    assert "waits since 4 November 2026" in said


def test_only_editors_see_and_send(site: FoundSite, mailer: FakeMailer) -> None:
    lead = signed_in(site, "lee@northmoor.example")
    assert lead.get(PATH).status_code == 403
    assert lead.post(PATH, data={"all": "1"}).status_code == 403
