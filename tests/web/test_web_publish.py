"""Publishing a change in the browser: the tasks, what is kept, what is shown before, and that it happens once."""

from __future__ import annotations

from datetime import date, timedelta

from directory.actions.people import subscribe_person
from directory.domain.change import Edit
from directory.domain.service import Contact
from directory.store import drafts, services
from tests import build
from tests.web.conftest import FoundSite, TestClient, found, h1, hit, signed_in, words_of
from tests.web.publishing import CLINIC, ROUTE, begun, entry, last, routed, row, step


def test_a_route_changes_from_a_day_ahead(site: FoundSite, lead: TestClient) -> None:
    path = begun(lead)
    screens = 3  # The service, the task list, and at the end the page that says that it is published.
    routed(lead, path)
    for task in ("what", "details", "date", "words", "told", "message", "check"):
        assert lead.get(f"{path}/{task}").status_code == 200, task
        screens += 1
    assert screens <= 12
    answer = lead.post(f"{path}/check")
    assert answer.headers["location"] == f"{path}/done"
    made = last(site)
    assert (made.title, made.kinds, made.effective_from) == ("Ring us", ("referral-route",), date(2026, 12, 10))
    html = lead.get(f"{path}/done").text
    assert h1(html) == f"Published as change {made.number}"
    assert "Nobody follows it yet" in words_of(html)
    assert entry(site).facts.referral_routes[0].method == "email"
    assert entry(site, date(2026, 12, 10)).facts.referral_routes[0].address == "01632 960999"
    # What the entry said of areas stays as it is scheduled.
    assert [area.name for area in entry(site, date(2026, 12, 10)).facts.areas] == ["Eastmarsh", "Southfen"]


def test_a_double_press_publishes_once(site: FoundSite, lead: TestClient) -> None:
    path = begun(lead)
    routed(lead, path)
    first, second = lead.post(f"{path}/check"), lead.post(f"{path}/check")
    assert first.headers["location"] == second.headers["location"] == f"{path}/done"
    number = last(site).number
    lead.post(f"{path}/check")
    assert last(site).number == number
    assert lead.get(path).headers["location"] == f"{path}/done"
    assert lead.get("/publish").text.count("Ring us") == 0


def test_it_shows_who_is_told_and_what_points_to_it(site: FoundSite, lead: TestClient) -> None:
    for name in ("ann", "bob"):
        subscribe_person(
            site.database,
            email=f"{name}@northmoor.example",
            criteria={"service": [CLINIC]},
            frequency="daily",
            at=build.NOON,
            today=build.TODAY,
        )
    legs = build.draft(Edit("adult-dietetics", {"contacts": (Contact("email", "legs@northmoor.example"),)}))
    build.change(site.database, legs)
    path = begun(lead)
    routed(lead, path)
    said = words_of(lead.get(f"{path}/told").text)
    assert "2 people" in said
    assert "ann@" not in said
    assert "Leg wound (a step of this pathway)" in said
    assert "Adult dietetics (its entry gives out an address that goes, or links here)" in said
    assert "From 1 December 2026: Leg ulcer clinic opens to Southfen" in said
    assert "It sets" not in said
    done = lead.post(f"{path}/check")
    said = words_of(lead.get(done.headers["location"]).text)
    assert "2 people will be told" in said
    assert "told again on the day" in said


def test_the_message_is_that_of_the_mail_and_differences_are_by_word(site: FoundSite, lead: TestClient) -> None:
    path = begun(lead)
    routed(lead, path)
    html = lead.get(f"{path}/message").text
    assert "Subject: From 10 December 2026: Ring us" in words_of(html)
    assert "<ins>" in html
    mail = lead.get(f"{path}/message.html")
    assert "sandbox" in mail.headers["content-security-policy"]
    assert "Phone 01632 960999" in words_of(mail.text)
    assert "(was Email legs@northmoor.example (Any nurse))" in words_of(mail.text)


def test_what_is_typed_is_kept_and_shown_again(site: FoundSite, lead: TestClient) -> None:
    path = begun(lead)
    step(lead, path, "what", kinds=["contact", "hours"])
    filled = lead.get(f"{path}/details").text
    assert 'value="01632 960146"' in filled
    typed = row("contacts", 0, type="phone", value="01632 960777", label="Desk", audience="public") | {"hours": "Mo-Fr"}
    more = lead.post(f"{path}/details?service={CLINIC}", data=typed | {"more": "contacts"})
    assert 'name="contacts-1-value"' in more.text
    assert 'value="01632 960777"' in more.text
    wrong = lead.post(f"{path}/details", data=typed | row("contacts", 1, type="phone", value="", label="Lost"))
    assert wrong.status_code == 422
    assert 'value="Lost"' in wrong.text
    assert 'href="#contacts-1-value"' in wrong.text
    assert step(lead, path, "details", **typed) == "date"
    assert 'value="01632 960777"' in lead.get(f"{path}/details").text
    assert "A change to" not in words_of(lead.get("/publish").text)


def test_a_chosen_kind_that_changes_nothing_is_asked_again(lead: TestClient) -> None:
    path = begun(lead)
    step(lead, path, "what", kinds=["hours"])
    same = lead.post(f"{path}/details", data={"hours": ""})
    assert same.status_code == 422
    assert "says the same as before" in words_of(same.text)


