"""Subscriptions of FHIR: a handshake, then each event in order under its number, and a sign of life between them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from directory.domain.change import Edit
from directory.domain.service import Owner, ReferralRoute
from directory.store.database import Database
from directory.store.tables.identity import letters
from tests import build
from tests.fhir.conftest import BASE
from tests.fhir.subscribing import BACKPORT, OTHER_KEY, READ_KEY, Subscriber, asked, said
from tests.fhir.validating import wrong
from tests.outbound.receiver import Receiver

ROUTE = {"method": "email", "address": "new@example.nhs.uk", "who": "Any nurse", "urgency": "routine"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def mirror(sqlite_url: str) -> Iterator[Subscriber]:
    database = Database(sqlite_url)
    yield Subscriber.at(database)
    database.close()


def _owner(team: str) -> Any:
    return Owner("community-trust", team)


def _route(address: str) -> Any:
    return (ReferralRoute(method="email", address=address, who="Any nurse"),)


def numbers(receiver: Receiver) -> list[int]:
    return [number for got in receiver.got for number, _ in said(got.json)["events"]]


def kinds(receiver: Receiver) -> list[str]:
    return [said(got.json)["type"] for got in receiver.got]


def test_a_handshake_then_events_in_order(database: Database, receiver: Receiver) -> None:
    mirror = Subscriber.at(database)
    key = mirror.subscribe(receiver.url, headers=("Authorization: Bearer sesame",), max_count=2)
    assert mirror.call("GET", f"Subscription/{key}")["status"] == "requested"
    mirror.post()
    (shake,) = receiver.got
    assert (said(shake.json)["type"], said(shake.json)["status"]) == ("handshake", "requested")
    assert said(shake.json)["events-since-subscription-start"] == "0"
    assert mirror.call("GET", f"Subscription/{key}")["status"] == "active"
    for team in ("tissue-viability", "vascular", "district-nursing"):
        mirror.change(owner=_owner(team))
    mirror.change(hours="Mo 09:00-10:00")
    assert mirror.post() == 3
    assert kinds(receiver) == ["handshake", "event-notification", "event-notification"]
    first, second = (said(got.json) for got in receiver.got[1:])
    assert first["events"] == [(1, "leg-ulcer-clinic"), (2, "leg-ulcer-clinic")]
    assert (second["events"], second["events-since-subscription-start"]) == ([(3, "leg-ulcer-clinic")], "3")
    assert first["topic"] == f"{BASE}/fhir/SubscriptionTopic/owner-changed"
    for got in receiver.got:
        assert got.headers["content-type"] == "application/fhir+json"
        assert got.headers["authorization"] == "Bearer sesame"
        assert len(got.json["entry"]) == 1
    assert mirror.follow() == mirror.post() == 0


def test_messages_and_answers_satisfy_both_validators(mirror: Subscriber, receiver: Receiver) -> None:
    keys = [
        mirror.subscribe(
            receiver.url, "referral-route-changed", content=content, filters=("HealthcareService?active=true",),
            heartbeat_period=60, timeout=5, max_count=5, end="2030-01-01T00:00:00Z",
        )
        for content in ("empty", "id-only", "full-resource")
    ]  # fmt: skip
    mirror.post()
    mirror.change(referral_routes=_route("new@example.nhs.uk"))
    mirror.post()
    mirror.later(seconds=61)
    mirror.post()
    assert sorted(kinds(receiver)) == ["event-notification"] * 3 + ["handshake"] * 3 + ["heartbeat"] * 3
    found = [got.json for got in receiver.got]
    found += [mirror.call("GET", f"Subscription/{key}") for key in keys]
    found += [mirror.call("GET", path) for path in ("Subscription", "Subscription/$status", "metadata")]
    found += [mirror.call("GET", f"Subscription/{key}/$events") for key in keys]
    found += [mirror.call("GET", f"SubscriptionTopic/{name}") for name in ("owner-changed", "referral-route-changed")]
    # The binding of Basic.code is an example's, and of a time when there were no topics.
    assert [each for each in wrong(found) if "Basic.code" not in each] == []
    shown = found[9]
    assert shown["meta"]["profile"] == [f"{BACKPORT}subscription"]
    assert {each["url"].removeprefix(BACKPORT) for each in shown["channel"]["extension"]} == {
        "heartbeat-period", "timeout", "max-count",
    }  # fmt: skip


def test_a_whole_resource_is_the_version_of_the_event(mirror: Subscriber, receiver: Receiver) -> None:
    mirror.subscribe(receiver.url, "referral-route-changed", content="full-resource")
    mirror.subscribe(f"{receiver.url}/empty", "referral-route-changed", content="empty")
    mirror.change(referral_routes=_route("first@example.nhs.uk"))
    mirror.change(referral_routes=_route("second@example.nhs.uk"))
    mirror.post()
    full = [got.json for got in receiver.got if got.path == "/hook"][-1]
    empty = [got.json for got in receiver.got if got.path == "/hook/empty"][-1]
    given = [entry["resource"] for entry in full["entry"][1:]]
    assert given == [mirror.fhir.get(f"HealthcareService/leg-ulcer-clinic/_history/{number}") for number in (2, 3)]
    assert "second@example.nhs.uk" in str(given[1])
    assert [entry["fullUrl"] for entry in full["entry"][1:]] == [f"{BASE}/fhir/HealthcareService/leg-ulcer-clinic"] * 2
    assert (said(empty)["events"], "topic" in said(empty)) == ([(1, ""), (2, "")], False)


def test_topics_go_by_what_differs(mirror: Subscriber, receiver: Receiver) -> None:
    for topic in ("owner-changed", "referral-route-changed"):
        mirror.subscribe(f"{receiver.url}/{topic}", topic)
    mirror.change(owner=_owner("vascular"))
    mirror.change(name="Leg clinic")
    mirror.change(status="paused")
    mirror.change(status="active", referral_routes=_route("x@example.nhs.uk"))
    build.change(mirror.database, build.draft(build.opening("new-clinic")), at=mirror.site.at)
    mirror.follow()
    mirror.post()
    told: dict[str, list[int]] = {"owner-changed": [], "referral-route-changed": []}
    for got in receiver.got:
        told[got.path.rpartition("/")[2]] += [number for number, _ in said(got.json)["events"]]
    assert told == {"owner-changed": [1], "referral-route-changed": [1, 2]}


def test_an_owner_that_comes_into_force_by_itself_is_told_on_its_day(mirror: Subscriber, receiver: Receiver) -> None:
    mirror.subscribe(receiver.url)
    later = build.TODAY + timedelta(days=2)
    edit = Edit("leg-ulcer-clinic", {"owner": _owner("vascular")})
    build.change(mirror.database, build.draft(edit, effective_from=later), at=mirror.site.at)
    assert mirror.follow() == 0
    mirror.later(days=2)
    assert mirror.follow() == 1


def test_filters_are_met_by_who_loses_a_service_too(mirror: Subscriber, receiver: Receiver) -> None:
    other = build.organisation("other-trust", "Other Trust")
    build.change(mirror.database, build.draft(organisations=(other,)), at=mirror.site.at)
    wanted = {
        "loses": ("HealthcareService?organization=community-trust",),
        "gets": ("HealthcareService?organization=Organization/other-trust",),
        "named": ("HealthcareService?_id=leg-ulcer-clinic,podiatry", "HealthcareService?name=leg"),
        "both": ("HealthcareService?_id=podiatry", "HealthcareService?name=leg"),
        "neither": ("HealthcareService?identifier=https://elsewhere.example|x",),
    }
    for path, filters in wanted.items():
        mirror.subscribe(f"{receiver.url}/{path}", filters=filters)
    mirror.change(owner=Owner("other-trust", None))
    mirror.post()
    told = {got.path.rpartition("/")[2] for got in receiver.got if said(got.json)["events"]}
    assert told == {"loses", "gets", "named"}


def test_a_heartbeat_where_nothing_was_said_for_the_period(mirror: Subscriber, receiver: Receiver) -> None:
    mirror.subscribe(receiver.url, heartbeat_period=60)
    mirror.post()
    mirror.later(seconds=59)
    mirror.post()
    assert kinds(receiver) == ["handshake"]
    mirror.change(owner=_owner("vascular"))
    mirror.post()
    mirror.later(seconds=59)
    mirror.post()
    assert kinds(receiver) == ["handshake", "event-notification"]
    mirror.later(seconds=1)
    mirror.post()
    mirror.later(seconds=60)
    mirror.post()
    assert kinds(receiver)[2:] == ["heartbeat", "heartbeat"]
    assert said(receiver.got[-1].json)["events-since-subscription-start"] == "1"
    assert len({got.json["id"] for got in receiver.got}) == 4


def test_a_failure_is_an_error_and_the_same_message_comes_again(mirror: Subscriber, receiver: Receiver) -> None:
    key = mirror.subscribe(receiver.url)
    mirror.post()
    mirror.change(owner=_owner("vascular"))
    receiver.answers = [503]
    assert mirror.post() == 0
    (status,) = mirror.call("GET", f"Subscription/{key}/$status")["entry"]
    assert said({"entry": [status]})["status"] == "error"
    assert said({"entry": [status]})["error"]["text"] == "it answered 503 Service Unavailable"
    assert mirror.call("GET", f"Subscription/{key}")["error"] == "it answered 503 Service Unavailable"
    mirror.change(owner=_owner("tissue-viability"))
    mirror.later(seconds=13)
    assert mirror.post() == 2
    assert numbers(receiver) == [1, 1, 2]
    assert mirror.held(key).status == "active"


def test_one_that_fails_for_three_days_is_off_and_its_owner_is_told(mirror: Subscriber, receiver: Receiver) -> None:
    key = mirror.subscribe(receiver.url)
    receiver.answers = [500] * 100
    began = mirror.site.at
    while mirror.held(key).status != "off":
        mirror.post()
        mirror.site.at = mirror.held(key).channel.next_attempt_at or mirror.site.at
    assert timedelta(days=2, hours=18) < mirror.site.at - began < timedelta(days=3, hours=6)
    with mirror.database.read() as connection:
        (letter,) = connection.execute(select(letters)).all()
    assert (letter.kind, letter.email) == ("channel", "amina@example.nhs.uk")
    assert set(kinds(receiver)) == {"handshake"}


def test_gone_ends_it(mirror: Subscriber, receiver: Receiver) -> None:
    key = mirror.subscribe(receiver.url)
    receiver.answers = [410]
    mirror.post()
    assert mirror.held(key).status == "off"
    assert mirror.call("GET", "Subscription")["total"] == 0


def test_events_are_read_again_by_number(mirror: Subscriber, receiver: Receiver) -> None:
    key = mirror.subscribe(receiver.url)
    for team in ("tissue-viability", "vascular", "district-nursing", "vascular"):
        mirror.change(owner=_owner(team))

    def again(query: str) -> list[int]:
        found = mirror.call("GET", f"Subscription/{key}/$events{query}")
        assert (found["type"], said(found)["type"]) == ("history", "query-event")
        return [number for number, _ in said(found)["events"]]

    assert again("") == [1, 2, 3, 4]
    assert again("?eventsSinceNumber=2") == [2, 3, 4]
    assert again("?eventsSinceNumber=2&eventsUntilNumber=3") == [2, 3]
    assert again("?eventsSinceNumber=5") == []
    parameters = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "eventsSinceNumber", "valueString": "4"},
            {"name": "content", "valueCode": "full-resource"},
        ],
    }
    posted = mirror.call("POST", f"Subscription/{key}/$events", body=parameters)
    assert said(posted)["events"] == [(4, "leg-ulcer-clinic")]
    assert posted["entry"][1]["resource"]["id"] == "leg-ulcer-clinic"
    mirror.call("GET", f"Subscription/{key}/$events?eventsSinceNumber=x", 400)
    mirror.call("GET", f"Subscription/{key}/$events?content=x", 400)
    mirror.call("POST", f"Subscription/{key}/$events", 400, body=["x"])


def test_the_example_of_the_documentation_is_taken(mirror: Subscriber) -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "interfaces" / "fhir.md"
    example = page.read_text(encoding="utf-8").partition("```json\n")[2].partition("```")[0]
    made = mirror.call("POST", "Subscription", 201, body=json.loads(example))
    assert mirror.held(made["id"]).asked.filters == ("HealthcareService?organization=community-trust",)


def test_what_was_there_before_is_not_told_and_what_comes_after_the_end_neither(
    mirror: Subscriber, receiver: Receiver
) -> None:
    mirror.change(owner=_owner("vascular"))
    key = mirror.subscribe(receiver.url, end=(mirror.site.at + timedelta(hours=1)).isoformat())
    ended = mirror.subscribe(receiver.url)
    mirror.post()
    mirror.call("DELETE", f"Subscription/{ended}", 204)
    mirror.later(hours=2)
    mirror.change(owner=_owner("tissue-viability"))
    mirror.post()
    assert numbers(receiver) == []
    assert [mirror.held(each).status for each in (key, ended)] == ["off", "off"]


def test_it_is_of_its_owner_alone(mirror: Subscriber, receiver: Receiver) -> None:
    key = mirror.subscribe(receiver.url)
    body = asked(receiver.url)
    mirror.call("POST", "Subscription", 401, key=None, body=body)
    mirror.call("POST", "Subscription", 403, key=READ_KEY, body=body)
    mirror.call("DELETE", f"Subscription/{key}", 403, key=READ_KEY)
    for path in (f"Subscription/{key}", f"Subscription/{key}/$status", f"Subscription/{key}/$events"):
        mirror.call("GET", path, key=READ_KEY)
        mirror.call("GET", path, 404, key=OTHER_KEY)
        mirror.call("GET", path, 401, key=None)
    mirror.call("DELETE", f"Subscription/{key}", 404, key=OTHER_KEY)
    mirror.call("GET", "Subscription/0x1", 404)
    assert mirror.call("GET", "Subscription", key=OTHER_KEY)["total"] == 0
    assert mirror.call("GET", "Subscription/$status", key=OTHER_KEY)["total"] == 0


def test_they_are_found_by_status_and_address(mirror: Subscriber, receiver: Receiver) -> None:
    one, other = mirror.subscribe(receiver.url), mirror.subscribe(f"{receiver.url}/other")
    again = mirror.subscribe(receiver.url)

    def found(query: str) -> list[str]:
        return [each["resource"]["id"] for each in mirror.call("GET", f"Subscription?{query}")["entry"]]

    assert found("") == [one, other, again]
    assert found(f"url={receiver.url}") == [one, again]
    assert found("status=requested,active") == [one, other, again]
    assert found(f"_id={other}") == [other]
    assert mirror.call("GET", "Subscription?status=active")["total"] == 0
    assert mirror.call("GET", f"Subscription/$status?id={one}&status=requested")["total"] == 1


@pytest.mark.parametrize(
    ("wrong_way", "status"),
    [
        ({"criteria": "https://elsewhere.example/topic"}, 422),
        ({"status": "off"}, 422),
        ({"reason": None}, 422),
        ({"end": "2020-01-01T00:00:00Z"}, 422),
        ({"channel": {"type": "email", "endpoint": "mailto:a@x.example"}}, 422),
        ({"filters": ("Location?name=x",)}, 422),
        ({"filters": ("HealthcareService?colour=x",)}, 400),
        ({"filters": ("HealthcareService?organization.name=x",)}, 422),
        ({"filters": ("HealthcareService?_count=5",)}, 422),
        ({"content": "all"}, 422),
        ({"headers": ("Host: elsewhere.example",)}, 422),
        ({"headers": ("X-One: a\r\nX-Two: b",)}, 422),
        ({"headers": ("nonsense",)}, 422),
    ],
)
def test_what_cannot_be_is_refused(mirror: Subscriber, wrong_way: dict[str, Any], status: int) -> None:
    found = mirror.call("POST", "Subscription", status, body=asked("http://127.0.0.1/hook", **wrong_way))
    assert found["resourceType"] == "OperationOutcome"
    assert mirror.call("GET", "Subscription")["total"] == 0


def test_an_address_inside_is_refused_where_the_settings_say_so(mirror: Subscriber) -> None:
    mirror.site.settings = mirror.site.settings.model_copy(update={"outgoing_private": "no"})
    # A name is looked up when something is posted to it, each time.
    for url in ("http://127.0.0.1/hook", "https://[::1]/hook", "ftp://x.example/"):
        mirror.call("POST", "Subscription", 422, body=asked(url))


def test_another_host_than_the_settings_name_is_refused(mirror: Subscriber) -> None:
    mirror.site.settings = mirror.site.settings.model_copy(update={"outgoing_hosts": "ehr.example"})
    mirror.call("POST", "Subscription", 422, body=asked("https://other.example/hook"))
    mirror.call("POST", "Subscription", 201, body=asked("https://ehr.example/hook"))


def test_there_are_no_more_than_twenty(mirror: Subscriber, receiver: Receiver) -> None:
    for _ in range(20):
        mirror.subscribe(receiver.url)
    mirror.call("POST", "Subscription", 422, body=asked(receiver.url))


def test_a_header_is_nowhere_to_be_read(mirror: Subscriber, receiver: Receiver) -> None:
    key = mirror.subscribe(receiver.url, headers=("X-Key: sesame",))
    for path in ("Subscription", f"Subscription/{key}", f"Subscription/{key}/$status"):
        assert "sesame" not in str(mirror.call("GET", path))
    assert "sesame" not in mirror.held(key).asked.headers
