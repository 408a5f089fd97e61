"""What an entry does in a hand: printed, kept, suggested, put on a home screen; and what goes out small."""

from __future__ import annotations

from datetime import date, timedelta
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.actions.follow import follow_index
from directory.domain.service import Upcoming
from directory.web.views.sheet import GOOD_FOR, code, good_until
from tests.web.conftest import FoundSite, TestClient, client_of, signed_in, words_of

CLINIC = "/services/leg-ulcer-clinic"
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@given(printed=DAYS, changes=st.lists(st.integers(1, 20), max_size=3))
def test_a_sheet_is_good_for_a_week_and_never_on_the_day_of_a_known_change(printed: date, changes: list[int]) -> None:
    coming = [Upcoming(1, "Moves", printed + timedelta(days=each), ()) for each in changes]
    until = good_until(printed, coming)
    assert printed <= until <= printed + GOOD_FOR
    assert all(until < each.effective_from for each in coming)
    assert until == printed + GOOD_FOR or any(each.effective_from == until + timedelta(days=1) for each in coming)


def test_a_sheet_says_when_it_was_printed_until_when_it_holds_and_where_today_is(client: TestClient) -> None:
    html = client.get(f"{CLINIC}/print").text
    said = words_of(html)
    assert "Printed 22 November 2026, 12pm. Do not rely on it after 29 November 2026." in said
    assert code(f"http://127.0.0.1:8000{CLINIC}") in html
    assert "Call 01632 960146" in said
    assert "There is more than fits" not in said
    assert "There is more than fits" in words_of(client.get("/services/hostile/print").text)


def test_a_copy_says_nothing_of_now_and_nothing_of_who_asked(site: FoundSite) -> None:
    lead = signed_in(site, "lee@northmoor.example", role="lead", team="tissue-viability")
    html = lead.get(f"{CLINIC}/offline").text
    assert html == client_of(site).get(f"{CLINIC}/offline").text
    assert "lee@northmoor.example" not in html
    assert 'method="post"' not in html
    assert "<time>now</time>" in html
    assert ' data-from="2026-12-01" hidden' in html
    assert not any(each in words_of(html) for each in ("Open now", "Opens ", "Closed now"))


def test_the_worker_is_sent_once_and_is_another_where_its_files_are(site: FoundSite) -> None:
    client = client_of(site)
    first = client.get("/worker.js")
    assert first.headers["content-type"].startswith("text/javascript")
    assert first.text.startswith("const MADE = ")
    again = client.get("/worker.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    site.settings = site.settings.model_copy(update={"organisation_name": "Southfen directory"})
    assert client.get("/worker.js", headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_the_home_screen_has_the_deployers_name(client: TestClient) -> None:
    found = client.get("/manifest.webmanifest")
    assert found.headers["content-type"] == "application/manifest+json"
    assert found.json()["name"] == "Northmoor directory"
    assert all(client.get(icon["src"]).status_code == 200 for icon in found.json()["icons"])


def test_suggestions_lead_to_services_and_questions(site: FoundSite) -> None:
    client = client_of(site)
    assert client.get("/suggest?q=leg").json() == []
    follow_index(site.database, site.engine, today=site.today())
    found = client.get("/suggest?q=leg").json()
    assert {"text": "Leg ulcer clinic", "kind": "", "href": CLINIC} in found
    assert len(found) <= 8
    assert client.get("/suggest?q=le").json() == []


def test_a_page_is_not_sent_again_and_never_kept_of_who_is_signed_in(site: FoundSite) -> None:
    client, nurse = client_of(site), signed_in(site, "nell@northmoor.example")
    first = client.get("/find?q=leg")
    assert first.headers["content-encoding"] == "gzip"
    again = client.get("/find?q=leg", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/find?q=leg", headers={"Accept-Encoding": "identity"}).text == first.text
    own = nurse.get("/find?q=leg")
    assert own.headers["content-encoding"] == "gzip"
    assert "etag" not in own.headers
    assert own.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example"])
def test_adding_a_service_leads_back_within_the_site(site: FoundSite, target: str) -> None:
    nurse = signed_in(site, "nell@northmoor.example")
    given_ = {"service": "leg-ulcer-clinic", "next": target}
    assert nurse.post("/my/services", data=given_).headers["location"] == "/"
    answer = nurse.post("/my/services", data=given_ | {"next": "/find?q=leg"})
    assert answer.headers["location"] == "/find?q=leg"
    assert "Call 01632 960146" in unescape(words_of(nurse.get("/").text))
