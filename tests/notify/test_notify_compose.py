"""Messages: the answer itself, in text and HTML from one record, with headers that hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.domain.service import Contact
from directory.notify.compose import Recipient, compose_digest, compose_immediate, sections_of, subject_of
from directory.notify.items import Item
from directory.notify.letterhead import person_of_token, unsubscribe_token
from directory.notify.notice import Notice, Prose, notice_of
from directory.store.database import Database
from directory.store.told import told
from tests.notify.build import LETTERHEAD, NOW, Town

LATER = date(2026, 12, 1)
AMINA = Recipient(7, "amina@example.nhs.uk", "Amina Khan")
PLAIN = Notice(
    number=3,
    title="Podiatry hours",
    kinds=("hours",),
    effective_from=LATER,
    corrects=False,
    urgent=False,
    withdrawn=False,
    prose=(),
    services=(),
    also=(),
    reached=(),
    reached_more=0,
    services_more=0,
    link="https://signpost.example/changes/3",
)


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def notice(town: Town, number: int) -> Notice:
    with town.database.read() as connection:
        return notice_of(told(connection, [number])[number], LETTERHEAD)


def item(shown: Notice, stage: str = "announced", delivery_id: int = 12) -> Item:
    return Item(shown, stage, ("service Leg ulcer clinic", "team Tissue <Viability>"), delivery_id)


def sent(one: Item) -> EmailMessage:
    """As a receiver's parser sees it."""
    message = compose_immediate(one, to=AMINA, letterhead=LETTERHEAD, at=NOW)
    return message_from_bytes(message.as_bytes(), policy=policy.default)


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_the_entry_is_the_answer(town: Town) -> None:
    number = town.move_clinic(on=LATER, in_flight="Those of [the clinic](service:leg-ulcer-clinic) stay.")
    message = sent(item(notice(town, number)))
    text, html = part(message, "plain"), part(message, "html")
    assert message["Subject"].strip() == "From 1 December 2026: Leg ulcer clinic moves to the Tissue Viability Team"
    for line in (
        "From 1 December 2026.",
        "  Who handles this: Tissue Viability Team, Northmoor Community Trust"
        " (was District Nursing, Northmoor Community Trust)",
        "  How to refer: Email tvn.referrals@example.nhs.uk (any registered nurse) (was Phone 01632 960001)",
        "  Phone: 01632 960001",
        "  Areas: Eastmarsh",
        "  https://signpost.example/services/leg-ulcer-clinic",
        "Refer by **email** from that day.",
        "Those of the clinic (https://signpost.example/services/leg-ulcer-clinic) stay.",
        f"The whole record: https://signpost.example/changes/{number}",
        "Why you get this: you or your team follow service Leg ulcer clinic; team Tissue <Viability>",
    ):
        assert line in text.splitlines(), text
    for piece in (
        '<a href="mailto:tvn.referrals@example.nhs.uk">',
        '<a href="tel:01632960001">01632 960001</a>',
        "Refer by <strong>email</strong>",
        "(was District Nursing, Northmoor Community Trust)",
        'href="https://signpost.example/services/leg-ulcer-clinic"',
        "team Tissue &lt;Viability&gt;",
    ):
        assert piece in html


def test_before_is_what_held_until_then_and_not_what_comes_later(town: Town) -> None:
    first = town.move_clinic(on=LATER)
    second = town.change(
        "New number",
        sets={"leg-ulcer-clinic": {"contacts": (Contact("phone", "01632 960002"),)}},
        kinds=("contact",),
        on=LATER + timedelta(days=9),
    )
    rows = {
        number: {row.label: row.text for row in notice(town, number).services[0].rows} for number in (first, second)
    }
    assert rows[first]["Phone"] == "01632 960001"
    assert rows[second]["Phone"] == "01632 960002 (was 01632 960001)"
    assert rows[second]["Who handles this"] == "Tissue Viability Team, Northmoor Community Trust"


