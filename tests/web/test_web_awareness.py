"""Saying that one has read a change, for oneself and for a team; who has read what; champions; findings."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import insert, select

from directory.actions.champions import name_champion
from directory.actions.inspecting import inspect_nightly
from directory.domain.policy import OPERATOR
from directory.store import people
from directory.store.tables.changes import changes
from directory.store.tables.telling import acknowledgements, deliveries
from directory.store.versions import find_ids
from directory.web.views.charts import bar_chart
from tests import build
from tests.web.conftest import FoundSite, TestClient, h1, signed_in, words_of

MOVED = 4


def tell(site: FoundSite, count: int, *, team: str = "district-nursing", read: int = 0, number: int = MOVED) -> None:
    """So many people of a team who were told of a change, of whom some have read it."""
    with site.database.write() as connection:
        team_id = find_ids(connection, "team", [team])[team]
        for index in range(count):
            person = people.add(
                connection, email=f"{team}{index}@northmoor.example", name="", editor=False, at=build.NOON
            )
            people.join(connection, person_id=person, team_id=team_id, role="reader", at=build.NOON)
            row = {"change_number": number, "stage": "announced", "person_id": person, "channel": "mail", "rank": 0}
            row |= {"reasons": "x", "matched_at": build.NOON, "state": "accepted", "attempts": 1}
            connection.execute(insert(deliveries).values(row))
            if index < read:
                said = {"change_number": number, "person_id": person, "team_id": "", "at": build.NOON}
                said |= {"after_publication": 7_200 * (index + 1), "after_effect": -3_600}
                connection.execute(insert(acknowledgements).values(said))


def rows(site: FoundSite) -> list[tuple[int, str]]:
    with site.database.read() as connection:
        return [(row.change_number, row.team_id) for row in connection.execute(select(acknowledgements))]


def test_i_have_read_this_is_one_press_and_counts_once(site: FoundSite) -> None:
    nurse = signed_in(site, "nurse@northmoor.example", role="reader", team="district-nursing")
    assert "I have read this" in nurse.get(f"/changes/{MOVED}").text
    for _ in range(2):
        answer = nurse.post(f"/changes/{MOVED}/acknowledge")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/changes/{MOVED}#read")
    assert rows(site) == [(MOVED, "")]
    page = nurse.get(f"/changes/{MOVED}").text
    assert "You read this on 22 November 2026" in words_of(page)
    assert "I have read this" not in page


def test_whoever_is_not_signed_in_is_not_asked(client: TestClient) -> None:
    page = client.get(f"/changes/{MOVED}").text
    assert "Have you read this?" not in page
    assert "handover" not in page
    assert client.post(f"/changes/{MOVED}/acknowledge").status_code in (303, 401)


def test_a_team_is_spoken_for_by_its_champion_or_lead(site: FoundSite) -> None:
    reader = signed_in(site, "reader@northmoor.example", role="reader", team="district-nursing")
    assert reader.post(f"/changes/{MOVED}/acknowledge", data={"team": "district-nursing"}).status_code == 403
    lead = signed_in(site, "lee@northmoor.example", role="lead", team="tissue-viability")
    assert "Tissue Viability Team has been told" in words_of(lead.get(f"/changes/{MOVED}").text)
    assert lead.post(f"/changes/{MOVED}/acknowledge", data={"team": "district-nursing"}).status_code == 403
    assert rows(site) == []
    assert lead.post(f"/changes/{MOVED}/acknowledge", data={"team": "tissue-viability"}).status_code == 303
    with site.database.write() as connection:
        name_champion(
            connection,
            "district-nursing",
            email="reader@northmoor.example",
            topic="leg ulcer",
            by=OPERATOR,
            at=build.NOON,
        )
    assert reader.post(f"/changes/{MOVED}/acknowledge", data={"team": "district-nursing"}).status_code == 303
    assert len(rows(site)) == 2
    shown = words_of(reader.get(f"/changes/{MOVED}/awareness").text)
    assert "District Nursing Not shown Not shown 22 November 2026" in shown


def test_an_urgent_change_asks_by_when_and_can_be_none_of_mine(site: FoundSite) -> None:
    with site.database.write() as connection:
        connection.execute(changes.update().where(changes.c.number == MOVED).values(urgent=True))
    tell(site, 1)
    nurse = signed_in(site, "district-nursing0@northmoor.example", role="reader", team="district-nursing")
    # Published on Monday 19 October.
    assert "please read it by 21 October 2026" in words_of(nurse.get(f"/changes/{MOVED}").text)
    assert nurse.post(f"/changes/{MOVED}/acknowledge", data={"team": "-"}).status_code == 303
    assert "You said that this does not concern you." in nurse.get(f"/changes/{MOVED}").text
    assert rows(site) == []


def test_shares_by_team_with_a_drawing_and_its_table_and_nothing_of_the_few(site: FoundSite) -> None:
    tell(site, 8, read=6)
    tell(site, 3, team="vascular", read=1)
    tell(site, 5, team="tissue-viability", read=5)
    nurse = signed_in(site, "district-nursing0@northmoor.example", role="reader", team="district-nursing")
    page = nurse.get(f"/changes/{MOVED}/awareness").text
    said = words_of(page)
    assert "Of those who were told: 12 of 16 (75%)" in said
    assert "District Nursing 6 of 8 (75%) Half had read it 6 hours after it was published, 1 hour before" in said
    # Three Vascular Nurses could be worked out from the total: the smallest of the others is hidden with them.
    assert "Vascular Nurses Not shown" in said
    assert "Tissue Viability Team Not shown" in said
    assert page.count("<rect") >= 2
    assert "District Nursing</text>" in page
    assert "northmoor.example" not in re.sub(r"<header.*?</header>", "", page, flags=re.DOTALL)
    overview = words_of(nurse.get("/manage/acknowledgements").text)
    assert "Leg ulcer clinic moves 12 of 16 (75%)" in overview


def test_labels_of_a_drawing_are_inert() -> None:
    drawn = bar_chart([(50, '<script>alert("1")</script>')], upto=100)
    assert "<script" not in drawn
    assert "&lt;script" in drawn
    assert "style=" not in drawn


def test_an_administrator_names_champions_and_nobody_else_does(site: FoundSite) -> None:
    tell(site, 1)
    admin = signed_in(site, "ada@northmoor.example", role="team-admin", team="district-nursing")
    lead = signed_in(site, "lee@northmoor.example", role="lead", team="district-nursing")
    form = {"email": "district-nursing0@northmoor.example", "topic": "Leg ulcer"}
    assert lead.post("/teams/district-nursing/champions", data=form).status_code == 403
    assert admin.post("/teams/tissue-viability/champions", data=form).status_code == 403
    refused = admin.post("/teams/district-nursing/champions", data=form | {"topic": "leg ulzer <b>"})
    assert refused.status_code == 400
    assert h1(refused.text) == "Champions"
    assert 'value="leg ulzer &lt;b&gt;"' in refused.text
    assert admin.post("/teams/district-nursing/champions", data=form).status_code == 303
    assert "district-nursing0@northmoor.example: Leg ulcer" in words_of(admin.get("/teams/district-nursing").text)
    page = admin.get("/teams/district-nursing/champions").text
    person = re.search(r'name="person" value="(\d+)"', page)
    assert person is not None
    ended = {"person": person[1], "topic": "Leg ulcer"}
    assert admin.post("/teams/district-nursing/champions", data=ended).status_code == 303
    assert "This team has no champion yet" in admin.get("/teams/district-nursing/champions").text


def test_champions_are_named_to_staff_only(site: FoundSite, client: TestClient) -> None:
    tell(site, 1)
    with site.database.write() as connection:
        name_champion(
            connection,
            "district-nursing",
            email="district-nursing0@northmoor.example",
            topic="leg ulcer",
            by=OPERATOR,
            at=build.NOON,
        )
    assert "Champions" not in client.get("/teams/district-nursing").text
    assert "Champions" in signed_in(site, "nurse@northmoor.example").get("/teams/district-nursing").text


def test_only_what_a_reader_may_open_is_offered(site: FoundSite) -> None:
    readers = (signed_in(site, "nurse@northmoor.example"), signed_in(site, "ed@northmoor.example", editor=True))
    offered = [
        re.findall(r'href="(/manage/(?:findings|deliveries))"', reader.get("/manage/acknowledgements").text)
        for reader in readers
    ]
    assert offered == [[], ["/manage/findings", "/manage/deliveries"]]


def test_editors_see_what_the_night_found(site: FoundSite) -> None:
    editor = signed_in(site, "ed@northmoor.example", editor=True)
    assert "Nothing was found." in editor.get("/manage/findings").text
    inspect_nightly(site.database, zone=build.LONDON, at=build.NOON)
    said = words_of(editor.get("/manage/findings").text)
    assert "Services for which nobody answers" in said
    assert (
        signed_in(site, "lee@northmoor.example", role="lead", team="vascular").get("/manage/findings").status_code
        == 403
    )


@pytest.mark.parametrize("path", ["/changes/999/awareness", "/changes/x/awareness"])
def test_what_there_is_not(site: FoundSite, path: str) -> None:
    assert signed_in(site, "nurse@northmoor.example").get(path).status_code == 404
