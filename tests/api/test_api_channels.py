"""The events of a subscription by number, sent again, signed anew, resumed; by whose it is, and by nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from directory.actions.channels import Added, subscribe_channel
from directory.actions.subscribe import Wanted
from directory.domain.change import Edit
from directory.domain.policy import Actor
from directory.domain.reach import Reach
from directory.domain.subscription import Channel
from directory.errors import Invalid, NotAllowed, TeamNotFound
from directory.notify.match import match_announced
from directory.store import people
from directory.store.sealing import Seal
from tests import build
from tests.api.conftest import LEAD_KEY, PUBLISH_KEY, READ_KEY, Api, FakeSite

CLINIC = "leg-ulcer-clinic"
URL = "https://hooks.example/signpost?token=very-secret"
EVERYTHING = Wanted({}, frequency="immediately")


def actor(site: FakeSite, name: str) -> Actor:
    with site.database.read() as connection:
        return people.by_email(connection, f"{name}@northmoor.example").actor


def add(
    site: FakeSite, name: str = "lee", channel: Channel = "webhook", url: str = URL, wanted: Wanted = EVERYTHING
) -> Added:
    seal = Seal(site.settings.secret.get_secret_value())
    with site.database.write() as connection:
        return subscribe_channel(
            connection, wanted, channel, url, by=actor(site, name), at=build.NOON, today=build.TODAY, seal=seal,
            reach=Reach(),
        )  # fmt: skip


def publish(site: FakeSite, times: int) -> None:
    for place in range(times):
        edit = Edit(CLINIC, {"hours": f"Mo 09:00-1{place}:00"})
        build.change(site.database, build.draft(edit, title=f"Hours {place + 1}"))
    match_announced(site.database, at=build.NOON, zone=build.LONDON)


def test_a_receiver_that_missed_a_number_reads_it(api: Api, site: FakeSite) -> None:
    key = add(site).subscription_id
    publish(site, 4)
    first = _get(api, f"/subscriptions/{key}/events?limit=3", LEAD_KEY)
    assert [(each["sequence"], each["data"]["title"]) for each in first["items"]] == [
        ("1", "Hours 1"), ("2", "Hours 2"), ("3", "Hours 3"),
    ]  # fmt: skip
    rest = _get(api, f"/subscriptions/{key}/events?after={first['next']}", LEAD_KEY)
    assert ([each["sequence"] for each in rest["items"]], rest["next"]) == (["4"], None)
    ids = {each["id"] for each in (*first["items"], *rest["items"])}
    assert len(ids) == 4
    assert rest["items"][0]["id"] == _get(api, f"/subscriptions/{key}/events?after=3", LEAD_KEY)["items"][0]["id"]


def test_it_is_whose_it_is_and_an_editor_s(light_api: Api, light_site: FakeSite) -> None:
    own, editors = add(light_site).subscription_id, add(light_site, "ed").subscription_id
    team = add(light_site, "ed", wanted=Wanted({}, frequency="immediately", team="district-nursing")).subscription_id
    theirs = add(light_site, wanted=Wanted({}, frequency="immediately", team="tissue-viability")).subscription_id
    for key, subscription, status in (
        (LEAD_KEY, own, 200), (LEAD_KEY, theirs, 200), (LEAD_KEY, editors, 404), (LEAD_KEY, team, 404),
        (LEAD_KEY, 999, 404), (PUBLISH_KEY, own, 200), (READ_KEY, team, 200), (None, own, 401),
    ):  # fmt: skip
        path = f"/subscriptions/{subscription}/events"
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        assert light_api.client.get(f"/api/v1{path}", headers=headers).status_code == status
    for path, body in (("send-again", {"from": 1}), ("resume", {}), ("secret", {})):
        assert _post(light_api, f"/subscriptions/{editors}/{path}", LEAD_KEY, body).status_code == 404
        assert _post(light_api, f"/subscriptions/{own}/{path}", READ_KEY, body).status_code == 403


def test_from_a_number_on_everything_is_sent_again(light_api: Api, light_site: FakeSite) -> None:
    key = add(light_site).subscription_id
    publish(light_site, 3)
    with light_site.database.write() as connection:
        connection.execute(text("UPDATE channels SET sent = 3"))
    answer = _post(light_api, f"/subscriptions/{key}/send-again", LEAD_KEY, {"from": 2})
    assert (answer.status_code, answer.json()["sent"], answer.json()["written"]) == (200, 1, 3)
    for wrong in ({"from": 0}, {"from": 4}, {"from": "2"}, {}, {"from": 1, "more": 1}):
        assert _post(light_api, f"/subscriptions/{key}/send-again", LEAD_KEY, wrong).status_code == 422


def test_a_secret_is_shown_once_and_kept_nowhere_in_clear(light_api: Api, light_site: FakeSite) -> None:
    added = add(light_site)
    path = f"/subscriptions/{added.subscription_id}/secret"
    answer = _post(light_api, path, LEAD_KEY, {}, {"Idempotency-Key": "once"})
    body = answer.json()
    assert answer.status_code == 201
    assert body["secret"].startswith("whsec_")
    assert body["secret"] != added.secret
    assert body["former_until"] == "2026-11-23T12:00:00.000000Z"
    assert answer.headers["cache-control"] == "no-store"
    again = _post(light_api, path, LEAD_KEY, {}, {"Idempotency-Key": "once"})
    assert (again.status_code, again.json()) == (201, body | {"secret": None}), "it is not changed a second time"
    dump = "\n".join(_dump(light_site))
    for secret in (body["secret"], added.secret or "", "very-secret"):
        assert secret not in dump
    chat = add(light_site, channel="slack").subscription_id
    assert _post(light_api, f"/subscriptions/{chat}/secret", LEAD_KEY, {}).status_code == 422


def test_a_webhook_is_made_by_a_call_and_its_secret_is_not_kept_for_the_repeat(
    light_api: Api, light_site: FakeSite
) -> None:
    body = {"criteria": {"service": [CLINIC]}, "frequency": "immediately", "channel": "webhook", "url": URL}
    first = _post(light_api, "/subscriptions", LEAD_KEY, body, {"Idempotency-Key": "once"})
    assert first.status_code == 201, first.text
    again = _post(light_api, "/subscriptions", LEAD_KEY, body, {"Idempotency-Key": "once"})
    assert again.headers["idempotent-replayed"] == "true"
    secret = first.json()["secret"]
    assert secret.startswith("whsec_")
    assert again.json() == first.json() | {"secret": None}
    assert not any(secret in line or "very-secret" in line for line in _dump(light_site))
    publish(light_site, 1)
    shown = _get(light_api, f"/subscriptions/{first.json()['id']}/channel", LEAD_KEY)
    assert (shown["channel"], shown["written"], shown["sent"]) == ("webhook", 1, 0)
    assert shown["address"].startswith("hooks.example (")


def test_a_stopped_channel_goes_on_where_it_was(light_api: Api, light_site: FakeSite) -> None:
    key = add(light_site).subscription_id
    publish(light_site, 2)
    with light_site.database.write() as connection:
        connection.execute(
            text("UPDATE channels SET stopped_at = :at, reason = 'it answered 500', sent = 1"), {"at": build.NOON}
        )
    body = _post(light_api, f"/subscriptions/{key}/resume", LEAD_KEY, {}).json()
    assert (body["stopped_at"], body["reason"], body["sent"], body["written"]) == (None, None, 1, 2)
    assert "token" not in body["address"]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"url": "http://hooks.example/"}, Invalid),
        ({"url": "https://10.0.0.1/"}, Invalid),
        ({"channel": "mail"}, Invalid),
        ({"wanted": Wanted({}, frequency="daily")}, Invalid),
        ({"wanted": Wanted({"service": ["none"]}, frequency="immediately")}, Invalid),
        ({"wanted": Wanted({}, frequency="immediately", team="none")}, TeamNotFound),
        ({"wanted": Wanted({}, frequency="immediately", team="district-nursing")}, NotAllowed),
    ],
)
def test_a_wish_that_cannot_be_is_refused(light_site: FakeSite, given: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        add(light_site, **given)


def test_one_person_has_so_many_and_no_more(light_site: FakeSite) -> None:
    for place in range(20):
        add(light_site, url=f"https://hooks.example/{place}")
    with pytest.raises(Invalid, match="20"):
        add(light_site, url="https://hooks.example/21")
    add(light_site, "ed", url="https://hooks.example/21")


def _dump(site: FakeSite) -> list[str]:
    with site.database.read() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        return [repr(row) for table in tables for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"')]


def _get(api: Api, path: str, key: str) -> Any:
    return api.get(path, headers={"Authorization": f"Bearer {key}"})


def _post(api: Api, path: str, key: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
    return api.client.post(f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {key}"} | (headers or {}))
