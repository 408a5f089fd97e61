"""What waits for others, by program: 202 instead of 201, and each answer to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from directory.actions import governing
from directory.domain.policy import OPERATOR, Role
from directory.store import people
from tests import build
from tests.api.conftest import BASE_URL, LEAD_KEY, PUBLISH_KEY, READ_KEY, Api, FakeSite, TestClient, app_of

CLINIC = "leg-ulcer-clinic"
NURSE, NURSE_READS, ADMIN, VASCULAR = "nurse-key", "nurse-read-key", "admin-key", "vascular-key"


@pytest.fixture
def town(site: FakeSite) -> FakeSite:
    """With leads of the clinic's own team, and one of a team that has nothing to do with it."""
    with site.database.write() as connection:
        for key, email, team, role in (
            (NURSE, "nia@northmoor.example", "district-nursing", "lead"),
            (NURSE_READS, "nia@northmoor.example", "district-nursing", "lead"),
            (ADMIN, "ned@northmoor.example", "district-nursing", "team-admin"),
            (VASCULAR, "vera@northmoor.example", "vascular", "lead"),
        ):
            _key(connection, key, email, team, role)  # type: ignore[arg-type]
    return site


def _key(connection: Any, key: str, email: str, team: str, role: Role) -> None:
    person = people.add(connection, email=email, name="", editor=None, at=build.NOON)
    people.join(connection, person_id=person, team_id=team, role=role, at=build.NOON)
    people.add_key(
        connection,
        key_id=key,
        secret=key,
        person_id=person,
        scope="read" if key == NURSE_READS else "publish",
        at=build.NOON,
        expires_at=None,
    )


@pytest.fixture
def api(town: FakeSite) -> Api:
    return Api(TestClient(app_of(town), BASE_URL, raise_server_exceptions=False))


def handing(team: str = "tissue-viability", **given: Any) -> dict[str, Any]:
    edit = {"id": CLINIC, "set": {"owner": {"team": team}}}
    return {"title": "The clinic moves", "services": [edit], "effective_from": "2026-12-01", **given}


def route(address: str = "new@northmoor.example", **given: Any) -> dict[str, Any]:
    edit = {"id": CLINIC, "set": {"referral_routes": [{"method": "email", "address": address}]}}
    return {"title": "A new address", "services": [edit], "effective_from": "2026-12-01", **given}


def read(api: Api, ref: str, key: str = NURSE, status: int = 200) -> Any:
    return api.get(f"/offers/{ref}", status, headers={"Authorization": f"Bearer {key}"})


def do(api: Api, ref: str, what: str, body: object, status: int = 200, *, key: str = LEAD_KEY) -> Any:
    answer = api.post(body, key=key, path=f"/offers/{ref}/{what}")
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_lead_hands_over_and_the_other_team_accepts(api: Api) -> None:
    dry = api.post(handing(), key=NURSE, query="?dry_run=true").json()
    need = {"kind": "accept", "team": {"slug": "tissue-viability", "name": "Tissue Viability Team"}}
    assert dry["needs"] == [need]
    answer = api.post(handing(), key=NURSE)
    offer = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (202, f"{BASE_URL}/api/v1/offers/{offer['ref']}")
    assert (offer["state"], offer["needs"], offer["change"]) == ("waiting", [need | {"agreed": False}], None)
    assert (offer["offered_at"], offer["expires_at"]) == ("2026-11-22T12:00:00.000000Z", "2026-12-06T12:00:00.000000Z")
    assert offer["draft"]["title"] == "The clinic moves"
    assert offer["href"] == f"{BASE_URL}/offers/{offer['ref']}"
    assert api.numbers() == [1]
    done = do(api, offer["ref"], "accept", {"version": 1})
    assert (done["state"], done["change"]) == ("published", {"number": 2, "href": f"{BASE_URL}/changes/2"})
    assert api.get(f"/services/{CLINIC}?as_of=2026-12-01")["owner"]["team"]["slug"] == "tissue-viability"
    assert do(api, offer["ref"], "accept", {"version": 1})["change"]["number"] == 2
    assert read(api, offer["ref"]) == done


def test_who_is_not_concerned_is_refused(api: Api) -> None:
    ref = api.publish(handing(), 202, key=NURSE)["ref"]
    read(api, ref, VASCULAR, 403)
    assert read(api, ref, NURSE_READS)["ref"] == read(api, ref, READ_KEY)["ref"] == read(api, ref, LEAD_KEY)["ref"]
    api.get(f"/offers/{ref}", 403)
    api.get("/offers/nothing", 404)
    for key in (NURSE, ADMIN, VASCULAR, PUBLISH_KEY, READ_KEY, NURSE_READS):
        do(api, ref, "accept", {"version": 1}, 403, key=key)
        do(api, ref, "decline", {"why": "No."}, 403, key=key)
    for key in (VASCULAR, LEAD_KEY):
        do(api, ref, "withdraw", {}, 403, key=key)
        do(api, ref, "override", {"version": 1, "why": "Because."}, 403, key=key)
    assert api.publish(handing(), 403, key=VASCULAR)["status"] == 403
    assert api.numbers() == [1]


