"""Each mail as a parser reads it that is not ours, nor the standard library's: `mailparse`, in Rust."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from fast_mail_parser import PyMail, parse_email
from hypothesis import example, given, settings
from hypothesis import strategies as st

from directory.notify.compose import Recipient
from directory.notify.items import Item
from directory.notify.post import write_letter
from directory.notify.press import Press
from directory.outbound.message import Mail
from directory.store.letters import Letter
from tests.notify.build import LETTERHEAD, NOW
from tests.notify.test_notify_compose import AMINA, PLAIN
from tests.notify.test_notify_press import HOSTILE, items

UPDATE = {
    "From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post",
    "Auto-Submitted", "MIME-Version", "Content-Type",
}  # fmt: skip
LETTER = UPDATE - {"List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"}
# RFC 5322, 3.6.4, of which we use the part without comments and quotes.
MESSAGE_ID = re.compile(r"<[A-Za-z0-9.-]+@[A-Za-z0-9.-]+>")
names = st.sampled_from(HOSTILE) | st.just("Amina Khan")


def read(raw: bytes, headers: set[str], *, to: str, at: datetime) -> PyMail:
    """What it says, once it is known to be sound: each header once and no other, addresses and instant as meant."""
    found = parse_email(raw)
    assert found.headers.keys() == headers
    assert {len(values) for values in found.headers.values()} == {1}
    assert found.warnings == []
    assert found.from_ is not None
    assert found.from_.address == "signpost@signpost.example"
    assert [each.address for each in found.to] == [to]
    assert found.cc == found.bcc == found.reply_to == []
    assert found.date_parsed == at.replace(microsecond=0)
    assert MESSAGE_ID.fullmatch(found.headers["Message-ID"][0])
    assert not set(found.subject) & {"\r", "\n", "\0"}
    return found


@settings(max_examples=40, deadline=None)
@given(item=items(), name=names)
@example(item=Item(PLAIN, "announced", ("every change",), 1), name=HOSTILE[0])
def test_an_update(item: Item, name: str) -> None:
    mail: Mail = Press(LETTERHEAD).immediate(item, to=Recipient(7, AMINA.email, name), at=NOW)
    found = read(mail.data, UPDATE, to=AMINA.email, at=NOW)
    link = LETTERHEAD.unsubscribe_link(7)
    assert found.headers["List-Unsubscribe"] == [f"<{link}>"]
    assert found.headers["List-Unsubscribe-Post"] == ["List-Unsubscribe=One-Click"]
    assert found.headers["Message-ID"] == [mail.message_id]
    assert (len(found.text_plain), len(found.text_html)) == (1, 1)
    assert link in found.text_plain[0]


@settings(max_examples=20, deadline=None)
@given(told=st.lists(items(), min_size=1, max_size=3))
def test_a_digest(told: list[Item]) -> None:
    mail = Press(LETTERHEAD).digest(told, digest_id=3, slot_at=NOW, to=AMINA, at=NOW)
    read(mail.data, UPDATE, to=AMINA.email, at=NOW)


@pytest.mark.parametrize("title", HOSTILE)
def test_a_letter(title: str) -> None:
    facts = {"changes": [{"number": 4, "title": title, "due": NOW.toordinal()}]}
    letter = Letter(1, "please-read", AMINA.email, facts, NOW, NOW, 1)
    found = read(write_letter(letter, letterhead=LETTERHEAD, at=NOW).as_bytes(), LETTER, to=AMINA.email, at=NOW)
    assert found.subject.startswith("Please read:")
