"""Being told: one press, a look before, the list, a pause, opting out, and taking it along."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from itsdangerous import URLSafeSerializer
from starlette.requests import Request

from directory.app import build as build_app
from directory.domain.query import Query
from directory.notify.letterhead import unsubscribe_token
from directory.search.find import Found
from directory.search.plan import Plan, Reading, Token
from directory.search.question import Key
from directory.store import bounces, people, subscriptions
from directory.web.own_services import offered_first
from tests.web.conftest import FoundSite, TestClient, client_of, h1, signed_in, words_of

NURSE = "nurse@northmoor.example"
TEAM = "tissue-viability"


@pytest.fixture
def nurse(site: FoundSite) -> TestClient:
    return signed_in(site, NURSE, role="reader", team=TEAM)


def made(answer: object) -> str:
    assert answer.status_code == 303, answer.text  # type: ignore[attr-defined]
    return str(answer.headers["location"]).partition("?")[0]  # type: ignore[attr-defined]


def own(site: FoundSite, email: str = NURSE) -> list[object]:
    with site.database.read() as connection:
        return list(subscriptions.of_person(connection, people.by_email(connection, email).id))


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("/services/leg-ulcer-clinic", "service Leg ulcer clinic"),
        ("/teams/tissue-viability", "team Tissue Viability Team"),
        ("/organisations/community-trust", "owner Northmoor Community Health NHS Trust"),
        ("/changes?area=Eastmarsh", "area Eastmarsh"),
    ],
)
def test_one_press_is_enough_and_then_it_says_so(nurse: TestClient, page: str, said: str) -> None:
    shown = nurse.get(page).text
    form = re.search(r'<form method="post" action="/my/updates">(.*?)</form>', shown, re.DOTALL)
    assert form is not None
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[1]))
    at = made(nurse.post("/my/updates", data=fields))
    one = words_of(nurse.get(f"{at}?made=1").text)
    assert said.lower() in one.lower()
    assert "From now on you hear of this in a daily email" in one
    assert "Change or stop" in words_of(nurse.get(page).text)


def test_who_is_not_signed_in_comes_back_with_what_they_meant(site: FoundSite, nurse: TestClient) -> None:
    stranger = client_of(site)
    link = re.search(r'href="(/my/updates/new[^"]*)"', stranger.get("/services/leg-ulcer-clinic").text)
    assert link is not None
    sent = stranger.get(link[1])
    assert sent.headers["location"].startswith("/sign-in?next=%2Fmy%2Fupdates%2Fnew%3Fservice%3D")
    shown = nurse.get(link[1])
    assert "Leg ulcer clinic" in words_of(shown.text)
    assert "You would have heard of" in words_of(shown.text)
    page_link = re.search(r'href="(/my/updates/new[^"]*)"', stranger.get("/pages/leg-wound").text)
    assert page_link is not None
    assert "Leg wound" in words_of(nurse.get(page_link[1]).text)


def test_the_preview_lists_what_it_would_have_told(nurse: TestClient) -> None:
    words = words_of(nurse.get("/my/updates/new?service=leg-ulcer-clinic").text)
    assert "You would have heard of 2 changes" in words
    assert "Leg ulcer clinic moves" in words


def means(*needs: str) -> object:
    """A search that reads these needs in the question."""

    def find(query: Query) -> Found:
        keys = tuple(Key("need", need) for need in needs)
        tokens = () if needs else (Token("gibberish", 1.0, True),)
        readings = () if needs else (Reading(0, 0, ("gibberish",), 1.0, "typed"),)
        plan = Plan(text=query.text, keys=keys, tokens=tokens, readings=readings)
        return Found((), 0, False, None, plan)

    return find


def test_a_question_becomes_the_needs_that_it_means(site: FoundSite, nurse: TestClient) -> None:
    site.finds = means("leg ulcer")  # type: ignore[assignment]
    shown = nurse.get("/my/updates/new?q=leg+ulcers&area=Eastmarsh").text
    assert re.search(r'name="need" type="checkbox" value="leg ulcer" checked', shown)
    assert re.search(r'name="area" type="checkbox" value="eastmarsh" checked', shown)
    made(nurse.post("/my/updates", data={"q": "leg ulcers", "area": "Eastmarsh"}))
    (held,) = own(site)
    assert held.criteria == {"need": ("leg ulcer",), "area": ("eastmarsh",)}  # type: ignore[attr-defined]


def test_a_question_that_means_no_need_is_refused_with_what_to_do(site: FoundSite, nurse: TestClient) -> None:
    site.finds = means()  # type: ignore[assignment]
    for answer in (nurse.get("/my/updates/new?q=gibberish"), nurse.post("/my/updates", data={"q": "gibberish"})):
        assert answer.status_code == 422
        assert "No entry has a need that “gibberish” names" in words_of(answer.text)
    assert nurse.post("/my/updates", data={}).status_code == 422
    assert nurse.post("/my/updates", data={"service": "no-such"}).status_code == 422
    assert own(site) == []


def test_change_pause_end_and_undo(site: FoundSite, nurse: TestClient) -> None:
    at = made(nurse.post("/my/updates", data={"service": "leg-ulcer-clinic"}))
    assert made(nurse.post(at, data={"every": "weekly", "until": "14/12/2026"})) == at
    words = words_of(nurse.get(at).text)
    assert "In a weekly email" in words
    assert "Paused until 14 December 2026" in words
    assert nurse.post(at, data={"every": "weekly", "until": "14/12/2020"}).status_code == 422
    assert nurse.post(at, data={"every": "hourly"}).status_code == 422
    made(nurse.post(at, data={"every": "weekly", "resume": "1"}))
    assert "Paused until" not in words_of(nurse.get(at).text)
    ended = nurse.post(f"{at}/end")
    assert own(site) == []
    shown = nurse.get(ended.headers["location"]).text
    undo = re.search(r'action="(/my/updates/\d+/undo)"', shown)
    assert undo is not None
    assert made(nurse.post(undo[1])) == at
    assert len(own(site)) == 1
    assert nurse.get("/my/updates/99999").status_code == 404


def test_a_team_is_subscribed_and_members_choose(site: FoundSite, nurse: TestClient, lead: TestClient) -> None:
    boss = signed_in(site, "boss@northmoor.example", role="team-admin", team=TEAM)
    at = made(lead.post("/my/updates", data={"service": "leg-ulcer-clinic", "for": TEAM}))
    assert lead.post("/my/updates", data={"service": "dietetics", "for": "vascular"}).status_code == 403
    words = words_of(nurse.get("/my/updates").text)
    assert "because you are in Tissue Viability Team" in words
    assert nurse.post(at, data={"every": "weekly"}).status_code == 403
    made(nurse.post(f"{at}/choose"))
    assert "You opted out" in words_of(nurse.get("/my/updates").text)
    made(nurse.post(f"{at}/choose", data={"in": "1"}))
    made(boss.post(at, data={"every": "daily", "may-oblige": "1", "mandatory": "1"}))
    assert nurse.post(f"{at}/choose").status_code == 403
    assert "ask an administrator of Tissue Viability Team" in words_of(nurse.get(at).text)
    stranger = signed_in(site, "stranger@northmoor.example")
    assert stranger.get(at).status_code == 404
    link = f"/unsubscribe/{token(site)}"
    assert "You get only what you have to" in h1(client_of(site).get(link).text)
    assert "ask an administrator of Tissue Viability Team" in words_of(client_of(site).post(link).text)


def token(site: FoundSite, email: str = NURSE) -> str:
    with site.database.read() as connection:
        person = people.by_email(connection, email)
    return unsubscribe_token(person.id, site.settings.secret.get_secret_value())


def test_unsubscribing_is_undone_on_the_same_page(site: FoundSite, nurse: TestClient, lead: TestClient) -> None:
    made(nurse.post("/my/updates", data={"service": "leg-ulcer-clinic"}))
    made(lead.post("/my/updates", data={"service": "dietetics", "for": TEAM}))
    link, client = f"/unsubscribe/{token(site)}", client_of(site)
    asked = words_of(client.get(link).text)
    assert "service Dietetics (because you are in Tissue Viability Team)" in asked
    done = client.post(link, data={"List-Unsubscribe": "One-Click"})
    assert h1(done.text) == "You will get no more updates"
    assert own(site) == []
    stopped = re.search(r'name="stopped" value="([^"]+)"', client.get(link).text)
    assert stopped is not None
    assert client.post(f"{link}/undo", data={"stopped": "never"}).status_code == 404
    assert client.post(f"{link}/undo", data={"stopped": stopped[1]}).status_code == 303
    assert len(own(site)) == 1
    assert "service Dietetics" in words_of(client.get(link).text)
    assert client.post("/unsubscribe/forged/undo", data={"stopped": stopped[1]}).status_code == 404


def test_a_token_says_nothing_and_an_old_one_still_works(site: FoundSite, nurse: TestClient) -> None:
    secret = site.settings.secret.get_secret_value()
    assert len({unsubscribe_token(number, secret) for number in (1, 2, 10**9)}) == 3
    assert len({len(unsubscribe_token(number, secret)) for number in (1, 10**9)}) == 1
    with site.database.read() as connection:
        person = people.by_email(connection, NURSE)
    old = URLSafeSerializer(secret, salt="unsubscribe").dumps(person.id)
    old = old if isinstance(old, str) else old.decode()
    assert client_of(site).get(f"/unsubscribe/{old}").status_code == 200
    for forged in (token(site)[:-1], token(site) + "A", "A" * 32, ""):
        assert client_of(site).get(f"/unsubscribe/{forged}").status_code == 404


def test_leave_is_said_and_ended(nurse: TestClient) -> None:
    assert nurse.post("/my/updates/away", data={"until": "yesterday"}).status_code == 422
    made(nurse.post("/my/updates/away", data={"until": "14/12/2026"}))
    assert "You are away until 14 December 2026" in words_of(nurse.get("/my/updates").text)
    made(nurse.post("/my/updates/away", data={"back": "1"}))
    assert "You are away" not in words_of(nurse.get("/my/updates").text)


def test_a_test_message_three_times_an_hour(nurse: TestClient) -> None:
    at = made(nurse.post("/my/updates", data={"service": "leg-ulcer-clinic"}))
    for _ in range(3):
        assert "A test message is on its way" in words_of(nurse.get(nurse.post(f"{at}/test").headers["location"]).text)
    assert nurse.post(f"{at}/test").status_code == 429


def test_everything_can_be_taken_along(nurse: TestClient) -> None:
    made(nurse.post("/my/updates", data={"service": "leg-ulcer-clinic"}))
    plain = json.loads(nurse.get("/my/updates/export.json").text)
    assert plain["subscriptions"][0]["criteria"] == {"service": ["leg-ulcer-clinic"]}
    assert plain["sent"] == []
    assert "service Leg ulcer clinic,daily,mail" in nurse.get("/my/updates/subscriptions.csv").text
    assert nurse.get("/my/updates/sent.csv").text.lstrip("\ufeff").strip() == "sent_at,title,stage,because,href"


def test_favourites_have_their_number(nurse: TestClient) -> None:
    made(nurse.post("/my/services", data={"service": "leg-ulcer-clinic"}))
    made(nurse.post("/my/services", data={"service": "leg-ulcer-clinic"}))
    shown = nurse.get("/my/services").text
    assert shown.count('href="tel:') == 1
    assert "One of your services" in words_of(nurse.get("/services/leg-ulcer-clinic").text)
    made(nurse.post("/my/services", data={"service": "leg-ulcer-clinic", "remove": "1"}))
    assert "None yet" in words_of(nurse.get("/my/services").text)


def test_what_the_team_runs_is_offered_once_and_kept_with_one_press(site: FoundSite, nurse: TestClient) -> None:
    asked = Request({"type": "http", "app": build_app(site), "method": "GET", "path": "/", "headers": []})
    with site.database.read() as connection:
        person = people.by_email(connection, NURSE).id
    assert offered_first(asked, person, "/publish") == "/publish"
    assert offered_first(asked, person, "/") == "/my/services/offer"
    assert offered_first(asked, person, "/") == "/"
    assert "Leg ulcer clinic" in words_of(nurse.get("/my/services/offer").text)
    made(nurse.post("/my/services/offer", data={"service": "leg-ulcer-clinic", "next": "/"}))
    assert own(site) == []
    made(nurse.post("/my/services/offer", data={"service": "leg-ulcer-clinic", "keep": "1", "tell": "1"}))
    assert len(own(site)) == 1
    assert "Leg ulcer clinic" in words_of(nurse.get("/my/services").text)


def test_whose_mail_came_back_is_seen_by_who_looks_after_them(site: FoundSite, nurse: TestClient) -> None:
    boss = signed_in(site, "boss@northmoor.example", role="team-admin", team=TEAM)
    other = signed_in(site, "other@northmoor.example", role="team-admin", team="vascular")
    with site.database.write() as connection:
        person = people.by_email(connection, NURSE).id
        bounces.stop(connection, person, severity="hard", status="5.1.1", at=site.now() - timedelta(days=1), until=None)
    assert NURSE in boss.get("/manage/bounces").text
    assert NURSE not in other.get("/manage/bounces").text
    for page in ("/account", "/my/updates"):
        assert "We have stopped sending to your address" in words_of(nurse.get(page).text)
    assert nurse.post("/account/mail").status_code == 303
    assert "Nobody: all mail arrives" in words_of(boss.get("/manage/bounces").text)


@pytest.mark.parametrize("every", ["daily", "weekly"])
def test_a_room_is_told_at_once_or_it_is_said_that_it_cannot_be_otherwise(
    site: FoundSite, nurse: TestClient, every: str
) -> None:
    site.settings = site.settings.model_copy(update={"outgoing_private": "yes"})
    room = {"service": "leg-ulcer-clinic", "channel": "slack", "url": "https://203.0.113.5/room"}
    refused = nurse.post("/my/updates", data=room | {"every": every})
    assert refused.status_code == 422
    assert "is told at once" in words_of(refused.text)
    # What was typed is still there, and one press from right.
    assert 'value="https://203.0.113.5/room"' in refused.text
    assert re.search(r'<option value="slack" selected>', refused.text)
    assert re.search(r'value="immediately" checked', refused.text)
    assert 'name="service" type="checkbox" value="leg-ulcer-clinic" checked' in refused.text
    assert not re.search(r"/my/updates/[0-9]", nurse.get("/my/updates").text)
    made = nurse.post("/my/updates", data=room | {"every": "immediately"})
    assert made.status_code == 303


def test_a_webhook_is_begun_and_its_secret_shown_once(site: FoundSite, nurse: TestClient) -> None:
    site.settings = site.settings.model_copy(update={"outgoing_private": "yes"})
    hook = {"service": "leg-ulcer-clinic", "channel": "webhook", "url": "https://203.0.113.5/hook"}
    assert nurse.post("/my/updates", data=hook | {"url": "nowhere"}).status_code == 422
    assert nurse.post("/my/updates", data=hook | {"channel": "pigeon"}).status_code == 422
    site.settings = site.settings.model_copy(update={"outgoing_hosts": "hooks.example, *.office.example"})
    elsewhere = nurse.post("/my/updates", data=hook)
    says = "This directory connects to hooks.example and what ends in .office.example only"
    assert (elsewhere.status_code, says in words_of(elsewhere.text)) == (422, True)
    site.settings = site.settings.model_copy(update={"outgoing_hosts": "203.0.113.5"})
    shown = nurse.post("/my/updates", data=hook)
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
    secret = re.search(r"whsec_[\w+/=]+", shown.text)
    link = re.search(r'href="(/my/updates/\d+)"', shown.text)
    assert secret is not None
    assert link is not None
    one = nurse.get(link[1]).text
    assert secret[0] not in one
    assert "To 203.0.113.5" in words_of(one)
    again = nurse.post(f"{link[1]}/secret")
    assert "whsec_" in again.text
    assert secret[0] not in again.text
    assert nurse.post(f"{link[1]}/resume").status_code == 303
    refused = nurse.post(f"{link[1]}/send-again", data={"from": "1"})
    assert (refused.status_code, "there is none yet" in words_of(refused.text)) == (422, True)
    assert signed_in(site, "stranger@northmoor.example").post(f"{link[1]}/secret").status_code == 404
