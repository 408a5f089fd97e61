"""Reports in the browser: sent by anybody, answered by the owner, and seen by everybody on the team's page."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from directory.actions.reports import settle_by_change
from directory.domain.change import Edit
from directory.domain.policy import OPERATOR
from directory.store import reports
from directory.store.tables.identity import letters
from tests import build
from tests.web.conftest import FoundSite, TestClient, h1, signed_in, words_of

FORM = "/services/leg-ulcer-clinic/report"
TEAM = "tissue-viability"
WRONG = {"kind": "number", "text": "It is that of the\r\nlibrary."}


@pytest.fixture
def lead(site: FoundSite) -> TestClient:
    return signed_in(site, "lee@northmoor.example", role="lead", team=TEAM)


def send(client: TestClient, **more: str) -> str:
    answer = client.post(FORM, data=WRONG | more)
    assert answer.status_code == 303, words_of(answer.text)
    found = re.fullmatch(r"/reports/([0-9a-z-]{14})\?sent=1", answer.headers["location"])
    assert found
    return found[1]


def test_an_entry_leads_to_the_form_and_the_form_to_a_page_of_ones_own(site: FoundSite, client: TestClient) -> None:
    assert f'href="{FORM}"' in client.get("/services/leg-ulcer-clinic").text
    form = client.get(FORM)
    assert h1(form.text) == "Leg ulcer clinic What is wrong?"
    assert "This goes to Tissue Viability Team" in words_of(form.text)
    ref = send(client)
    shown = client.get(f"/reports/{ref}?sent=1")
    said = words_of(shown.text)
    assert f"Reference {ref}" in said
    assert "It is on its way" in said
    assert "Not answered yet" in said
    assert "It is that of the\nlibrary." in shown.text
    assert client.get(f"/reports/{ref.upper().replace('-', '')}").status_code == 200
    assert client.get("/reports/0000-0000-0000").status_code == 404


@pytest.mark.parametrize("number", ["999 000 0018", "999-000-0018", "9990000018"])
def test_patient_data_is_refused_marked_and_what_was_typed_is_kept(client: TestClient, number: str) -> None:
    given = {"kind": "other", "text": f"About <i>her</i>, {number}, wrong.", "email": "nurse@northmoor.example"}
    answer = client.post(FORM, data=given)
    assert answer.status_code == 422
    assert f"<mark>{number}</mark>" in answer.text
    assert f"“{number}” looks like an NHS number" in words_of(answer.text)
    assert f"About &lt;i&gt;her&lt;/i&gt;, {number}, wrong.</textarea>" in answer.text
    assert 'value="nurse@northmoor.example"' in answer.text
    assert re.search(r'value="other" checked', answer.text)


def test_what_is_missing_is_said_at_its_place(client: TestClient) -> None:
    answer = client.post(FORM, data={"text": "x", "email": "nobody"})
    assert answer.status_code == 422
    for where in ("kind", "email"):
        assert f'href="#{where}"' in answer.text
        assert f'id="{where}"' in answer.text
    assert client.post("/services/nothing/report", data=WRONG).status_code == 404


def test_three_people_are_one_report_with_three_words(site: FoundSite, client: TestClient, lead: TestClient) -> None:
    first = send(client)
    send(client, text="Nobody answers.")
    nurse = signed_in(site, "amina@northmoor.example")
    own = send(nurse, text="Wrong.")
    assert "3 people reported this." in words_of(client.get(f"/reports/{own}").text)
    assert "Nobody answers." not in client.get(f"/reports/{own}").text
    listed = words_of(lead.get("/manage/reports").text)
    assert "3 people reported this." in listed
    assert listed.count("A wrong number or address: Leg ulcer clinic") == 1
    shown = words_of(lead.get(f"/manage/reports/{first}").text)
    assert all(text in shown for text in ("It is that of the", "Nobody answers.", "Wrong."))
    assert "A wrong number or address: Leg ulcer clinic" in words_of(nurse.get("/my/reports").text)
    assert client.get("/my/reports").headers["location"].startswith("/sign-in")


def test_the_owner_answers_the_reporter_sees_it_and_so_does_everybody(
    site: FoundSite, client: TestClient, lead: TestClient
) -> None:
    ref = send(client, email="nurse@northmoor.example")
    assert "/manage/reports/" not in client.get(f"/reports/{ref}").text
    assert f"/manage/reports/{ref}" in lead.get(f"/reports/{ref}").text
    page = lead.get(f"/manage/reports/{ref}")
    assert f'href="/publish?report={ref}"' in page.text
    wrong = lead.post(f"/manage/reports/{ref}", data={"outcome": "not-changed", "text": " ", "change": "x"})
    assert wrong.status_code == 422
    wrong = lead.post(f"/manage/reports/{ref}", data={"outcome": "not-changed", "text": "dob 3/4/1950 is hers"})
    assert "<mark>dob 3/4/1950</mark>" in wrong.text
    missing = lead.post(f"/manage/reports/{ref}", data={"outcome": "fixed", "text": "Kept words", "change": "999"})
    assert missing.status_code == 422
    assert "Kept words" in missing.text
    done = lead.post(f"/manage/reports/{ref}", data={"outcome": "not-changed", "text": "It is right: <we> share."})
    assert done.headers["location"] == "/manage/reports?done=1"
    said = words_of(client.get(f"/reports/{ref}").text)
    assert "Not changed" in said
    assert "It is right: <we> share." in said
    late = lead.post(f"/manage/reports/{ref}", data={"outcome": "fixed", "text": "My late words"})
    assert late.status_code == 409
    assert "My late words" in late.text
    assert "None." in words_of(lead.get("/manage/reports").text)
    assert ref in lead.get("/manage/reports?answered=1").text
    team = words_of(client.get(f"/teams/{TEAM}").text)
    assert "In the last 12 months: 1 report. Fixed: 0. Not changed: 1. Questions answered: 0." in team
    assert "A wrong number or address, Leg ulcer clinic Not changed : It is right: <we> share." in team
    # In the owner's words, never in those of who reported it.
    assert "library" not in team
    with site.database.read() as connection:
        assert list(connection.scalars(select(letters.c.email))) == ["nurse@northmoor.example"]


def test_what_is_another_teams_is_neither_seen_nor_answered(site: FoundSite, client: TestClient) -> None:
    ref = send(client)
    other = signed_in(site, "odd@northmoor.example", role="team-admin", team="vascular")
    assert ref not in other.get("/manage/reports").text
    assert other.get(f"/manage/reports/{ref}").status_code == 403
    assert other.post(f"/manage/reports/{ref}", data={"outcome": "fixed"}).status_code == 403
    with site.database.read() as connection:
        assert reports.by_ref(connection, ref).state == "open"
    editor = signed_in(site, "ed@northmoor.example", editor=True)
    assert ref in editor.get("/manage/reports").text
    assert editor.post(f"/manage/reports/{ref}", data={"outcome": "fixed"}).status_code == 303


def test_a_change_is_credited_on_its_page(site: FoundSite, client: TestClient) -> None:
    ref = send(client)
    done = build.change(site.database, build.draft(Edit("leg-ulcer-clinic", {"summary": "New."})))
    number = done.change.number
    with site.database.write() as connection:
        settle_by_change(connection, [ref], number, by=OPERATOR, at=build.NOON, today=build.TODAY)
    assert "This came of 1 report by staff." in words_of(client.get(f"/changes/{number}").text)
    assert f'href="/changes/{number}"' in client.get(f"/reports/{ref}").text
    assert f"Fixed by change {number}" in words_of(client.get(f"/teams/{TEAM}").text)


def test_too_many_are_asked_to_wait(client: TestClient) -> None:
    statuses = [client.post(FORM, data={"kind": "other", "text": f"word {n}"}).status_code for n in range(31)]
    assert statuses == [303] * 30 + [429]
