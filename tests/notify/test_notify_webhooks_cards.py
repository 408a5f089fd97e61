"""Cards for rooms: who handles what now, from when, what to do; whatever anybody wrote is only words there."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.domain.subscription import Channel
from directory.notify.match_pages import match_pages
from directory.notify.plain import plain_text
from directory.outbound.card import Card, Part
from directory.outbound.slack import MOST_BLOCKS, slack_body
from directory.outbound.teams import LARGEST, teams_body
from directory.store import pages
from tests.examples import examples
from tests.notify.build import NOW
from tests.notify.posting import Posting
from tests.outbound.receiver import Receiver

HOSTILE = "[Refer here](https://evil.example) <https://evil.example|here> <!channel> <at>All</at> {{DATE(x)}} *b* &"
SOON = (NOW + timedelta(days=3)).date()


def card_of(body: Any) -> dict[str, Any]:
    (attachment,) = body["attachments"]
    assert (body["type"], attachment["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    found: dict[str, Any] = attachment["content"]
    assert (found["type"], found["version"]) == ("AdaptiveCard", "1.5")
    return found


def teams_words(body: Any) -> str:
    blocks = card_of(body)["body"]
    # Only what no card reads as mark-up.
    assert {block["type"] for block in blocks} == {"RichTextBlock"}
    return "\n".join("".join(run["text"] for run in block["inlines"]) for block in blocks)


def slack_words(body: Any) -> str:
    texts = [block.get("text") or block["elements"][0] for block in body["blocks"]]
    return "\n".join(each["text"] for each in texts)


@pytest.mark.parametrize(("channel", "words"), [("teams", teams_words), ("slack", slack_words)])
def test_a_room_reads_who_handles_it_now_from_when_and_what_to_do(
    posting: Posting, receiver: Receiver, channel: Channel, words: Any
) -> None:
    posting.add(receiver.url, channel, team="district-nursing")
    number = posting.publish(on=SOON)
    assert posting.post() == 1
    (got,) = receiver.got
    said = words(got.json)
    assert got.headers["content-type"].startswith("application/json")
    assert "From 7 November 2026: Leg ulcer clinic moves to the Tissue Viability Team" in said
    assert "Who handles this: Tissue Viability Team, Northmoor Community Trust (was District Nursing, " in said
    assert "Phone: 01632 960001" in said
    assert "How to refer: Email tvn.referrals@example.nhs.uk (any registered nurse)" in said
    assert "Refer by email from that day." in said
    assert "Why this comes here: every change" in said
    assert f"https://signpost.example/changes/{number}" in got.body.decode()
    assert "webhook-signature" not in got.headers


@pytest.mark.parametrize("channel", ["teams", "slack"])
def test_a_hostile_title_is_inert(posting: Posting, receiver: Receiver, channel: Channel) -> None:
    posting.add(receiver.url, channel)
    posting.town.change(HOSTILE, sets={"podiatry": {"name": HOSTILE}}, what_to_do=HOSTILE)
    posting.match()
    assert posting.post() == 1
    body = receiver.got[0].json
    if channel == "teams":
        said = teams_words(body)
        assert "{{" not in json.dumps(body)
        assert "[Refer here](https://evil.example)" in said, "shown as it was written, and as nothing else"
        (action,) = card_of(body)["actions"]
        assert action["url"].startswith("https://signpost.example/")
    else:
        said = slack_words(body)
        title, *rest = body["blocks"]
        assert title["text"]["type"] == "plain_text"
        marked = [body["text"], *(b["text"]["text"] for b in rest if b.get("text", {}).get("type") == "mrkdwn")]
        for each in marked:
            assert "<!" not in each
            assert "<https://evil" not in each
            assert each.count("<") == each.count("<https://signpost.example/")
        assert "&lt;!channel&gt;" in said


@pytest.mark.parametrize("channel", ["teams", "slack"])
def test_a_room_that_refuses_a_card_twice_gets_a_short_one(
    posting: Posting, receiver: Receiver, channel: Channel
) -> None:
    posting.add(receiver.url, channel)
    posting.publish()
    receiver.answers = [400, 400]
    for _ in range(3):
        posting.post()
        posting.later(minutes=2)
    sizes = [len(got.body) for got in receiver.got]
    assert sizes[0] == sizes[1] > sizes[2]
    assert b"Leg ulcer clinic moves" in receiver.got[2].body


def test_a_room_is_not_told_what_was_taken_back_before_it_was_told(posting: Posting, receiver: Receiver) -> None:
    posting.add(receiver.url, "slack")
    first = posting.publish(on=SOON)
    _withdrawn_by_another(posting, first)
    assert posting.post() == 0
    assert receiver.got == []
    # The queue has gone on all the same.
    posting.publish(on=SOON)
    assert posting.post() == 1


def test_a_room_that_was_told_hears_that_it_does_not_hold(posting: Posting, receiver: Receiver) -> None:
    posting.add(receiver.url, "slack")
    first = posting.publish(on=SOON)
    assert posting.post() == 1
    _withdrawn_by_another(posting, first)
    assert posting.post() == 1
    assert "It does not hold" in slack_words(receiver.got[1].json)


def _withdrawn_by_another(posting: Posting, number: int) -> None:
    posting.town.change("It does not hold", kinds=(), at=posting.at, supersedes=number)
    posting.town.withdraw(number)
    posting.match()


def test_a_large_change_shows_the_first_services_and_how_many_more(posting: Posting, receiver: Receiver) -> None:
    posting.add(receiver.url, "slack")
    clinic = posting.town.facts["leg-ulcer-clinic"]
    posting.town.change("It opens", opens={f"clinic-{place}": clinic for place in range(20)})
    posting.match()
    posting.post()
    said = slack_words(receiver.got[0].json)
    assert said.count("New: Leg ulcer clinic") == 5
    assert "And 15 more services." in said


TEXTS = st.text(max_size=4_000)
PARTS = st.builds(Part, TEXTS, st.lists(st.tuples(TEXTS, TEXTS), max_size=4).map(tuple), TEXTS)
CARDS = st.builds(Card, TEXTS, st.lists(PARTS, max_size=8).map(tuple), st.just("https://s.example/"), TEXTS, TEXTS)


@settings(max_examples=examples(20))
@given(CARDS)
def test_no_card_is_too_large_for_its_room(card: Card) -> None:
    assert len(teams_body(card)) <= LARGEST
    body = json.loads(slack_body(card))
    assert len(body["blocks"]) <= MOST_BLOCKS
    assert len(body["blocks"][0]["text"]["text"]) <= 150
    for block in body["blocks"]:
        if block["type"] == "section":
            assert 0 < len(block["text"]["text"]) <= 3_000


def test_what_people_wrote_loses_its_signs_and_nothing_else() -> None:
    html = "<p>Refer by <strong>email</strong>.</p><ul><li>One</li><li>Two &amp; <a href='https://n.example'>this</a></li></ul>"
    assert plain_text(html) == "Refer by email.\n\n- One\n- Two & this (https://n.example)"


PAGE = "---\ntitle: Discharge forum\nkind: forum\nupdated: 2026-10-01\n---\nAnyone can come.\n"
NOTE = "\n## 2026-11-04: Key safes\n\nAsk the clinic **first**.\n"


def test_a_page_comes_as_a_card_and_as_an_event(posting: Posting, receiver: Receiver) -> None:
    day = date(2026, 10, 1)
    for body, at in ((PAGE, NOW - timedelta(days=30)), (PAGE + NOTE, NOW)):
        with posting.town.database.write() as connection:
            pages.put(connection, pages.Page("discharge", 0, "forum", "Discharge forum", day, at, body))
    with Receiver() as program:
        posting.add(receiver.url, "teams", page="discharge")
        posting.add(program.url, "webhook", page="discharge")
        assert match_pages(posting.town.database, at=NOW) == 2
        assert posting.post() == 2
        event = program.got[0].json
    said = teams_words(receiver.got[0].json)
    assert "Discharge forum: Key safes" in said
    assert "Ask the clinic first." in said
    assert (event["type"], event["subject"], event["data"]["version"]) == ("page.updated", "pages/discharge", 2)
