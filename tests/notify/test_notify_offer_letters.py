"""Letters about what waits: in words, with a link, and safe whatever a title holds."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from directory.notify.post import write_letter
from directory.store.letters import Letter
from tests.notify.test_notify_post import HEAD, LEE, NOON, text_of

TITLE = "The clinic <b>moves</b>"
NASTY = "Moves\r\nBcc: everybody@northmoor.example"


def write(kind: str, **facts: Any) -> EmailMessage:
    given = {"ref": "abc", "title": TITLE, "reason": "", **facts}
    return write_letter(Letter(1, kind, LEE, given, NOON, NOON + timedelta(days=3), 0), letterhead=HEAD, at=NOON)


def html_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def test_who_can_agree_is_asked_with_a_link_and_a_last_day() -> None:
    message = write("offer", until="2026-12-06T12:00:00+00:00", day="2026-12-10", by="District <Nursing>")
    assert message["Subject"] == f"Please agree: {TITLE}"
    for said in (text_of(message), html_of(message)):
        assert "https://signpost.example/offers/abc" in said
        assert "Until 6 December 2026 you can accept it" in said
        assert "asks for your agreement to this change, from 10 December 2026." in " ".join(said.split())
    assert "District <Nursing> asks" in text_of(message)
    assert "&lt;b&gt;moves&lt;/b&gt;" in html_of(message)


@pytest.mark.parametrize(
    ("state", "reason", "subject", "said"),
    [
        ("declined", "No nurses.", "Declined", "It was declined, and is not published."),
        ("expired", "", "Expired", "Nobody agreed within 14 days."),
        ("withdrawn", "", "Withdrawn", "It was withdrawn before it was published."),
        ("published", "", "Agreed and published", "Everybody whom it needed has agreed."),
        ("published", "They are away.", "Agreed and published", "An editor published it without"),
    ],
)
def test_both_sides_hear_what_became_of_it(state: str, reason: str, subject: str, said: str) -> None:
    message = write("offer-over", state=state, reason=reason)
    expected = "Published without agreement" if reason and state == "published" else subject
    assert message["Subject"] == f"{expected}: {TITLE}"
    for text in (text_of(message), html_of(message)):
        assert said in text
        assert reason in text


def test_editors_hear_of_an_emergency_and_why() -> None:
    message = write("emergency", number=7, reason="The <mailbox> is full.")
    assert message["Subject"] == f"Published by one person: {TITLE}"
    assert "The <mailbox> is full." in text_of(message)
    assert "The &lt;mailbox&gt; is full." in html_of(message)
    assert "https://signpost.example/manage/reviews" in text_of(message)


@pytest.mark.parametrize("kind", ["offer", "offer-over", "emergency"])
def test_a_title_adds_no_header(kind: str) -> None:
    message = write(kind, title=NASTY, until="2026-12-06T12:00:00+00:00", state="expired")
    assert message["Bcc"] is None
    assert "everybody@northmoor.example" in str(message["Subject"])