def test_closed_names_who_takes_over_and_new_says_so(town: Town) -> None:
    number = town.change("Podiatry closes", sets={"podiatry": {"status": "closed"}}, kinds=("closed",), on=LATER)
    town.link(number, "podiatry", "leg-ulcer-clinic", "replaced", on=LATER)
    (line,) = notice(town, number).services
    assert [(row.label, row.text) for row in line.rows] == [
        ("Now handled by", "Leg ulcer clinic, District Nursing, Northmoor Community Trust"),
        ("Status", "Closed"),
    ]
    assert notice(town, 2).services[0].new


def test_an_organisations_change_names_the_services_it_reaches(town: Town) -> None:
    number = town.rename_organisation("nct", "Northmoor Care", ("leg-ulcer-clinic", "podiatry"), on=LATER)
    shown = notice(town, number)
    assert shown.also == ("Northmoor Community Trust is now called Northmoor Care.",)
    assert (shown.services, shown.reached, shown.reached_more) == ((), ("Leg ulcer clinic", "Podiatry"), 0)
    assert "Services concerned: Leg ulcer clinic; Podiatry." in part(sent(item(shown)), "plain")


@pytest.mark.parametrize(
    ("change", "stage", "subject"),
    [
        ({}, "announced", "From 1 December 2026: Podiatry hours"),
        ({"urgent": True}, "announced", "Urgent: From 1 December 2026: Podiatry hours"),
        ({"effective_from": NOW.date()}, "in-force", "From today, 4 November 2026: Podiatry hours"),
        ({"effective_from": date(2026, 11, 1)}, "announced", "Since 1 November 2026: Podiatry hours"),
        ({"title": "Withdrawn: Podiatry hours"}, "withdrawn", "Withdrawn: Podiatry hours"),
        ({}, "amended", "Changed: Podiatry hours, from 1 December 2026"),
    ],
)
def test_subjects(change: dict[str, object], stage: str, subject: str) -> None:
    assert subject_of(item(replace(PLAIN, **change), stage), NOW.date()) == subject  # type: ignore[arg-type]


def test_headers() -> None:
    message = sent(item(PLAIN))
    token = unsubscribe_token(7, LETTERHEAD.secret)
    assert message["From"] == "Signpost <signpost@signpost.example>"
    assert message["To"] == "Amina Khan <amina@example.nhs.uk>"
    assert message["Message-ID"] == "<delivery-12@signpost.example>"
    assert message["Date"].datetime == NOW
    assert message["List-Unsubscribe"].strip() == f"<https://signpost.example/unsubscribe/{token}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "Changes to services <changes.signpost.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert [each.get_content_type() for each in message.iter_parts()] == ["text/plain", "text/html"]
    assert not [defect for each in message.walk() for defect in each.defects]
    raw = compose_immediate(item(PLAIN), to=AMINA, letterhead=LETTERHEAD, at=NOW).as_bytes()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")


@given(
    st.text(max_size=60) | st.sampled_from(["=?utf-8?q?a=0D=0ABcc:_x@y.z?=", "a\r\nBcc: x@y.z", "é" * 90, "\u2028b"])
)
def test_a_title_adds_no_header(title: str) -> None:
    names = ["From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"]
    shown = Item(replace(PLAIN, title=title), "announced", ("every change",), 1)
    to = replace(AMINA, name=title)
    raw = compose_immediate(shown, to=to, letterhead=LETTERHEAD, at=NOW).as_bytes()
    message = message_from_bytes(raw, policy=policy.default)
    assert [key for key in message if key not in ("MIME-Version", "Content-Type")] == [*names, "Auto-Submitted"]
    assert not message["Subject"].defects
    assert "\n" not in str(message["Subject"])


