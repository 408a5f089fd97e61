"""Reports and checks by program."""

from __future__ import annotations

from typing import Any

from directory.actions.reports import Verdict, answer_report
from directory.domain.policy import OPERATOR
from directory.store import people
from tests import build
from tests.api.conftest import BASE_URL, LEAD_KEY, PUBLISH_KEY, READ_KEY, Api, FakeSite, TestClient, app_of, hours

REPORTS, CHECK = "/services/leg-ulcer-clinic/reports", "/services/leg-ulcer-clinic/check"
WRONG = {"kind": "number", "text": "It is that of the library."}


def send(api: Api, body: object = WRONG, *, key: str | None = None, **headers: str) -> Any:
    return api.post(body, key=key, path=REPORTS, **headers)


def test_anybody_reports_and_reads_what_became_of_it(api: Api, site: FakeSite) -> None:
    answer = send(api)
    assert answer.status_code == 201
    body = answer.json()
    assert answer.headers["location"] == f"{BASE_URL}/api/v1/reports/{body['ref']}"
    assert (body["state"], body["people"], body["answer"], body["change"]) == ("open", 1, None, None)
    assert body["service"] == {"id": "leg-ulcer-clinic", "slug": "leg-ulcer-clinic", "name": "Leg ulcer clinic"}
    assert send(api, {"kind": "number", "text": "I say so too."}).json()["people"] == 2
    with site.database.write() as connection:
        verdict = Verdict("not-changed", "It is right.")
        answer_report(connection, body["ref"], verdict, by=OPERATOR, at=build.NOON, today=build.TODAY)
    after = api.get(f"/reports/{body['ref'].upper()}")
    assert (after["state"], after["answer"], after["people"]) == ("not-changed", "It is right.", 2)
    assert "email" not in after
    api.get("/reports/nothing", 404)


def test_what_is_wrong_with_a_report_is_named(api: Api) -> None:
    for body, where in (
        ({"kind": "number"}, "text"),
        ({"kind": "gap", "text": "x"}, "kind"),
        ({"kind": "other", "text": "999 000 0018"}, "text"),
        ({"kind": "other", "text": "x", "email": "x"}, "email"),
        ({"kind": "other", "text": "x", "person_id": 1}, "person_id"),
    ):
        answer = send(api, body)
        assert answer.status_code == 422
        assert [each["where"] for each in answer.json()["problems"]] == [where]
    assert api.post(WRONG, key=None, path="/services/nothing/reports").status_code == 404
    assert send(api, b"{").status_code == 400
    assert send(api, WRONG, key=READ_KEY).status_code == 403
    assert send(api, WRONG, key="unknown").status_code == 401


def test_where_reading_needs_a_key_so_does_reporting(light_site: FakeSite) -> None:
    light_site.settings = light_site.settings.model_copy(update={"reading": "signed-in"})
    api = Api(TestClient(app_of(light_site), raise_server_exceptions=False))
    assert send(api).status_code == 401
    assert send(api, key=LEAD_KEY).status_code == 201


def test_the_same_key_is_one_report_for_one_network_only(light_site: FakeSite) -> None:
    near, far = (
        Api(TestClient(app_of(light_site), raise_server_exceptions=False, client=(host, 1)))
        for host in ("192.0.2.1", "198.51.100.1")
    )
    body = {"kind": "not-us"}
    first = send(near, body, Idempotency_Key="a")
    again = send(near, body, Idempotency_Key="a")
    other = send(far, body, Idempotency_Key="a")
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert other.json()["ref"] != first.json()["ref"]
    assert send(near, WRONG, Idempotency_Key="a").status_code == 422


def test_a_network_is_told_when_to_come_again(light_api: Api) -> None:
    answers = [send(light_api, {"kind": "other", "text": f"word {number}"}) for number in range(31)]
    assert {answer.status_code for answer in answers[:30]} == {201}
    assert answers[30].status_code == 429


def test_the_owner_says_that_it_is_still_correct(api: Api, site: FakeSite) -> None:
    before = api.get("/services/leg-ulcer-clinic")
    assert before["checked_at"] is None
    answer = api.post(b"", path=CHECK)
    assert answer.status_code == 201
    assert answer.json() == {
        "service": "leg-ulcer-clinic", "slug": "leg-ulcer-clinic", "version": 1,
        "checked_at": "2026-11-22T12:00:00.000000Z",
    }  # fmt: skip
    after = api.get("/services/leg-ulcer-clinic")
    assert after["checked_at"] == "2026-11-22T12:00:00.000000Z"
    assert after["version"] == before["version"]
    assert api.numbers() == [1]


def test_a_check_takes_a_key_that_may_publish_for_that_team(api: Api, site: FakeSite) -> None:
    assert api.post({}, key=None, path=CHECK).status_code == 401
    assert api.post({}, key=READ_KEY, path=CHECK).status_code == 403
    assert api.post({}, key=LEAD_KEY, path=CHECK).status_code == 403
    assert api.get("/services/leg-ulcer-clinic")["checked_at"] is None
    with site.database.write() as connection:
        lee = people.by_email(connection, "lee@northmoor.example")
        people.join(connection, person_id=lee.id, team_id="district-nursing", role="lead", at=build.NOON)
    assert api.post({}, key=LEAD_KEY, path=CHECK).status_code == 201


def test_what_was_not_read_is_not_confirmed(api: Api) -> None:
    tag = api.client.get("/api/v1/services/leg-ulcer-clinic").headers["etag"]
    api.publish(hours("Mo 09:00-10:00"))
    assert api.post({"expected_version": 1}, path=CHECK).status_code == 409
    assert api.post({}, path=CHECK, If_Match=tag).status_code == 412
    assert api.post({"expected_version": 0}, path=CHECK).status_code == 422
    assert api.post({"expected_version": 2}, path=CHECK).status_code == 201
    api.publish(hours("", title="It closes", what_to_do="Ring.") | {
        "services": [{"id": "leg-ulcer-clinic", "set": {"status": "closed"}}]
    })  # fmt: skip
    assert api.post({}, path=CHECK).status_code == 422
    assert api.post({}, path="/services/nothing/check", key=PUBLISH_KEY).status_code == 404