def test_fields_of_the_body_raise_no_rights(api: Api) -> None:
    api.publish(handing(override="I may."), 403, key=NURSE)
    for name, value in (("editor", True), ("needs", []), ("agreed", True), ("state", "published")):
        api.publish({**handing(), name: value}, 422, key=NURSE)
    ref = api.publish(handing(), 202, key=NURSE)["ref"]
    do(api, ref, "accept", {"version": 1, "by": "tom"}, 422)
    do(api, ref, "accept", {}, 422)
    assert api.numbers() == [1]


def test_the_list_is_of_ones_own_sides(api: Api) -> None:
    ref = api.publish(handing(), 202, key=NURSE)["ref"]

    def listed(key: str) -> list[str]:
        found = api.get("/offers", headers={"Authorization": f"Bearer {key}"})["items"]
        return [each["ref"] for each in found]

    assert [listed(key) for key in (NURSE, ADMIN, LEAD_KEY, READ_KEY, VASCULAR)] == [[ref]] * 4 + [[]]
    assert api.get("/offers")["items"] == []


def test_declined_withdrawn_and_edited_are_conflicts(api: Api) -> None:
    ref = api.publish(handing(), 202, key=NURSE)["ref"]
    do(api, ref, "decline", {"why": " "}, 422)
    declined = do(api, ref, "decline", {"why": "No nurses."})
    assert (declined["state"], declined["reason"]) == ("declined", "No nurses.")
    assert do(api, ref, "accept", {"version": 1}, 409)["state"] == "declined"
    ref = api.publish(handing(), 202, key=NURSE)["ref"]
    do(api, ref, "withdraw", {}, key=ADMIN)
    assert do(api, ref, "accept", {"version": 1}, 409)["state"] == "withdrawn"
    ref = api.publish(handing(), 202, key=NURSE)["ref"]
    put = api.client.put(
        f"/api/v1/offers/{ref}", json=handing(title="Later"), headers={"Authorization": f"Bearer {NURSE}"}
    )
    assert (put.status_code, put.json()["version"], put.json()["title"]) == (200, 2, "Later")
    stale = do(api, ref, "accept", {"version": 1}, 409)
    assert (stale["expected_version"], stale["current_version"]) == (1, 2)
    assert api.numbers() == [1]


def test_what_changed_meanwhile_is_named(api: Api) -> None:
    ref = api.publish(handing(), 202, key=NURSE)["ref"]
    edit = {"id": CLINIC, "set": {"hours": "24/7"}}
    api.publish({"title": "Hours", "services": [edit], "effective_from": "2026-11-22"}, key=ADMIN)
    assert do(api, ref, "accept", {"version": 1}, 409)["differing"] == {CLINIC: ["hours"]}


def test_an_editor_overrides_with_a_reason(api: Api) -> None:
    done = api.publish(handing(override="Nobody leads them."))
    assert api.get(f"/changes/{done['number']}")["override"] == "Nobody leads them."


def test_an_editors_program_says_by_why_it_publishes_without_asking(api: Api) -> None:
    done = api.publish(handing(why="The board decided."))
    assert api.get(f"/changes/{done['number']}")["override"] == "The board decided."
    assert api.publish(route())["override"] == ""


def test_an_editor_publishes_what_waits(api: Api) -> None:
    ref = api.publish(handing(), 202, key=NURSE)["ref"]
    do(api, ref, "override", {"version": 1}, 422, key=PUBLISH_KEY)
    done = do(api, ref, "override", {"version": 1, "why": "They are away."}, key=PUBLISH_KEY)
    assert api.get(f"/changes/{done['change']['number']}")["override"] == "They are away."


def test_the_same_key_is_the_same_offer(api: Api) -> None:
    start = Barrier(8)

    def post(_turn: int) -> tuple[int, str]:
        start.wait()
        answer = api.post(handing(), key=NURSE, Idempotency_Key="once")
        return answer.status_code, answer.json()["ref"]

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(post, range(8)))
    assert len(found) == 1
    assert next(iter(found))[0] == 202
    assert len(api.get("/offers", headers={"Authorization": f"Bearer {NURSE}"})["items"]) == 1