def test_html_is_safe_inline_and_fit_for_dark_mode_and_phones() -> None:
    wild = Prose("Why", "x", LETTERHEAD.render_markdown("<script>alert(1)</script><img src=x> [a](javascript:x)"))
    html = part(sent(item(replace(PLAIN, title="<b>Bold</b> & co", prose=(wild,)))), "html")

    class Tags(HTMLParser):
        seen: ClassVar[set[str]] = set()

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.seen.add(tag)
            assert not any(name.startswith("on") or name == "class" for name, _ in attrs)
            assert not any((value or "").startswith("javascript") for _, value in attrs)

    Tags().feed(html)
    assert not Tags.seen & {"script", "img", "style", "link", "b", "table"}
    assert 'name="color-scheme" content="light dark"' in html
    assert 'name="viewport"' in html
    assert "max-width:600px" in html
    assert "color:#000" not in html
    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; co" in html


def test_a_digest_is_ordered_with_this_week_first_and_a_change_twice_is_shown_once() -> None:
    days = [date(2026, 12, 1), date(2026, 11, 1), date(2026, 11, 10), date(2026, 11, 4)]
    items = [
        Item(replace(PLAIN, number=number, title=f"Change {number}", effective_from=day), "announced", ("x",), number)
        for number, day in enumerate(days, 1)
    ]
    twice = [*items, replace(items[3], stage="in-force", delivery_id=9)]
    shown = [(each.heading, [i.notice.number for i in each.items]) for each in sections_of(twice, NOW.date())]
    assert shown == [("Starting this week", [4, 3]), ("Later", [1]), ("Already in force", [2])]
    message = compose_digest(twice, digest_id=5, slot_at=NOW, to=AMINA, letterhead=LETTERHEAD, at=NOW)
    assert message["Subject"] == "4 changes to services you follow"
    assert message["Message-ID"] == "<digest-5@signpost.example>"
    text = part(message, "plain")
    order = [text.index(f"Change {number}") for number in (4, 3, 1, 2)]
    assert order == sorted(order)
    alone = compose_digest(items[:1], digest_id=5, slot_at=NOW, to=AMINA, letterhead=LETTERHEAD, at=NOW)
    assert alone["Subject"] == "From 1 December 2026: Change 1"


def test_the_same_again_is_the_same_but_for_the_boundary() -> None:
    one, two = (sent(item(PLAIN)) for _ in range(2))
    assert [part(one, kind) for kind in ("plain", "html")] == [part(two, kind) for kind in ("plain", "html")]
    assert one["Message-ID"] == two["Message-ID"]


def test_tokens_stand_for_a_person_and_for_nothing_else() -> None:
    token = unsubscribe_token(7, "secret")
    assert person_of_token(token, "secret") == 7
    assert person_of_token(token, "another secret") is None
    assert person_of_token(token + "x", "secret") is None
    assert person_of_token("", "secret") is None
    assert "@" not in token


def test_an_impossible_address_is_a_value_error() -> None:
    for email in ("nobody", "a@b\r\nBcc: c@d", ""):
        with pytest.raises(ValueError):
            compose_immediate(item(PLAIN), to=replace(AMINA, email=email), letterhead=LETTERHEAD, at=NOW)


@settings(max_examples=20)
@given(host=st.from_regex(r"[a-z]{1,60}(\.[a-z]{1,40}){0,3}", fullmatch=True), person=st.integers(1, 2**40))
def test_what_a_machine_reads_is_never_encoded(host: str, person: int) -> None:
    """A mail program presses the address in List-Unsubscribe (RFC 8058) as it stands, however long it is."""
    letterhead = replace(LETTERHEAD, base_url=f"https://{host}")
    to = Recipient(person, "amina@example.nhs.uk")
    raw = compose_immediate(item(PLAIN), to=to, letterhead=letterhead, at=NOW).as_bytes()
    lines = raw.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").split(b"\r\n")
    assert f"List-Unsubscribe: <{letterhead.unsubscribe_link(person)}>".encode() in lines
    assert f"Message-ID: <delivery-12@{host}>".encode() in lines
    assert f"List-Id: Changes to services <changes.{host}>".encode() in lines
