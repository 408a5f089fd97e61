"""POST /changes: one change, or nothing; the same call twice is one change."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

from sqlalchemy import func, select

from directory.store import idempotency, people, subscriptions
from directory.store.tables.trust import idempotent_answers
from tests import build
from tests.api.conftest import BASE_URL, LEAD_KEY, PUBLISH_KEY, READ_KEY, Api, FakeSite, TestClient, app_of, hours

NO_ONE = {"people": 0, "teams": 0, "channels": 0, "subscriptions": []}


def test_a_change_is_published(api: Api) -> None:
    answer = api.post(hours("Mo 09:00-10:00", expected=1, weight="minor"))
    assert (answer.status_code, answer.headers["location"]) == (201, f"{BASE_URL}/api/v1/changes/2")
    body = answer.json()
    assert (body["number"], body["kinds"], body["audience"]) == (2, ["hours"], NO_ONE)
    assert {key: value for key, value in body.items() if key != "audience"} == api.get("/changes/2")
    entry = api.get("/services/leg-ulcer-clinic")
    assert (entry["version"], entry["hours"]) == (2, "Mo 09:00-10:00")


def test_everything_can_be_opened_by_program(api: Api) -> None:
    body = {
        "title": "Vein service opens",
        "kinds": ["opened"],
        "organisations": [
            {"id": "veins-org", "expected_version": 0, "ods_code": "zzn9", "set": {"name": "Veins", "ods_code": "ZZN9"}}
        ],
        "teams": [{"id": "veins-team", "expected_version": 0, "set": {"name": "Veins", "organisation": "veins-org"}}],
        "services": [
            {
                "id": "veins",
                "expected_version": 0,
                "set": {
                    "name": "Vein service",
                    "owner": {"team": "veins-team"},
                    "referral_routes": [{"method": "phone", "address": "01632 960111", "urgency": "urgent"}],
                    "eligibility": {"text": "Adults", "age_min": 18},
                },
            }
        ],
        "effective_from": "2026-11-22",
    }
    done = api.publish(body)
    assert [service["name"] for service in done["services"]] == ["Vein service"]
    entry = api.get("/services/vein-service")
    assert (entry["id"], entry["owner"]["organisation"]["ods_code"]) == ("veins", "ZZN9")
    assert entry["eligibility"] == {"text": "Adults", "age_min": 18, "age_max": None}


OWNERS: list[dict[str, Any]] = [
    {"team": "tissue-viability"},
    {"organisation": "ZZN02", "team": "vascular"},
    {"organisation": {"id": "hospital-trust", "name": "H", "ods_code": "ZZN02"}, "team": None},
    {"organisation": "community-trust", "team": {"slug": "district-nursing", "name": "D"}},
]


def test_an_owner_can_be_said_in_several_ways(api: Api) -> None:
    for owner in OWNERS:
        edit = {"id": "leg-ulcer-clinic", "set": {"owner": owner}}
        # Only a team is asked: what an organisation runs by itself is the editor's to take on.
        said = {"override": "Agreed at the meeting."} if owner["team"] else {}
        body = {"title": "Moves", "kinds": ["owner"], "services": [edit], "effective_from": "2026-11-22"}
        api.publish(body | said)
    owners = [version["owner"] for version in api.get("/services/leg-ulcer-clinic/versions")["items"]]
    found = [(owner["organisation"]["id"], owner["team"] and owner["team"]["slug"]) for owner in reversed(owners)]
    assert found[1:] == [
        ("community-trust", "tissue-viability"),
        ("hospital-trust", "vascular"),
        ("hospital-trust", None),
        ("community-trust", "district-nursing"),
    ]


def test_a_succession_is_published(api: Api) -> None:
    opening = {"name": "Lower limb", "owner": {"organisation": "community-trust", "team": None}}
    body = {
        "title": "Replaced",
        "kinds": ["opened", "replaced"],
        "services": [{"id": "lower-limb", "expected_version": 0, "set": opening}],
        "succession": [{"kind": "replaced", "from": "leg-ulcer-clinic", "to": "lower-limb"}],
        "effective_from": "2026-11-22",
    }
    done = api.publish(body)
    assert done["succession"][0]["to_name"] == "Lower limb"
    assert api.get("/services/leg-ulcer-clinic/handlers")["handlers"][0]["id"] == "lower-limb"


def test_a_dry_run_checks_and_writes_nothing(site: FakeSite, api: Api) -> None:
    opening = {"name": "Dry", "owner": {"team": "vascular"}}
    body = {
        "title": "Dry",
        "kinds": ["opened"],
        "services": [{"id": "dry", "expected_version": 0, "set": opening}],
        "effective_from": "2026-11-22",
    }
    answer = api.post(body, query="?dry_run=true", Idempotency_Key="same")
    assert (answer.status_code, answer.json()["dry_run"], answer.json()["number"]) == (200, True, None)
    assert answer.json()["services"][0]["slug"] == "dry"
    assert "location" not in answer.headers
    assert api.post(hours("24/7", expected=7), query="?dry_run=1").status_code == 409
    assert api.post(hours("24/7"), query="?dry_run=maybe").status_code == 400
    assert api.post(hours("24/7"), query="?dry_run=true", key=READ_KEY).status_code == 403
    assert api.numbers() == [1]
    assert _kept(site) == 0
    api.publish(body, Idempotency_Key="same")


def test_the_audience_is_known_before_and_after(site: FakeSite, api: Api) -> None:
    _subscribe(site)
    before = api.post(hours("24/7"), query="?dry_run=true").json()["audience"]
    after = api.publish(hours("24/7"))["audience"]
    assert before == after
    assert after == {
        "people": 1,
        "teams": 0,
        "channels": 0,
        "subscriptions": [{"label": "service Leg ulcer clinic", "count": 1}],
    }


def _subscribe(site: FakeSite) -> None:
    with site.database.write() as connection:
        person = people.add(connection, email="nia@northmoor.example", name="Nia", editor=False, at=build.NOON)
        subscriptions.subscribe(
            connection,
            person_id=person,
            criteria={"service": ("leg-ulcer-clinic",)},
            frequency="daily",
            label="service Leg ulcer clinic",
            at=build.NOON,
        )


def test_a_stale_edit_is_a_conflict_and_writes_nothing(api: Api) -> None:
    api.publish(hours("Mo 09:00-10:00", expected=1))
    refused = api.publish(hours("24/7", expected=1), 409)
    assert (refused["service"], refused["expected_version"], refused["current_version"]) == ("leg-ulcer-clinic", 1, 2)
    assert api.numbers() == [1, 2]
    assert api.get("/services/leg-ulcer-clinic")["hours"] == "Mo 09:00-10:00"


def test_if_match_is_held_to(api: Api) -> None:
    tag = api.client.get("/api/v1/services/leg-ulcer-clinic").headers["etag"]
    api.publish(hours("Mo 09:00-10:00"), If_Match=tag)
    refused = api.post(hours("24/7"), If_Match=tag)
    assert (refused.status_code, refused.json()["current_version"]) == (412, 2)
    now = refused.headers["etag"]
    assert api.post(hours("24/7"), If_Match=f"W/{now}").status_code == 412
    assert api.post(hours("24/7"), If_Match="nonsense").status_code == 412
    api.publish(hours("24/7"), If_Match=f'"x", {now}')
    api.publish(hours("Tu 09:00-10:00"), If_Match="*")
    two = hours("24/7")
    two["services"].append({"id": "other", "set": {}})
    api.publish(two, 400, If_Match=now)
    api.publish({**two, "services": two["services"][1:]}, 412, If_Match="*")


def test_what_was_read_has_to_be_said(site: FakeSite, api: Api) -> None:
    headers = {"Authorization": f"Bearer {PUBLISH_KEY}"}
    both = hours("24/7", expected=1)
    both["services"].append({"id": "leg-ulcer-clinic-2", "set": {"name": "Second", "owner": {"team": "vascular"}}})
    for query in ("", "?dry_run=true"):
        refused = api.client.post(f"/api/v1/changes{query}", json=hours("24/7"), headers=headers)
        assert (refused.status_code, refused.json()["type"].rpartition("#")[2]) == (428, "precondition-required")
        assert "leg-ulcer-clinic" in refused.json()["detail"]
    assert api.numbers() == [1]
    # What opens was not there to be read.
    opened = api.client.post("/api/v1/changes", json=both | {"kinds": ["opened"]}, headers=headers)
    assert opened.status_code == 201, opened.text
    two = hours("Mo 09:00-10:00")
    two["services"].append({"id": "leg-ulcer-clinic-2", "set": {"summary": "Legs."}})
    assert api.client.post("/api/v1/changes", json=two, headers=headers).status_code == 428
    assert api.client.post("/api/v1/changes", json=two, headers=headers | {"If-Match": "*"}).status_code == 201


def test_the_same_key_and_body_give_the_same_answer(site: FakeSite, api: Api) -> None:
    first = api.post(hours("24/7", expected=1), Idempotency_Key="abc")
    again = api.post(hours("24/7", expected=1), Idempotency_Key="abc")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    refused = api.post(hours("Mo 09:00-10:00"), Idempotency_Key="abc")
    assert refused.status_code == 422
    assert refused.json()["type"].endswith("#idempotency-conflict")
    assert api.numbers() == [1, 2]
    with site.database.write() as connection:
        assert idempotency.forget(connection, before=build.NOON) == 0
        assert idempotency.forget(connection, before=build.NOON + timedelta(seconds=1)) == 1


def test_a_key_is_its_owner_s(api: Api) -> None:
    """Two programs that happen to choose one key do not get each other's answers."""
    opening = {"name": "Own", "owner": {"team": "tissue-viability"}}
    body = {
        "title": "Own",
        "kinds": ["opened"],
        "services": [{"id": "own", "expected_version": 0, "set": opening}],
        "effective_from": "2026-11-22",
    }
    api.publish(hours("24/7"), Idempotency_Key="abc")
    api.publish(body, key=LEAD_KEY, Idempotency_Key="abc")
    assert api.numbers() == [1, 2, 3]


