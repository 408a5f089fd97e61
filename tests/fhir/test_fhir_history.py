"""Histories: every version of a type or of one resource, the newest first, and exactly what is new since an instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from directory.actions.publish import publish_in
from directory.actions.take_back import withdraw
from directory.domain.change import Edit
from directory.domain.policy import OPERATOR
from directory.domain.succession import Succession
from directory.store import fhir_history
from tests import build
from tests.fhir.conftest import BASE, Fhir

CLINIC = "HealthcareService/leg-ulcer-clinic"


def edit(fhir: Fhir, summary: str, **given: Any) -> None:
    draft = build.draft(Edit("leg-ulcer-clinic", {"summary": summary}), title=summary)
    build.change(fhir.site.database, draft, at=fhir.site.at, **given)


def said(fhir: Fhir, path: str) -> list[str]:
    return [each["resource"].get("comment", "") for each in fhir.entries(path)]


def test_each_version_has_what_would_have_made_it(fhir: Fhir) -> None:
    fhir.site.at += timedelta(minutes=1)
    edit(fhir, "Second")
    bundle = fhir.get(f"{CLINIC}/_history")
    assert (bundle["type"], bundle["total"]) == ("history", 2)
    second, first = bundle["entry"]
    assert second["request"] == {"method": "PUT", "url": CLINIC}
    assert second["fullUrl"] == f"{BASE}/fhir/{CLINIC}"
    assert second["response"] == {"status": "200 OK", "etag": 'W/"2"', "lastModified": "2026-11-22T12:01:00.000Z"}
    assert first["response"]["status"] == "201 Created"
    assert second["resource"] == fhir.get(f"{CLINIC}/_history/2")
    assert first["resource"] == fhir.get(f"{CLINIC}/_history/1")
    assert bundle["meta"]["lastUpdated"] == "2026-11-22T12:01:00.000Z"


def test_pages_lose_and_repeat_nothing_while_changes_go_on(fhir: Fhir) -> None:
    for number in range(5):
        edit(fhir, f"Before {number}")
    whole = said(fhir, "HealthcareService/_history")
    page = fhir.get("HealthcareService/_history?_count=2")
    seen = list(page["entry"])
    while following := [link["url"] for link in page["link"] if link["relation"] == "next"]:
        edit(fhir, f"During {len(seen)}")
        page = fhir.get(following[0])
        assert page["total"] == 6
        seen += page["entry"]
    assert [each["resource"].get("comment", "") for each in seen] == whole
    assert len(whole) == 6


def test_since_is_inclusive(fhir: Fhir) -> None:
    fhir.follow()
    fhir.site.at += timedelta(minutes=1)
    edit(fhir, "Second")
    fhir.follow()
    for since, wanted in (
        ("2026-11-22T12:00:00Z", ["Second", "Assessment and compression for leg ulcers."]),
        ("2026-11-22T12:00:00.001Z", ["Second"]),
        ("2026-11-22T12:01:00.000Z", ["Second"]),
        ("2026-11-22T13:01:00%2B01:00", ["Second"]),
        ("2026-11-22T12:01:00.001Z", []),
        ("2026-11-23", []),
    ):
        assert said(fhir, f"HealthcareService/_history?_since={since}") == wanted, since
        assert said(fhir, f"{CLINIC}/_history?_since={since}") == wanted, since
    fhir.refused("HealthcareService/_history?_since=ge2026", 400, "value")
    fhir.refused("HealthcareService/_history?_count=x", 400, "value")


def test_since_brings_what_was_committed_late(fhir: Fhir) -> None:
    """Written at noon, committed after somebody read at one minute past: they get it the next time they ask."""
    fhir.follow()
    began = fhir.site.at
    read_at = "2026-11-22T12:01:00Z"
    with fhir.site.database.write() as connection:
        draft = build.draft(Edit("leg-ulcer-clinic", {"summary": "Late"}), title="Late")
        publish_in(connection, [draft], by=OPERATOR, at=[began], zone=build.LONDON)
        assert said(fhir, f"HealthcareService/_history?_since={read_at}") == []
    assert said(fhir, f"HealthcareService/_history?_since={read_at}") == ["Late"]
    # Once it was seen, it is said so; who reads from then on has it.
    fhir.site.at = datetime(2026, 11, 22, 12, 2, tzinfo=UTC)
    fhir.follow()
    assert said(fhir, f"HealthcareService/_history?_since={read_at}") == ["Late"]
    assert said(fhir, "HealthcareService/_history?_since=2026-11-22T12:02:00.001Z") == []


def test_instants_never_go_back(fhir: Fhir) -> None:
    fhir.site.at += timedelta(hours=1)
    edit(fhir, "Ahead")
    fhir.site.at -= timedelta(minutes=30)
    edit(fhir, "Behind")
    fhir.follow()
    at = [each["response"]["lastModified"] for each in fhir.entries(f"{CLINIC}/_history")]
    assert at == sorted(at, reverse=True)
    assert at[0] == at[1]


def test_nothing_is_written_where_nothing_reads_otherwise(fhir: Fhir) -> None:
    before = _seq(fhir)
    with fhir.site.database.write() as connection:
        fhir_history.wait_for_all(connection)
    assert fhir.follow() == 0
    assert _seq(fhir) == before


def test_another_rendering_is_a_new_version_of_all(fhir: Fhir, monkeypatch: Any) -> None:
    monkeypatch.setattr("directory.actions.follow_fhir.RENDERING", 2)
    monkeypatch.setattr("directory.exchange.fhir_owners._kind", lambda _kind: {"text": "Whatever"})
    assert fhir.follow() == 2
    assert fhir.get("Organization/community-trust")["type"] == [{"text": "Whatever"}]
    assert fhir.get("Organization/community-trust/_history")["total"] == 2


def test_a_large_directory_is_followed_batch_by_batch(light_fhir: Fhir) -> None:
    edits = [build.opening(f"service-{number}") for number in range(250)]
    build.change(light_fhir.site.database, build.draft(*edits, kinds=("opened",)))
    # More than a few is left to the worker, which can be stopped after any batch.
    assert len(light_fhir.found("HealthcareService?_count=500")) == 1
    from directory.actions.follow_fhir import AT_ONCE, follow_fhir

    turns = iter([False, True])
    follow_fhir(
        light_fhir.site.database,
        today=light_fhir.site.today(),
        clock=light_fhir.site.now,
        stop=lambda: next(turns),
    )
    assert len(light_fhir.found("HealthcareService?_count=500")) == 1 + AT_ONCE
    light_fhir.follow()
    assert len(light_fhir.found("HealthcareService?_count=500")) == 251


def _seq(fhir: Fhir) -> int:
    with fhir.site.database.read() as connection:
        return fhir_history.read_state(connection).seq


def _ends(fhir: Fhir, key: str) -> list[str]:
    said = fhir.get(f"HealthcareService/{key}")["extension"]
    return [each["extension"][0]["valueCode"] for each in said if each["url"].endswith("/succession")]


def _withdraw(fhir: Fhir, number: int) -> None:
    with fhir.site.database.write() as connection:
        withdraw(connection, number, why="Not so.", by=OPERATOR, at=fhir.site.at, zone=fhir.site.settings.zone)
    fhir.follow()


def test_a_withdrawn_succession_is_gone_from_both_of_its_ends(light_fhir: Fhir) -> None:
    link = Succession("leg-ulcer-clinic", "podiatry", "replaced", build.TODAY)
    database, at = light_fhir.site.database, light_fhir.site.at
    build.change(database, build.draft(build.opening("podiatry")), at=at)
    made = build.change(database, build.draft(succession=(link,)), at=at)
    light_fhir.follow()
    assert _ends(light_fhir, "leg-ulcer-clinic") == _ends(light_fhir, "podiatry") == ["replaced"]
    _withdraw(light_fhir, made.change.number)
    assert _ends(light_fhir, "leg-ulcer-clinic") == _ends(light_fhir, "podiatry") == []


def test_a_service_goes_back_to_its_organisation_when_its_succession_is_withdrawn(light_fhir: Fhir) -> None:
    database, at = light_fhir.site.database, light_fhir.site.at
    build.change(database, build.draft(organisations=(build.organisation("new-trust", "New Trust"),)), at=at)
    link = Succession("community-trust", "new-trust", "replaced", build.TODAY)
    made = build.change(database, build.draft(organisation_succession=(link,)), at=at)
    light_fhir.follow()
    assert light_fhir.get(CLINIC)["providedBy"]["reference"] == "Organization/new-trust"
    _withdraw(light_fhir, made.change.number)
    assert light_fhir.get(CLINIC)["providedBy"]["reference"] == "Organization/community-trust"
