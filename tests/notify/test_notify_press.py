"""A press writes what the standard library would: the same headers, structure and text, whatever the words are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.notify.compose import Recipient, compose_digest, compose_immediate
from directory.notify.items import Item
from directory.notify.notice import Notice, Prose
from directory.notify.press import BOUNDARY, Press
from tests.notify.build import LETTERHEAD, NOW
from tests.notify.test_notify_compose import AMINA, PLAIN

HOSTILE = (
    "=?utf-8?q?a=0D=0ABcc:_x@y.example?=",
    "a\r\nBcc: x@y.example",
    "é" * 90,
    "word " * 60,
    "x" * 400,
    ".",
    "..\n.\n",
    f"--{BOUNDARY}\n--{BOUNDARY}--",
    "From nobody",
    "trailing space \ntab\t\n",
    "a\rb\u2028c\x0bd\x85e\x00f",
    '"quoted" <x@y.example>, z@y.example',
    "=3D=\n=",
    "😀" * 40,
    "\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
)
words = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"]), max_size=90)
LONG = "a.very.long.name." * 3 + "x@" + "n" * 50 + ".example"
addresses = st.sampled_from(["amina@example.nhs.uk", "o'neill@n.example", LONG, '"a b"@n.example'])


def notices() -> st.SearchStrategy[Notice]:
    prose = st.builds(lambda text: Prose("Why", text, LETTERHEAD.render_markdown(text)), words)
    return st.builds(
        lambda number, title, parts, day, also: replace(
            PLAIN, number=number, title=title, prose=tuple(parts), effective_from=day, also=tuple(also)
        ),
        st.integers(1, 9),
        words,
        st.lists(prose, max_size=2),
        st.dates(date(2026, 10, 1), date(2026, 12, 31)),
        st.lists(words, max_size=1),
    )


def items() -> st.SearchStrategy[Item]:
    reasons = st.lists(words, min_size=1, max_size=2).map(tuple)
    stages = st.sampled_from(["announced", "in-force", "amended"])
    return st.builds(Item, notices(), stages, reasons, st.integers(1, 99))


recipients = st.builds(Recipient, st.integers(1, 2**40), addresses, words)
instants = st.integers(0, 10**7).map(lambda seconds: NOW + timedelta(seconds=seconds))


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def told(message: EmailMessage) -> list[object]:
    """Everything that a reader's program makes of a message, but for the boundary."""
    headers = sorted((name.lower(), str(value)) for name, value in message.items() if name.lower() != "content-type")
    parts = [
        (
            part.get_content_type(),
            part.get_content_charset(),
            part["Content-Transfer-Encoding"] and str(part["Content-Transfer-Encoding"]),
            None if part.is_multipart() else part.get_content(),
            [str(defect) for defect in part.defects],
        )
        for part in message.walk()
    ]
    return [headers, parts]


@settings(max_examples=60, deadline=None)
@given(item=items(), to=recipients, at=instants)
def test_one_change_is_the_message_that_the_standard_library_writes(item: Item, to: Recipient, at: datetime) -> None:
    theirs = compose_immediate(item, to=to, letterhead=LETTERHEAD, at=at).as_bytes()
    mail = Press(LETTERHEAD).immediate(item, to=to, at=at)
    assert told(parsed(mail.data)) == told(parsed(theirs))
    assert str(parsed(mail.data)["Message-ID"]) == mail.message_id
    assert_sound(mail.data)


@settings(max_examples=40, deadline=None)
@given(found=st.lists(items(), min_size=1, max_size=5), to=recipients, at=instants)
def test_so_is_a_digest_and_the_next_one_of_the_same_batch(found: list[Item], to: Recipient, at: datetime) -> None:
    press = Press(LETTERHEAD)
    for number in (1, 2):
        theirs = compose_digest(found, digest_id=number, slot_at=NOW, to=to, letterhead=LETTERHEAD, at=at)
        mail = press.digest(found, digest_id=number, slot_at=NOW, to=to, at=at)
        assert told(parsed(mail.data)) == told(parsed(theirs.as_bytes()))
        assert_sound(mail.data)
        found = found[::-1]


def assert_sound(raw: bytes) -> None:
    """Seven-bit, lines ended by CR LF and of a lawful length, and the boundary only where a part begins or ends."""
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.partition(b"\r\n\r\n")[2].count(BOUNDARY.encode()) == 3


def test_an_address_that_cannot_be_written_is_a_value_error() -> None:
    item = Item(PLAIN, "announced", ("every change",), 1)
    for email in ("nobody", "a@b\r\nBcc: c@d", ""):
        with pytest.raises(ValueError):
            Press(LETTERHEAD).immediate(item, to=replace(AMINA, email=email), at=NOW)


def test_two_people_get_their_own() -> None:
    press, item = Press(LETTERHEAD), Item(PLAIN, "announced", ("every change",), 1)
    one, two = (press.immediate(item, to=Recipient(number, f"p{number}@n.example"), at=NOW) for number in (1, 2))
    for number, mail in ((1, one), (2, two)):
        link = LETTERHEAD.unsubscribe_link(number)
        message = parsed(mail.data)
        assert f"<{link}>" in str(message["List-Unsubscribe"])
        assert all(link in part.get_content() for part in message.iter_parts())
    assert press.immediate(item, to=AMINA, at=NOW + timedelta(1)).data != one.data
