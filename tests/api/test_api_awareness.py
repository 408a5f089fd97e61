"""Acknowledgements by program, and how many have read a change."""

from __future__ import annotations

from sqlalchemy import insert

from directory.store import people
from directory.store.tables.telling import deliveries
from tests import build
from tests.api.conftest import BASE_URL, LEAD_KEY, PUBLISH_KEY, READ_KEY, Api, FakeSite

SAY, SEE = "/changes/1/acknowledge", "/changes/1/awareness"
AS_READER = {"Authorization": f"Bearer {READ_KEY}"}


def tell(site: FakeSite, count: int, *, first: int = 0) -> None:
    with site.database.write() as connection:
        for index in range(first, first + count):
            email = f"nurse{index}@northmoor.example"
            person = people.add(connection, email=email, name="", editor=False, at=build.NOON)
            row = {"change_number": 1, "stage": "announced", "person_id": person, "channel": "mail", "rank": 0}
            row |= {"reasons": "x", "matched_at": build.NOON, "state": "accepted", "attempts": 1}
            connection.execute(insert(deliveries).values(row))


def test_the_owner_of_a_key_has_read_it_and_says_so_once(api: Api) -> None:
    answer = api.post(b"", key=LEAD_KEY, path=SAY)
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{BASE_URL}/api/v1{SEE}"
    said = answer.json()
    assert said["read_at"] is not None
    assert said == {"change": 1, "read_at": said["read_at"], "excused": False, "teams": []}
    assert api.post({}, key=LEAD_KEY, path=SAY).json() == said


def test_for_a_team_it_takes_one_of_its_leads(api: Api) -> None:
    led = api.post({"team": "tissue-viability"}, key=LEAD_KEY, path=SAY)
    other = api.post({"team": "vascular"}, key=LEAD_KEY, path=SAY)
    assert (led.status_code, other.status_code) == (201, 403)
    # An editor belongs to no team: nobody of it has been told by that.
    assert api.post({"team": "district-nursing"}, key=PUBLISH_KEY, path=SAY).status_code == 403


def test_what_is_refused(api: Api) -> None:
    assert api.post({}, key=None, path=SAY).status_code == 401
    assert api.post({}, key=READ_KEY, path=SAY).status_code == 403
    assert api.post({}, key=LEAD_KEY, path="/changes/999/acknowledge").status_code == 404
    assert api.post({"team": "vascular", "excused": True}, key=LEAD_KEY, path=SAY).status_code == 422
    assert api.post({"person": 1}, key=LEAD_KEY, path=SAY).status_code == 422


def test_shares_are_for_those_who_are_known_and_of_five_or_more(api: Api, site: FakeSite) -> None:
    api.get(SEE, 401)
    api.get("/changes/999/awareness", 404, headers=AS_READER)
    tell(site, 4)
    assert api.get(SEE, headers=AS_READER) == {"change": 1, "reading": None, "teams": []}
    tell(site, 1, first=4)
    reading = api.get(SEE, headers=AS_READER)["reading"]
    assert (reading["told"], reading["read"], reading["share"], reading["after_publication"]) == (5, 0, 0.0, None)