def test_a_refused_attempt_leaves_its_key_free(site: FakeSite, api: Api) -> None:
    api.publish(hours("24/7", expected=9), 409, Idempotency_Key="abc")
    assert _kept(site) == 0
    api.publish(hours("24/7", expected=1), Idempotency_Key="abc")


def test_a_strange_idempotency_key_is_refused(light_api: Api) -> None:
    for key in ("", "x" * 256, "caf\u00e9".encode().decode("latin-1")):
        given = {b"Authorization": f"Bearer {PUBLISH_KEY}".encode(), b"Idempotency-Key": key.encode("latin-1")}
        answer = light_api.client.post("/api/v1/changes", json=hours("24/7"), headers=given)
        assert answer.status_code == 400


def test_eight_at_once_with_one_key_make_one_change(site: FakeSite, api: Api) -> None:
    answers = _at_once(site, [hours("24/7")] * 8, key="same")
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 7
    assert api.numbers() == [1, 2]


def test_eight_at_once_leave_no_holes(site: FakeSite, api: Api) -> None:
    bodies = [hours(f"Mo 0{hour}:00-10:00", expected=None if hour % 2 else 99) for hour in range(8)]
    answers = _at_once(site, bodies)
    assert sorted(answer.status_code for answer in answers) == [201] * 4 + [409] * 4
    assert api.numbers() == [1, 2, 3, 4, 5]
    versions = api.get("/services/leg-ulcer-clinic/versions")["items"]
    assert [version["version"] for version in versions] == [5, 4, 3, 2, 1]