def test_patient_data_is_refused_with_the_place_marked_and_nothing_lost(site: FoundSite, lead: TestClient) -> None:
    path = begun(lead)
    step(lead, path, "what", kinds=["hours"])
    data = {"title": "Hours", "why": "She is 943 476 5919 here", "what_to_do": "Wait.", "weight": "major"}
    answer = lead.post(f"{path}/words", data=data)
    assert answer.status_code == 422
    assert "<mark>943 476 5919</mark>" in answer.text
    assert "Wait." in answer.text
    with site.database.read() as connection:
        assert "943" not in str(drafts.open_ones(connection, person_id=1, limit=9))


def test_a_day_gone_by_says_that_it_is_a_correction(site: FoundSite, lead: TestClient) -> None:
    path = begun(lead)
    step(lead, path, "what", kinds=["hours"])
    step(lead, path, "details", hours="Mo-Fr 09:00-17:00")
    asked = lead.post(f"{path}/date", data={"when": "day", "day": "10/11/2026"})
    assert "It is published as a correction" in words_of(asked.text)
    assert lead.post(f"{path}/date", data={"when": "day", "day": "31/2/2026"}).status_code == 422
    assert step(lead, path, "date", when="day", day="10/11/2026", corrects="1") == "words"
    step(lead, path, "words", title="Hours", weight="minor")
    assert "nobody is told" in words_of(lead.get(f"{path}/told").text)
    step(lead, path, "told")
    step(lead, path, "message")
    lead.post(f"{path}/check")
    assert "correction" in last(site).kinds


def test_a_draft_is_nobody_elses_and_can_be_deleted(site: FoundSite, lead: TestClient, editor: TestClient) -> None:
    path = begun(lead)
    for task in ("", "/what", "/words", "/told", "/check", "/delete", "/done", "/merge"):
        assert editor.get(path + task).status_code == 404, task
    assert editor.post(f"{path}/delete").status_code == 404
    assert lead.get(f"{path}/delete").status_code == 200
    assert lead.post(f"{path}/delete").headers["location"] == "/publish?deleted=1"
    assert lead.get(path).status_code == 404


def test_another_teams_service_cannot_be_begun(site: FoundSite) -> None:
    other = signed_in(site, "ann@northmoor.example", role="lead", team="vascular")
    assert other.post("/publish", data={"service": CLINIC}).status_code == 403
    assert "Publish a change" not in other.get(f"/services/{CLINIC}").text


def test_nothing_is_published_before_every_task_is_done(site: FoundSite, lead: TestClient) -> None:
    path, before = begun(lead), last(site).number
    assert lead.get(f"{path}/check").headers["location"] == f"{path}/what"
    lead.post(f"{path}/check")
    assert last(site).number == before


def test_drafts_go_90_days_after_they_were_saved(site: FoundSite, lead: TestClient) -> None:
    path = begun(lead)
    with site.database.write() as connection:
        assert drafts.forget(connection, before=build.NOON - timedelta(days=1)) == 0
        assert drafts.forget(connection, before=build.NOON + timedelta(seconds=1)) == 1
    assert lead.get(path).status_code == 404


def test_a_service_is_opened_from_nothing(site: FoundSite, lead: TestClient) -> None:
    listed = lead.get("/publish").text
    assert "Change Leg ulcer clinic" in words_of(listed)
    assert lead.post("/publish", data={"name": "", "owner": "community-trust/tissue-viability"}).status_code == 422
    path = begun(lead, name="Pressure clinic", owner="community-trust/tissue-viability")
    given = {"name": "Pressure clinic", "owner": "community-trust/tissue-viability", "setting": "community"}
    assert step(lead, path, "details", **given, needs="pressure ulcer\nseating", **ROUTE) == "date"
    step(lead, path, "date", when="today")
    step(lead, path, "words", title="Pressure clinic opens", weight="major")
    step(lead, path, "told")
    assert lead.get(f"{path}/message").status_code == 200
    step(lead, path, "message")
    assert lead.post(f"{path}/check").headers["location"] == f"{path}/done"
    with site.database.read() as connection:
        assert services.entry(connection, "pressure-clinic", on=build.TODAY).facts.needs == (
            "pressure ulcer",
            "seating",
        )


def test_an_editor_finds_any_service(site: FoundSite, editor: TestClient) -> None:
    site.finds = lambda query: found(hit("adult-dietetics"))
    assert "Change Adult dietetics" in words_of(editor.get("/publish?q=diet").text)


def test_a_title_to_begin_with_names_the_team_that_is_to_handle_it(lead: TestClient) -> None:
    path = begun(lead)
    step(lead, path, "what", kinds=["owner"])
    step(lead, path, "details", owner="community-trust/district-nursing")
    assert 'value="Leg ulcer clinic moves to District Nursing"' in lead.get(f"{path}/words").text
    step(lead, path, "words", title="Ours no more", weight="major")
    step(lead, path, "details", owner="hospital-trust/")
    assert 'value="Ours no more"' in lead.get(f"{path}/words").text
