"""Publishing where others are concerned: changes taken back, two people at once, agreement, and reports answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from directory.domain.change import Edit
from directory.domain.service import Owner
from directory.store import drafts, reports
from tests import build
from tests.web.conftest import FoundSite, TestClient, signed_in, words_of
from tests.web.publishing import CLINIC, ROUTE, begun, entry, last, looked, published, routed, step, told_and_checked


def test_a_coming_change_is_moved_and_amended(site: FoundSite, lead: TestClient) -> None:
    number = published(site, date(2026, 12, 20), hours="Mo 09:00-12:00")
    said = words_of(lead.get(f"/changes/{number}").text)
    assert "Move its day" in said
    assert "Set it back" not in said
    path = begun(lead, change=str(number), how="move")
    assert lead.get(path).text.count("To do") == 2
    assert step(lead, path, "date", when="day", day="2/1/2027") == "words"
    looked(lead, path, title="New hours, later")
    made = last(site)
    assert (made.supersedes, made.effective_from) == (number, date(2027, 1, 2))
    assert entry(site, date(2026, 12, 21)).facts.hours == ""
    assert "Move its day" not in words_of(lead.get(f"/changes/{number}").text)
    path = begun(lead, change=str(made.number), how="amend")
    step(lead, path, f"details?service={CLINIC}", hours="Tu 09:00-12:00")
    looked(lead, path)
    assert entry(site, date(2027, 1, 2)).facts.hours == "Tu 09:00-12:00"
    assert lead.post("/publish", data={"change": str(number), "how": "amend"}).status_code == 409


def test_a_change_is_withdrawn_with_a_reason(site: FoundSite, lead: TestClient) -> None:
    number = published(site, date(2026, 12, 20), hours="Mo 09:00-12:00")
    path = begun(lead, change=str(number), how="withdraw")
    assert lead.post(f"{path}/words", data={"title": "Withdrawn", "weight": "major"}).status_code == 422
    looked(lead, path, title="Withdrawn: New hours", why="The rooms are not free.")
    assert last(site).supersedes == number
    assert entry(site, date(2026, 12, 20)).facts.hours == ""


def test_a_withdrawal_begins_on_the_day_on_which_it_is_published(site: FoundSite, lead: TestClient) -> None:
    number = published(site, date(2026, 12, 20), hours="Mo 09:00-12:00")
    path = begun(lead, change=str(number), how="withdraw")
    step(lead, path, "words", title="Withdrawn", why="The rooms are not free.", weight="major")
    site.clock = lambda: build.NOON + timedelta(minutes=20)
    step(lead, path, "told")
    step(lead, path, "message")
    with site.database.write() as connection:
        row = drafts.load(connection, path.rpartition("/")[2], person_id=1)
        assert row is not None
        yesterday = {**row.body, "draft": {**row.body["draft"], "effective_from": "2026-11-20"}}
        drafts.put(connection, replace(row, body=yesterday))
    lead.post(f"{path}/check")
    assert last(site).effective_from == build.TODAY
    assert "correction" not in last(site).kinds


def test_what_is_in_force_is_set_back(site: FoundSite, lead: TestClient) -> None:
    number = published(site, build.TODAY, hours="Mo 09:00-12:00")
    assert "Set it back from today" in words_of(lead.get(f"/changes/{number}").text)
    path = begun(lead, change=str(number), how="set-back")
    looked(lead, path, title="Set back")
    assert entry(site).facts.hours == ""


def test_of_two_people_the_second_sees_both_and_merges(site: FoundSite, lead: TestClient) -> None:
    path = begun(lead)
    step(lead, path, "what", kinds=["hours", "referral-route"])
    step(lead, path, "details", hours="Mo 09:00-12:00", **ROUTE)
    step(lead, path, "date", when="today")
    step(lead, path, "words", title="Mine", weight="major")
    published(site, build.TODAY, hours="Tu 13:00-17:00", summary="Theirs too.")
    assert lead.get(f"{path}/told").headers["location"] == f"{path}/merge"
    answer = lead.get(f"{path}/merge")
    assert answer.status_code == 409
    said = words_of(answer.text)
    assert "Tuesday" in said
    assert "Monday" in said
    assert "Theirs too." in said
    assert "How to refer" not in said
    version = entry(site).latest_version
    kept = {f"version-{CLINIC}": str(version), f"{CLINIC}-hours": "theirs"}
    # What was published since the page was read is asked in its turn.
    published(site, build.TODAY, setting="acute")
    assert step(lead, path, "merge", **kept) == "told"
    assert lead.get(f"{path}/told").headers["location"] == f"{path}/merge"
    kept[f"version-{CLINIC}"] = str(entry(site).latest_version)
    assert step(lead, path, "merge", **kept) == "told"
    step(lead, path, "told")
    step(lead, path, "message")
    lead.post(f"{path}/check")
    facts = entry(site).facts
    assert (facts.hours, facts.summary, facts.setting) == ("Tu 13:00-17:00", "Theirs too.", "acute")
    assert facts.referral_routes[0].address == "01632 960999"


def test_a_conflict_at_the_last_moment_loses_nothing(site: FoundSite, lead: TestClient) -> None:
    path = begun(lead)
    routed(lead, path)
    published(site, build.TODAY, hours="Tu 13:00-17:00")
    number = last(site).number
    assert lead.post(f"{path}/check").headers["location"] == f"{path}/merge"
    assert last(site).number == number
    step(lead, path, "merge", **{f"version-{CLINIC}": str(entry(site).latest_version)})
    assert step(lead, path, "told") == "message"
    step(lead, path, "message")
    assert lead.post(f"{path}/check").headers["location"] == f"{path}/done"


def test_another_team_is_asked_before_it_gets_a_service(site: FoundSite, lead: TestClient) -> None:
    path = begun(lead)
    step(lead, path, "what", kinds=["owner"])
    html = lead.get(f"{path}/details").text
    assert 'value="community-trust/tissue-viability" selected' in html
    assert step(lead, path, "details", owner="hospital-trust/vascular") == "date"
    step(lead, path, "date", when="day", day="10/12/2026")
    said = words_of(told_and_checked(lead, path))
    assert "Vascular Nurses has to accept it" in said
    assert "Ask them" in said
    before = last(site).number
    assert lead.post(f"{path}/check").headers["location"].startswith("/offers/")
    assert last(site).number == before
    assert lead.get(f"{path}/done").headers["location"].startswith("/offers/")


def test_an_editor_says_why_it_does_not_wait(site: FoundSite, editor: TestClient) -> None:
    path = begun(editor)
    step(editor, path, "what", kinds=["owner"])
    step(editor, path, "details", owner="hospital-trust/vascular")
    step(editor, path, "date", when="today")
    told_and_checked(editor, path)
    assert editor.post(f"{path}/check", data={"without": "1", "override": " "}).status_code == 422
    answer = editor.post(f"{path}/check", data={"without": "1", "override": "The team was dissolved."})
    assert answer.headers["location"] == f"{path}/done"
    assert last(site).override == "The team was dissolved."


def test_a_change_settles_the_report_that_it_answers(site: FoundSite, lead: TestClient) -> None:
    with site.database.write() as connection:
        made = reports.add(
            connection,
            reports.Report(
                ref="R-2345-6789", kind="number", text="It rings out.", received_at=build.NOON, service_id=CLINIC,
                team="tissue-viability",
            ),
        )  # fmt: skip
    assert lead.get("/publish?report=R-none").status_code == 404
    html = lead.get(f"/publish?report={made.ref}").text
    assert made.ref in html
    path = begun(lead, service=CLINIC, report=made.ref)
    routed(lead, path)
    lead.post(f"{path}/check")
    with site.database.read() as connection:
        settled = reports.by_ref(connection, made.ref)
    assert (settled.state, settled.change_number) == ("fixed", last(site).number)


def test_who_may_take_a_handover_back_is_offered_to(site: FoundSite) -> None:
    def again() -> tuple[TestClient, TestClient]:
        return tuple(
            signed_in(site, f"{name}@northmoor.example", role="lead", team=team)
            for name, team in (("lee", "tissue-viability"), ("dee", "district-nursing"))
        )  # type: ignore[return-value]

    lead, other = again()
    taken = Owner("community-trust", "district-nursing")
    ahead = build.change(site.database, build.draft(Edit(CLINIC, {"owner": taken}), effective_from=date(2026, 12, 1)))
    page = f"/changes/{ahead.change.number}"
    # It does not hold yet: who runs the service today may take it back, and who is to run it may not.
    assert "Withdraw it" in words_of(lead.get(page).text)
    assert "Change or take it back" not in words_of(other.get(page).text)
    site.clock = lambda: build.NOON + timedelta(days=30)
    lead, other = again()
    # It holds: that it never did takes both, or an editor; who runs the service now may hand it back.
    assert "Change or take it back" not in words_of(lead.get(page).text)
    said = words_of(other.get(page).text)
    assert "Set it back from today" in said
    assert "Withdraw it" not in said
    path = begun(other, change=str(ahead.change.number), how="set-back")
    looked(other, path, title="Back to where it was", why="It did not work.")
    assert "Back to where it was" in words_of(other.get("/offers").text)