def _at_once(site: FakeSite, bodies: list[dict[str, Any]], *, key: str | None = None) -> list[Any]:
    app = app_of(site)
    gate = Barrier(len(bodies))

    def publish(body: dict[str, Any]) -> Any:
        api = Api(TestClient(app))
        gate.wait()
        return api.post(body, **({"Idempotency_Key": key} if key else {}))

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(publish, bodies))


def test_who_may_publish(light_api: Api) -> None:
    without = light_api.post(hours("24/7"), key=None)
    assert (without.status_code, without.headers["www-authenticate"]) == (401, 'Bearer realm="Signpost"')
    assert light_api.post(hours("24/7"), key="unknown").status_code == 401
    assert light_api.post(hours("24/7"), key=READ_KEY).status_code == 403
    assert light_api.post(hours("24/7"), key=LEAD_KEY).status_code == 403
    assert light_api.post(hours("24/7"), key=None, Authorization="Basic eDp5").status_code == 401
    assert light_api.numbers() == [1]


def test_every_mistake_is_named(light_api: Api) -> None:
    body = hours("24/7", title=" ", effective_from="2026-11-22")
    body["services"][0]["set"] = {"hours": 5, "colour": "red", "contacts": [{"type": "fax", "value": "1"}]}
    refused = light_api.publish(body, 422)
    assert refused["status"] == 422
    assert {found["where"] for found in refused["problems"]} == {
        "title",
        "services.0.set.hours",
        "services.0.set.colour",
        "services.0.set.contacts.0.type",
    }


