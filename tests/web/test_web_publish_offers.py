"""Publishing where it waits: going back into an offer, days that pass meanwhile, and what another may not begin."""

from __future__ import annotations

import logging
from datetime import date, timedelta

import pytest

from directory.store import drafts, reports
from tests import build
from tests.web.conftest import FoundSite, TestClient, signed_in, words_of
from tests.web.publishing import CLINIC, begun, entry, last, looked, published, routed, step, told_and_checked

DAY = timedelta(days=1)


def handed_over(lead: TestClient, *, when: str = "today", **begin: str) -> str:
    """An offer of the clinic to the vascular nurses; its address."""
    path = begun(lead, service=CLINIC, **begin)
    step(lead, path, "what", kinds=["owner"])
    step(lead, path, "details", owner="hospital-trust/vascular")
    step(lead, path, "date", when=when)
    told_and_checked(lead, path)
    location: str = lead.post(f"{path}/check").headers["location"]
    return location.partition("?")[0]


def test_its_author_changes_what_is_offered(site: FoundSite, lead: TestClient) -> None:
    at = handed_over(lead)
    assert "Change what is offered" in lead.get(at).text
    path = lead.post(f"{at}/edit").headers["location"]
    assert path == lead.post(f"{at}/edit").headers["location"]
    assert f'href="{at}"' in lead.get(path).text
    said = words_of(told_and_checked(lead, path))
    assert "Ask them" in said
    step(lead, path, "words", title="Another title", weight="major", what_to_do="Ring.")
    step(lead, path, "told")
    step(lead, path, "message")
    assert lead.post(f"{path}/check").headers["location"].startswith(at)
    assert "Another title" in lead.get(at).text
    vera = signed_in(site, "vera@northmoor.example", role="lead", team="vascular")
    assert "Change what is offered" not in vera.get(at).text
    assert vera.post(f"{at}/edit").status_code == 403
    assert vera.post(f"{at}/accept", data={"version": "1"}).status_code == 409
    assert vera.post(f"{at}/accept", data={"version": "2"}).status_code == 303
    assert last(site).title == "Another title"
    said = words_of(vera.get(f"/changes/{last(site).number}").text)
    assert "Vascular Nurses accepted it." in said
    assert "vera" not in said.replace("vera@", "").lower()


def test_the_report_page_says_what_became_of_the_offer(site: FoundSite, lead: TestClient, client: TestClient) -> None:
    with site.database.write() as connection:
        wrong = reports.Report(
            ref="7kqm-2xhw-9ptr", kind="not-us", text="", received_at=build.NOON, service_id=CLINIC,
            team="tissue-viability",
        )  # fmt: skip
        reports.add(connection, wrong)
    at = handed_over(lead, report=wrong.ref)
    for page in (f"/reports/{wrong.ref}", f"/manage/reports/{wrong.ref}"):
        assert "waits for agreement" in words_of(lead.get(page).text)
    assert "waits for agreement" not in client.get(f"/reports/{wrong.ref}").text
    vera = signed_in(site, "vera@northmoor.example", role="lead", team="vascular")
    vera.post(f"{at}/decline", data={"why": "We have no nurses."})
    said = words_of(lead.get(f"/manage/reports/{wrong.ref}").text)
    assert "was declined" in said
    assert "The report is still open." in said
    assert "We have no nurses." in said
    assert "which is still open" in words_of(lead.get(at).text)


def test_who_published_without_agreement_is_said_by_role(site: FoundSite, editor: TestClient) -> None:
    path = begun(editor)
    step(editor, path, "what", kinds=["owner"])
    step(editor, path, "details", owner="hospital-trust/vascular")
    step(editor, path, "date", when="today")
    told_and_checked(editor, path)
    editor.post(f"{path}/check", data={"without": "1", "override": "The team was dissolved."})
    said = words_of(editor.get(f"/changes/{last(site).number}").text)
    assert "Published by an editor without everybody's agreement." in said
    assert "The team was dissolved." in said


def test_today_is_the_day_on_which_it_is_published(site: FoundSite, lead: TestClient) -> None:
    path = begun(lead)
    step(lead, path, "what", kinds=["hours"])
    step(lead, path, "details", hours="Mo 09:00-12:00")
    step(lead, path, "date", when="today")
    site.clock = lambda: build.NOON + timedelta(minutes=25)
    told_and_checked(lead, path)
    aged(site, path, days=1)
    said = words_of(lead.get(f"{path}/check").text)
    assert "correction" not in said
    assert "22 November 2026" in said
    lead.post(f"{path}/check")
    assert (last(site).effective_from, "correction" in last(site).kinds) == (build.TODAY, False)


def aged(site: FoundSite, path: str, *, days: int) -> None:
    """The draft as if it had been written some days ago."""
    with site.database.write() as connection:
        row = drafts.load(connection, path.rpartition("/")[2], person_id=1)
        assert row is not None
        day = date.fromisoformat(row.body["draft"]["effective_from"]) - timedelta(days=days)
        body = {**row.body, "draft": {**row.body["draft"], "effective_from": day.isoformat()}}
        drafts.put(connection, drafts.Row(row.id, row.person_id, row.state, body, row.updated_at))


@pytest.mark.parametrize("correction", [False, True])
def test_a_day_that_has_passed_is_asked(site: FoundSite, lead: TestClient, *, correction: bool) -> None:
    path = begun(lead)
    routed(lead, path)
    aged(site, path, days=20)
    day, before = date(2026, 11, 20), last(site).number
    said = words_of(lead.get(f"{path}/check").text)
    assert "This date has passed" in said
    assert 'type="submit">Publish<' not in lead.get(f"{path}/check").text
    assert lead.post(f"{path}/check").status_code == 422
    assert last(site).number == before
    chosen = {"when": "day", "day": day.isoformat(), "corrects": "1"} if correction else {"when": "today"}
    step(lead, path, "date", **chosen)
    looked(lead, path)
    made = last(site)
    assert made.effective_from == (day if correction else build.TODAY)
    assert ("correction" in made.kinds) is correction


def test_another_teams_change_is_refused_before_anything_is_written(
    site: FoundSite, caplog: pytest.LogCaptureFixture
) -> None:
    number = published(site, date(2026, 12, 20), hours="Mo 09:00-12:00")
    in_force = published(site, build.TODAY, hours="Tu 09:00-12:00")
    vera = signed_in(site, "vera@northmoor.example", role="lead", team="vascular")
    caplog.set_level(logging.WARNING, logger="directory.app")
    for change, how in ((number, "withdraw"), (number, "amend"), (number, "move"), (in_force, "set-back")):
        assert vera.post("/publish", data={"change": str(change), "how": how}).status_code == 403, how
    assert caplog.text.count("refused to person") == 4
    with site.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM drafts").scalar_one() == 0
    assert entry(site).facts.hours == "Tu 09:00-12:00"
