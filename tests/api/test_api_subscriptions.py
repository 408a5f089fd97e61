"""Subscriptions and returned mail for programs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from directory.outbound.return_path import ReturnPath
from directory.store import bounces, people
from directory.store.tables.telling import deliveries
from tests import build
from tests.api.conftest import LEAD_KEY, PUBLISH_KEY, READ_KEY, Api, FakeSite

CLINIC = {"criteria": {"service": ["leg-ulcer-clinic"]}}
HEADERS = {"Authorization": f"Bearer {LEAD_KEY}"}


def begin(api: Api, body: dict[str, Any] | None = None, status: int = 201, **given: Any) -> Any:
    answer = api.post(body or CLINIC, path="/subscriptions", key=given.pop("key", LEAD_KEY), **given)
    assert answer.status_code == status, answer.text
    return answer.json()


def mine(api: Api, key: str = LEAD_KEY) -> list[Any]:
    items: list[Any] = api.get("/subscriptions", headers={"Authorization": f"Bearer {key}"})["items"]
    return items


def test_begin_read_change_and_end(api: Api) -> None:
    made = begin(api, Idempotency_Key="one")
    assert (made["label"], made["frequency"], made["channel"]) == ("service Leg ulcer clinic", "daily", "mail")
    assert begin(api, Idempotency_Key="one") == made
    assert api.post({"criteria": {}}, path="/subscriptions", key=LEAD_KEY, Idempotency_Key="one").status_code == 422
    path = f"/api/v1/subscriptions/{made['id']}"
    read = api.client.get(path, headers=HEADERS)
    assert read.json() == made
    weekly = {"frequency": "weekly", "paused_until": "2026-12-14T00:00:00Z"}
    assert api.client.patch(path, headers=HEADERS, json=weekly).status_code == 428
    stale = api.client.patch(path, headers=HEADERS | {"If-Match": '"old"'}, json=weekly)
    assert (stale.status_code, stale.headers["ETag"]) == (412, read.headers["ETag"])
    done = api.client.patch(path, headers=HEADERS | {"If-Match": read.headers["ETag"]}, json=weekly)
    assert done.status_code == 200, done.text
    assert (done.json()["frequency"], done.json()["paused_until"][:19]) == ("weekly", "2026-12-14T00:00:00")
    resumed = api.client.patch(path, headers=HEADERS | {"If-Match": "*"}, json={"paused_until": None})
    assert resumed.json()["paused_until"] is None
    assert api.client.delete(path, headers=HEADERS | {"If-Match": read.headers["ETag"]}).status_code == 412
    assert api.client.delete(path, headers=HEADERS).status_code == 204
    assert api.client.get(path, headers=HEADERS).status_code == 404
    assert mine(api) == []


def test_own_ones_and_those_of_ones_team_and_no_others(api: Api) -> None:
    own = begin(api)
    team = begin(api, CLINIC | {"team": "tissue-viability"})
    assert team["team"] == "tissue-viability"
    other = begin(api, key=PUBLISH_KEY)
    assert [each["id"] for each in mine(api)] == [own["id"], team["id"]]
    page = api.get("/subscriptions?limit=1", headers=HEADERS)
    assert (len(page["items"]), page["next"]) == (1, own["id"])
    assert api.get(f"/subscriptions?after={page['next']}", headers=HEADERS)["items"] == [team]
    path = f"/api/v1/subscriptions/{other['id']}"
    given = HEADERS | {"If-Match": "*"}
    assert api.client.get(path, headers=HEADERS).status_code == 404
    assert api.client.patch(path, headers=given, json={"frequency": "weekly"}).status_code == 404
    assert api.client.delete(path, headers=given).status_code == 404
    begin(api, CLINIC | {"team": "vascular"}, 403)
    begin(api, CLINIC | {"team": "tissue-viability", "mandatory": True}, 403)


def test_what_makes_no_sense_is_refused(light_api: Api) -> None:
    refused: tuple[dict[str, Any], ...] = (
        {"criteria": {}},
        {"criteria": {"need": ["levitation"]}},
        {"criteria": {"colour": ["red"]}},
        CLINIC | {"frequency": "hourly"},
        CLINIC | {"mandatory": True},
        CLINIC | {"url": "https://hooks.example/1"},
        CLINIC | {"channel": "webhook"},
        CLINIC | {"channel": "webhook", "url": "ftp://hooks.example/1"},
        CLINIC | {"channel": "webhook", "url": "https://hooks.example/1", "frequency": "daily"},
    )
    for wrong in refused:
        begin(light_api, wrong, 422)
    begin(light_api, key=READ_KEY, status=403)
    begin(light_api, key="unknown", status=401)
    assert light_api.client.get("/api/v1/subscriptions").status_code == 401
    assert mine(light_api, READ_KEY) == []


def test_a_webhook_shows_its_secret_once(light_api: Api, light_site: FakeSite) -> None:
    light_site.settings = light_site.settings.model_copy(update={"outgoing_private": "yes"})
    hook = CLINIC | {"channel": "webhook", "url": "https://203.0.113.5/hook"}
    made = begin(light_api, hook)
    assert made["secret"].startswith("whsec_")
    assert begin(light_api, hook)["secret"] is None
    assert "secret" not in mine(light_api)[0]
    path = f"/api/v1/subscriptions/{made['id']}"
    given = HEADERS | {"If-Match": "*"}
    assert light_api.client.patch(path, headers=given, json={"frequency": "weekly"}).status_code == 422


def test_a_webhook_to_another_host_than_the_settings_name_is_refused(light_api: Api, light_site: FakeSite) -> None:
    light_site.settings = light_site.settings.model_copy(update={"outgoing_hosts": "*.office.example"})
    for url in ("https://hooks.example/1", "https://office.example/1", "https://uk.office.example.evil.example/1"):
        refused = begin(light_api, CLINIC | {"channel": "webhook", "url": url}, 422)
        assert "connects to what ends in .office.example only" in str(refused)
    begin(light_api, CLINIC | {"channel": "webhook", "url": "https://UK.Office.example/1"})
    assert len(mine(light_api)) == 1


def test_a_look_before_writes_nothing(light_api: Api) -> None:
    light_api.publish(
        {
            "title": "Hours",
            "services": [{"id": "leg-ulcer-clinic", "set": {"hours": "24/7"}}],
            "effective_from": build.TODAY.isoformat(),
            "why": "Because.",
        }
    )
    answer = light_api.post(CLINIC, path="/subscriptions", query="?dry_run=true", key=LEAD_KEY)
    assert answer.status_code == 200
    assert [each["title"] for each in answer.json()["told"]] == ["Hours"]
    assert mine(light_api) == []


def test_a_relays_own_report_counts_only_with_a_true_return_path(light_api: Api, light_site: FakeSite) -> None:
    address, secret = "bounces@signpost.example", light_site.settings.secret.get_secret_value()
    with light_site.database.write() as connection:
        lead = people.by_email(connection, "lee@northmoor.example").id
        row = {
            "change_number": 1, "stage": "announced", "person_id": lead, "channel": "mail", "rank": 0,
            "reasons": "x", "matched_at": build.NOON, "state": "accepted", "settled_at": build.NOON,
        }  # fmt: skip
        connection.execute(deliveries.insert().values(row))
        key = connection.scalar(select(deliveries.c.id))
    message_id = f"<delivery-{key}@signpost.example>"
    true = ReturnPath(address, secret).of(message_id)
    report = {"return_path": true, "status": "5.1.1"}
    # Without an address of its own, nothing came from here.
    assert light_api.post(report, path="/bounces").status_code == 422
    light_site.settings = light_site.settings.model_copy(update={"bounce_address": address})
    assert light_api.post(report, path="/bounces", key=LEAD_KEY).status_code == 403
    forged = report | {"return_path": ReturnPath(address, "another").of(message_id)}
    assert light_api.post(forged, path="/bounces").status_code == 422
    with light_site.database.read() as connection:
        assert bounces.of_person(connection, lead, at=build.NOON) is None
    assert light_api.post(report, path="/bounces").json() == {"taken": True, "severity": "hard"}
    assert light_api.post(report, path="/bounces").json() == {"taken": False, "severity": "hard"}
    with light_site.database.read() as connection:
        assert bounces.of_person(connection, lead, at=build.NOON) is not None


def test_a_team_that_is_not_there_is_a_documented_answer(light_api: Api) -> None:
    body = {
        "criteria": {},
        "frequency": "immediately",
        "channel": "slack",
        "url": "https://x.example",
        "team": "nobody",
    }
    assert light_api.post(body, path="/subscriptions").status_code == 404


def test_an_idempotency_key_that_is_none_is_refused_in_a_dry_run_too(light_api: Api) -> None:
    body = {"criteria": {"need": ["leg ulcer"]}}
    assert light_api.post(body, path="/subscriptions", query="?dry_run=true", Idempotency_Key=" ").status_code == 400
