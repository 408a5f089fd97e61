"""What somebody typed into a form is on the page that says why it was not taken, whatever went wrong."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from directory.app import build as build_app
from directory.gate.routes import may
from directory.store import people, reports
from tests import build
from tests.web.conftest import FoundSite, TestClient, client_of, signed_in, words_of
from tests.web.publishing import begun, step

LEE, TEAM = "lee@northmoor.example", "tissue-viability"
REPORT = "/services/leg-ulcer-clinic/report"
WHY = "The rooms are <not> free\n& will not be."


def typed_again(html: str) -> dict[str, str]:
    """What the page would send again."""
    found = re.findall(r'<textarea name="([^"]*)" hidden>\n(.*?)</textarea>', html, re.DOTALL)
    return {unescape(name): unescape(value) for name, value in found}


def test_what_came_too_often_waits_on_the_page(site: FoundSite, client: TestClient) -> None:
    for number in range(30):
        client.post(REPORT, data={"kind": "other", "text": f"word {number}"})
    late = client.post(REPORT, data={"kind": "other", "text": WHY, "email": ""})
    assert late.status_code == 429
    again = typed_again(late.text)
    assert again == {"kind": "other", "text": WHY, "email": ""}
    site.clock = lambda: build.NOON + timedelta(hours=1)
    sent = client_of(site).post(REPORT, data=again)
    with site.database.read() as connection:
        assert reports.by_ref(connection, sent.headers["location"][9:23]).text == WHY


def test_what_failed_here_waits_on_the_page(site: FoundSite) -> None:
    def fails(request: Request) -> Response:
        raise RuntimeError("nobody reads this")

    app = build_app(site)
    app.routes.insert(0, Route("/note", may("visit", fails), methods=["POST"]))
    client = TestClient(app, "http://127.0.0.1:8000", raise_server_exceptions=False)
    failed = client.post("/note?step=2", data={"why": WHY}, headers={"Sec-Fetch-Site": "same-origin"})
    assert failed.status_code == 500
    assert typed_again(failed.text) == {"why": WHY}
    assert 'action="/note?step=2"' in failed.text
    assert "nobody reads this" not in failed.text


def test_who_lost_their_role_can_still_copy_it(site: FoundSite, lead: TestClient) -> None:
    path = begun(lead)
    step(lead, path, "what", kinds=["hours"])
    with site.database.write() as connection:
        person = people.by_email(connection, LEE).id
        people.join(connection, person_id=person, team_id=TEAM, role="reader", at=build.NOON)
    refused = lead.post(f"{path}/words", data={"title": "Hours", "why": WHY})
    assert refused.status_code == 403
    assert "Copy what you still need" in words_of(refused.text)
    assert "The rooms are &lt;not&gt; free\n&amp; will not be.</textarea>" in refused.text


def test_a_draft_that_was_deleted_elsewhere_loses_no_words(lead: TestClient) -> None:
    path = begun(lead)
    lead.post(f"{path}/delete")
    gone = lead.post(f"{path}/words", data={"title": "Hours", "why": WHY})
    assert gone.status_code == 404
    assert "&amp; will not be.</textarea>" in gone.text


@pytest.mark.parametrize("path", ["/nowhere", "/offers/nothing"])
def test_without_words_nothing_is_shown(site: FoundSite, path: str) -> None:
    editor = signed_in(site, "ed@northmoor.example", editor=True)
    assert "What you typed" not in editor.get(path).text