def test_days_long_gone_and_far_off_are_slips_of_the_hand(api: Api) -> None:
    for day, status in ((date.min, 422), (date(1900, 1, 1), 201), (date(2199, 12, 31), 201), (date.max, 422)):
        api.publish(hours(f"{day:%Y}", effective_from=day.isoformat().zfill(10)), status)
    json.dumps(api.get("/changes"))


def test_a_change_is_withdrawn_once_by_who_may(site: FakeSite, api: Api) -> None:
    number = api.publish(hours("24/7", effective_from="2026-12-01"))["number"]
    path = f"/changes/{number}/withdraw"
    assert api.post({"why": "No."}, path=path, key=LEAD_KEY).status_code == 403
    assert api.post({}, path=path).json()["problems"][0]["where"] == "why"
    assert api.post({"because": "No."}, path=path).status_code == 422
    assert api.post({"why": "No."}, path="/changes/99/withdraw").status_code == 404
    answers = [api.post({"why": "No."}, path=path, Idempotency_Key="once") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    done = answers[0].json()
    assert (done["supersedes"], done["why"], answers[0].headers["location"].rpartition("/")[2]) == (
        number, "No.", str(done["number"])
    )  # fmt: skip
    gone = api.get(f"/changes/{number}")
    assert (gone["status"], gone["superseded_by"]) == ("withdrawn", done["number"])
    assert api.get("/services/leg-ulcer-clinic?as_of=2026-12-01")["hours"] == ""
    again = api.post({"why": "No."}, path=path)
    assert (again.status_code, again.json()["type"].rpartition("#")[2]) == (409, "already-withdrawn")


def test_a_change_is_amended_by_one_that_takes_its_place(api: Api) -> None:
    number = api.publish(hours("24/7", effective_from="2026-12-01"))["number"]
    done = api.publish(hours("Mo 09:00-10:00", effective_from="2026-12-08", supersedes=number))
    assert done["supersedes"] == number
    told = [api.get(f"/services/leg-ulcer-clinic?as_of=2026-12-0{day}")["hours"] for day in (1, 8)]
    assert told == ["", "Mo 09:00-10:00"]


def _kept(site: FakeSite) -> int:
    with site.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(idempotent_answers)) or 0