def test_what_is_risky_needs_a_second_person_or_a_reason(town: FakeSite, api: Api) -> None:
    with town.database.write() as connection:
        governing.mark(connection, CLINIC, by=OPERATOR, at=build.NOON)
    ref = api.publish(route(), 202, key=NURSE)["ref"]
    do(api, ref, "accept", {"version": 1}, 403, key=NURSE)
    assert do(api, ref, "accept", {"version": 1}, key=ADMIN)["state"] == "published"
    done = api.publish(route("other@northmoor.example", override="The mailbox is full."), key=NURSE)
    assert done["override"] == "The mailbox is full."
    waits = api.post({"why": "No."}, key=NURSE, path=f"/changes/{done['number']}/withdraw")
    assert (waits.status_code, waits.json()["needs"][0]["kind"]) == (202, "approve")
    gone = api.post({"why": "No.", "override": "Now."}, key=NURSE, path=f"/changes/{done['number']}/withdraw")
    assert (gone.status_code, gone.json()["supersedes"]) == (201, done["number"])


def test_a_scheduled_change_is_brought_forward_and_postponed(api: Api) -> None:
    first = api.publish(route(), key=NURSE)["number"]
    forward = api.publish(route(effective_from="2026-11-25", supersedes=first), key=NURSE)["number"]
    assert [api.get(f"/changes/{number}")["status"] for number in (first, forward)] == ["withdrawn", "published"]
    api.publish(route(effective_from="2026-12-20", supersedes=first), 409, key=NURSE)
    api.publish(route(effective_from="2026-12-20", supersedes=forward), 403, key=VASCULAR)
    api.publish(route(effective_from="2026-12-20", supersedes=forward), key=ADMIN)

    def address(day: str) -> str:
        return str(api.get(f"/services/{CLINIC}?as_of={day}")["referral_routes"][0]["address"])

    assert [address(day).partition("@")[0] for day in ("2026-11-30", "2026-12-19", "2026-12-20")] == [
        "legs",
        "legs",
        "new",
    ]


def test_what_a_change_set_is_set_back_but_for_what_others_set_since(api: Api) -> None:
    both = {"id": CLINIC, "set": {"hours": "24/7", "summary": "Legs."}}
    number = api.publish({"title": "Two", "services": [both], "effective_from": "2026-11-20"}, key=NURSE)["number"]
    later = {"id": CLINIC, "set": {"summary": "Legs and feet."}}
    api.publish({"title": "One", "services": [later], "effective_from": "2026-11-22"}, key=ADMIN)
    path = f"/changes/{number}/reverse"
    assert api.post({}, key=VASCULAR, path=path).status_code == 403
    answer = api.post({"why": "It was wrong."}, key=NURSE, path=path)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["left"], answer.json()["why"]) == ([{"service": CLINIC, "field": "summary"}], "It was wrong.")
    entry = api.get(f"/services/{CLINIC}")
    assert (entry["hours"], entry["summary"]) == ("", "Legs and feet.")
    assert api.get(f"/changes/{number}")["status"] == "published"
    assert api.post({"effective_from": "soon"}, key=NURSE, path=path).status_code == 422
    assert api.post({}, key=NURSE, path="/changes/99/reverse").status_code == 404


def test_setting_back_a_handover_asks_the_other_team(api: Api) -> None:
    ref = api.publish(handing(effective_from="2026-11-22"), 202, key=NURSE)["ref"]
    number = do(api, ref, "accept", {"version": 1})["change"]["number"]
    answer = api.post({}, key=LEAD_KEY, path=f"/changes/{number}/reverse")
    assert answer.status_code == 202
    assert answer.json()["needs"][0]["team"]["slug"] == "district-nursing"


@pytest.mark.parametrize("what", ["accept", "decline", "withdraw"])
def test_the_same_key_is_answered_alike_and_does_it_once(api: Api, what: str) -> None:
    ref = api.publish(handing(), 202, key=NURSE)["ref"]
    bodies: dict[str, dict[str, object]] = {
        "accept": {"version": 1},
        "decline": {"why": "Not yet."},
        "withdraw": {"why": ""},
    }
    body = bodies[what]
    key, path = NURSE if what == "withdraw" else LEAD_KEY, f"/offers/{ref}/{what}"
    barrier = Barrier(2)

    def ask(_: int) -> Any:
        barrier.wait()
        return api.post(body, key=key, path=path, Idempotency_Key="once")

    with ThreadPoolExecutor(2) as pool:
        first, again = pool.map(ask, range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert sorted("idempotent-replayed" in each.headers for each in (first, again)) == [False, True]
    assert api.post({**body, "why": "Otherwise."}, key=key, path=path, Idempotency_Key="once").status_code == 422


def test_offers_are_paged_and_none_is_lost_when_one_is_settled_between(api: Api) -> None:
    refs = [api.publish(handing(title=f"Offer {number}"), 202, key=NURSE)["ref"] for number in range(5)]
    headers = {"Authorization": f"Bearer {NURSE}"}
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = api.get(f"/offers?limit=2&after={after}", headers=headers)
        seen += [each["ref"] for each in page["items"]]
        after = page["next"]
        if len(seen) == 2:
            do(api, seen[1], "decline", {"why": "No."})
    assert set(seen) == set(refs)
    api.get("/offers?after=elsewhere", 400, headers=headers)
