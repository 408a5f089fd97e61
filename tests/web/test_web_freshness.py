"""Still correct: one press from the mail, and nothing for a scanner; what is overdue says so where it is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from directory.domain.change import Edit
from directory.notify.letterhead import check_token
from directory.store import people
from tests import build
from tests.web.conftest import FoundSite, TestClient, client_of, found, h1, hit, signed_in, words_of

CLINIC = "/services/leg-ulcer-clinic"
TEAM = "tissue-viability"


def link(site: FoundSite, email: str, service: str = "leg-ulcer-clinic", *, at: datetime = build.NOON) -> str:
    with site.database.read() as connection:
        person = people.by_email(connection, email).id
    return f"/check/{check_token(service, person, site.settings.secret.get_secret_value(), at=at)}"


def checked(client: TestClient) -> bool:
    return "Not checked since it was added" not in words_of(client.get(CLINIC).text)


def test_one_press_from_the_mail_and_following_the_link_confirms_nothing(site: FoundSite, client: TestClient) -> None:
    signed_in(site, "lee@northmoor.example", role="lead", team=TEAM)
    path = link(site, "lee@northmoor.example")
    for _ in range(3):
        page = client.get(path)
        assert h1(page.text) == "Is this still correct? Leg ulcer clinic"
    assert client.head(path).status_code == 200
    assert not checked(client)
    version = page.text.partition('name="version" value="')[2].partition('"')[0]
    done = client.post(path, data={"version": version})
    assert done.status_code == 200
    assert "Everybody can see that this entry was checked today." in words_of(done.text)
    assert checked(client)
    assert "Not checked for" not in words_of(client.get(CLINIC).text)


def test_a_link_is_of_one_person_for_as_long_as_they_may(site: FoundSite, client: TestClient) -> None:
    signed_in(site, "lee@northmoor.example", role="lead", team=TEAM)
    path = link(site, "lee@northmoor.example")
    old = link(site, "lee@northmoor.example", at=build.NOON - timedelta(days=91))
    for dead in (old, path + "x", "/check/none", path.replace("/check/", "/check/a")):
        assert client.get(dead).status_code == 404
        assert client.post(dead).status_code == 404
    with site.database.write() as connection:
        lee = people.by_email(connection, "lee@northmoor.example")
        people.join(connection, person_id=lee.id, team_id=TEAM, role="reader", at=build.NOON)
    assert client.get(path).status_code == 403
    assert client.post(path).status_code == 403
    assert not checked(client)


def test_what_changed_since_it_was_read_is_read_again(site: FoundSite) -> None:
    lead = signed_in(site, "lee@northmoor.example", role="lead", team=TEAM)
    page = lead.get(f"{CLINIC}/check").text
    version = page.partition('name="version" value="')[2].partition('"')[0]
    build.change(site.database, build.draft(Edit("leg-ulcer-clinic", {"summary": "Somebody else's words."})))
    again = lead.post(f"{CLINIC}/check", data={"version": version})
    assert again.status_code == 409
    assert "Somebody else's words." in words_of(again.text)
    assert not checked(lead)


def test_only_its_owner_checks_an_entry(site: FoundSite, client: TestClient) -> None:
    other = signed_in(site, "odd@northmoor.example", role="lead", team="vascular")
    assert other.get(f"{CLINIC}/check").status_code == 403
    assert other.post(f"{CLINIC}/check").status_code == 403
    assert client.get(f"{CLINIC}/check").headers["location"].startswith("/sign-in")
    assert not checked(client)
    lead = signed_in(site, "lee@northmoor.example", role="lead", team=TEAM)
    assert f'href="{CLINIC}/check"' in lead.get(CLINIC).text
    assert f'href="{CLINIC}/check"' not in other.get(CLINIC).text
    assert lead.post(f"{CLINIC}/check").status_code == 200
    assert checked(client)
    assert lead.post("/services/night-sitting/check").status_code == 403


def test_a_closed_service_is_not_checked(site: FoundSite) -> None:
    editor = signed_in(site, "ed@northmoor.example", editor=True)
    assert "there is nothing to check" in words_of(editor.get("/services/night-sitting/check").text)
    assert editor.post("/services/night-sitting/check").status_code == 422


def test_what_is_overdue_says_so_where_it_is_read(site: FoundSite, client: TestClient) -> None:
    site.finds = lambda query: found(hit("leg-ulcer-clinic"), hit("adult-dietetics"))
    assert "Not checked for 2 years" in words_of(client.get(CLINIC).text)
    assert "Not checked for 2 years" in words_of(client.get("/find?q=leg").text)
    assert "Not checked for" not in words_of(client.get(f"{CLINIC}/as-of/2026-11-21").text)
    signed_in(site, "ed@northmoor.example", editor=True).post(f"{CLINIC}/check")
    assert "Not checked for" not in words_of(client.get(CLINIC).text)
    site.clock = lambda: datetime(2027, 5, 21, 12, tzinfo=UTC)
    assert "Not checked for" not in words_of(client.get(CLINIC).text)
    site.clock = lambda: datetime(2027, 5, 22, 12, tzinfo=UTC)
    assert "Not checked for 6 months" in words_of(client.get(CLINIC).text)
    site.settings = site.settings.model_copy(update={"check_every": 12})
    # Settings are read when Signpost starts.
    assert "Not checked for" not in words_of(client_of(site).get(CLINIC).text)


def test_the_list_is_by_age_and_by_team(site: FoundSite) -> None:
    editor = signed_in(site, "ed@northmoor.example", editor=True)
    said = words_of(editor.get("/manage/freshness").text)
    assert "An entry needs to be checked every 6 months." in said
    assert said.index("Leg ulcer clinic") < said.index("Adult dietetics")
    assert "Night sitting" not in said
    one = words_of(editor.get(f"/manage/freshness?team={TEAM}").text)
    assert "Leg ulcer clinic" in one
    assert "Adult dietetics" not in one
    editor.post(f"{CLINIC}/check")
    after = words_of(editor.get("/manage/freshness").text)
    assert after.index("Adult dietetics") < after.index("Leg ulcer clinic")
    assert "Checked less than a month ago, 22 November 2026" in after


def test_a_lead_sees_their_own(site: FoundSite, client: TestClient) -> None:
    lead = signed_in(site, "lee@northmoor.example", role="lead", team=TEAM)
    for query in ("", "?team=district-nursing"):
        assert "Adult dietetics" not in lead.get(f"/manage/freshness{query}").text
    assert "Leg ulcer clinic" in lead.get("/manage/freshness").text
    assert signed_in(site, "amina@northmoor.example").get("/manage/freshness").status_code == 403
    assert client.get("/manage/freshness").headers["location"].startswith("/sign-in")


def test_an_owner_sets_how_often_it_is_checked(site: FoundSite, lead: TestClient) -> None:
    lead.post(f"{CLINIC}/check")
    every = f"{CLINIC}/check-interval"
    for wrong in ("0", "61", "often"):
        assert lead.post(every, data={"months": wrong}).status_code == 422
    assert lead.post(every, data={"months": "3"}).headers["location"] == f"{CLINIC}/check?set=1"
    assert '<option value="3" selected>' in lead.get(f"{CLINIC}/check").text
    site.clock = lambda: build.NOON + timedelta(days=100)
    client = client_of(site)
    assert "Not checked for 3 months" in words_of(client.get(CLINIC).text)
    entry = client.get(f"/api/v1{CLINIC}").json()
    assert (entry["check_due_on"], entry["check_overdue"]) == ("2027-02-22", True)
    again = signed_in(site, "lee@northmoor.example", role="lead", team=TEAM)
    said = words_of(again.get("/manage/freshness").text)
    assert "To be checked every 3 months" in said
    assert "Leg ulcer clinic To check" in said
    assert again.post(every, data={"months": ""}).status_code == 303
    assert "Not checked" not in words_of(client.get(CLINIC).text)
    assert client.get(f"/api/v1{CLINIC}").json()["check_due_on"] == "2027-05-22"
    vera = signed_in(site, "vera@northmoor.example", role="lead", team="vascular")
    assert vera.post(every, data={"months": "1"}).status_code == 403
