"""Every page, with something to show and with nothing."""

from __future__ import annotations

import re
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from directory.domain.change import Edit
from directory.domain.service import Owner
from directory.errors import EditConflict, IndexDamaged, NotAllowed, NotSignedIn
from directory.outbound.folder import FolderMailer
from directory.web.error_pages import shown_of
from directory.web.rendering import STATIC, environment
from tests import build
from tests.web import world
from tests.web.conftest import FoundSite, TestClient, client_of, h1, site_over, words_of

PAGES = (
    "/", "/find", "/services/leg-ulcer-clinic", "/services/leg-ulcer-clinic/history",
    "/services/leg-ulcer-clinic/history?from=1&to=3", "/services/leg-ulcer-clinic/as-of",
    "/services/leg-ulcer-clinic/as-of/2025-04-01", "/services/leg-ulcer-clinic/as-of/2027-01-01",
    "/services/night-sitting", "/services/dietetics", "/services/hostile", "/services/hostile/history",
    "/changes", "/changes?kind=closed&area=Eastmarsh&minor=1", "/changes?before=3",
    *(f"/changes/{number}" for number in range(1, 8)), "/pages", "/pages/leg-wound", "/teams/tissue-viability",
    "/organisations/community-trust", "/mail", "/accessibility", "/privacy",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    html = answer.text
    assert h1(html)
    for landmark in ("<header", "<main", "<footer", 'href="#maincontent"', 'lang="en"'):
        assert landmark in html
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for label in re.findall(r'<label[^>]*for="([^"]+)"', html):
        assert label in ids
    # No script and no style of its own, nothing hostile, nothing from elsewhere.
    ours = r'<script(?! src="/static/built/(?:hand|narrow)\.js\?v=)'
    assert not re.search(rf"{ours}|<img|<style|<[^>]*\s(?:style|on\w+)=|href=\"javascript", html)
    assert not re.search(r'<(?:link|img|iframe)[^>]*(?:src|href)="(?:https?:)?//', html)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/", "/changes", "/pages", "/mail", "/find?q=leg", "/changes?kind=nonsense&before=x"])
def test_an_empty_directory_has_pages_too(empty_client: TestClient, path: str) -> None:
    answer = empty_client.get(path)
    assert answer.status_code == 200
    assert h1(answer.text)


@pytest.mark.parametrize(
    "path",
    [
        "/services/none", "/services/a%00b", "/services/none/history", "/services/none/as-of/2026-01-01",
        "/changes/0", "/changes/9", "/changes/x", "/changes/99999999999999999999", "/teams/none", "/pages/none",
        "/organisations/none", "/mail/none.eml", "/nowhere", "/services/" + "s" * 5000, "/static/none.css",
    ],
)  # fmt: skip
def test_what_is_not_there_is_said_on_a_page(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert h1(answer.text) == "Page not found"


def test_links_within_the_directory_lead_somewhere(client: TestClient) -> None:
    waiting, seen = ["/", "/pages", "/organisations/hospital-trust"], set[str]()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = client.get(path)
        if path.startswith("/my/"):
            # What is one's own leads past the sign-in.
            assert answer.headers["location"].startswith("/sign-in?next=%2Fmy%2F"), path
            continue
        assert answer.status_code in (200, 301), path
        if answer.status_code == 301:
            waiting.append(answer.headers["location"])
        elif "html" in answer.headers["content-type"]:
            waiting += [link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"#]*)', answer.text)]
    assert len(seen) > 25


def test_ids_and_codes_lead_to_the_slug(client: TestClient) -> None:
    answer = client.get("/organisations/zzn01")
    assert (answer.status_code, answer.headers["location"]) == (301, "/organisations/community-trust")


def test_hostile_text_is_shown_as_text(client: TestClient) -> None:
    html = client.get("/services/hostile").text
    assert h1(html) == " ".join(str(world.hostile_facts()["name"]).split())
    # What cannot be followed is there to be read.
    assert "javascript:alert(1)" in words_of(html)


def test_a_service_page_says_who_since_when_and_what_comes(client: TestClient) -> None:
    html = client.get("/services/leg-ulcer-clinic").text
    said = words_of(html)
    assert "Handled by Tissue Viability Team , Northmoor Community Health NHS Trust" in said
    assert "since 2 November 2026 . Before that: District Nursing, Northmoor Community Health NHS Trust" in said
    assert '<a class="nhsuk-button" href="tel:01632960146">Call 01632 960146</a>' in html
    assert "From 1 December 2026 : Leg ulcer clinic opens to Southfen" in said
    assert "Not checked since it was added" in said
    assert 'href="mailto:legs@northmoor.example"' in html
    assert "People registered with a GP in Eastmarsh" in said


def test_a_closed_service_names_what_took_its_place(client: TestClient) -> None:
    said = words_of(client.get("/services/dietetics").text)
    assert "Use this instead Adult dietetics" in said
    assert "Split: part of it went to Childrens dietetics (Children), 5 November 2026" in said
    html = client.get("/services/night-sitting").text
    assert "<strong>hospice at home</strong>" in html
    assert "Call 01" not in words_of(html)


def test_the_family_is_drawn_and_told_in_words(client: TestClient) -> None:
    html = client.get("/services/childrens-dietetics").text
    drawing = html[html.index("<svg") : html.index("</svg>")]
    # No image: within one there may be nothing to press.
    assert 'role="group"' in drawing
    assert "style=" not in drawing
    assert '<a href="/services/adult-dietetics" tabindex="-1">' in drawing
    assert "Split, 5 November 2026: Children Childrens dietetics Handles it now (this page)" in words_of(drawing)
    told = words_of(html[html.index("The same in words") :])
    assert "Dietetics (Until 5 November 2026) Split, 5 November 2026: Adults: Adult dietetics (Handles it now)" in told
    assert "<svg" not in client.get("/services/leg-ulcer-clinic").text
    assert "Dietetics Handles it now, until 5 November 2026" in words_of(
        client.get("/services/dietetics/as-of/2026-11-04").text
    ).replace(" (this page)", "")


def test_a_past_day_shows_who_handled_it_and_warns(client: TestClient) -> None:
    html = client.get("/services/leg-ulcer-clinic/as-of/2025-04-01").text
    assert h1(html) == "Leg club"
    assert "as it stood on 1 April 2025 . Do not use it to refer" in words_of(html)
    assert "District Nursing" in html
    assert "Number on that day: 01632 960145" in words_of(html)
    assert not re.search(r'href="(?:tel|mailto):', html)


def test_the_form_for_a_day_leads_there_or_keeps_what_was_typed(client: TestClient) -> None:
    answer = client.get("/services/leg-ulcer-clinic/as-of?date=1/4/2025")
    assert (answer.status_code, answer.headers["location"]) == (303, "/services/leg-ulcer-clinic/as-of/2025-04-01")
    for path in ("as-of?date=soon", "as-of/soon"):
        answer = client.get(f"/services/leg-ulcer-clinic/{path}")
        assert answer.status_code == 422
        assert 'value="soon"' in answer.text
        assert "“soon” is not a date" in answer.text


def test_before_it_begins_a_service_is_shown_as_it_will_begin(client: TestClient) -> None:
    said = words_of(client.get("/services/dietetics/as-of/2020-01-01").text)
    assert "This service opened on 1 November 2024 ." in said


def test_a_history_tells_each_version_and_what_differs(client: TestClient) -> None:
    html = client.get("/services/leg-ulcer-clinic/history").text
    said = words_of(html)
    days = [
        said.index(f"From {day}") for day in ("1 December 2026", "2 November 2026", "1 March 2025", "1 October 2024")
    ]
    assert days == sorted(days)
    assert "In force now" in said
    assert "removed: District Nursing," in said
    assert "added: Tissue Viability Team," in said
    assert re.search(r"<ins><span class=\"nhsuk-u-visually-hidden\">added: </span>", html)
    assert "published 19 October 2026, 10:30am" in said


def test_two_versions_or_days_are_compared(client: TestClient) -> None:
    for choice in ("from=1&to=2", "from=2&to=1", "from=2024-12-01&to=1/4/2025"):
        said = words_of(client.get(f"/services/leg-ulcer-clinic/history?{choice}").text)
        assert "Version 1 compared with version 2" in said
    answer = client.get("/services/leg-ulcer-clinic/history?from=99")
    assert answer.status_code == 422
    assert "There is no version 99" in answer.text


def test_a_change_is_a_record(client: TestClient) -> None:
    html = client.get("/changes/4").text
    said = words_of(html)
    assert h1(html) == "Leg ulcer clinic moves"
    assert "In effect since 2 November 2026" in said
    assert "Who handles it District Nursing, Northmoor Community Health NHS Trust Tissue Viability Team" in said
    assert '<a href="/services/leg-ulcer-clinic" rel="noopener">clinic</a>' in html
    assert "They go on." in said
    assert re.search(r"Checksum \(SHA-256\) [0-9a-f]{64}", said)
    assert 'href="/changes/3"' in html
    assert 'href="/changes/5"' in html
    assert "Dietetics is split: part of it goes to Adult dietetics (Adults)." in words_of(client.get("/changes/5").text)


def test_changes_come_and_go_and_are_narrowed(client: TestClient) -> None:
    said = words_of(client.get("/changes").text)
    assert said.index("Leg ulcer clinic opens to Southfen") < said.index("Past")
    assert "The directory begins" not in said
    assert "The directory begins" in words_of(client.get("/changes?minor=1").text)
    closed = words_of(client.get("/changes?kind=closed").text)
    assert "Night sitting closes" in closed
    assert "Leg ulcer clinic moves" not in closed
    home = words_of(client.get("/").text)
    assert home.index("Leg ulcer clinic opens to Southfen") < home.index("Latest changes")


def test_a_pathway_is_drawn_from_the_directory(client: TestClient) -> None:
    html = client.get("/pages/leg-wound").text
    said = words_of(html)
    assert "First look Leg ulcer clinic Tissue Viability Team" in said
    assert 'href="tel:01632960146"' in html
    assert "Dietetics has closed. It is now handled by: Adult dietetics" in said
    assert "The service is not in the directory" in said
    assert "leg club (now called Leg ulcer clinic)" in said
    assert "Dietetics (closed 5 November 2026: now Adult dietetics and Childrens dietetics )" in said
    assert "1 November 2026: A note" in said


def test_owners_show_what_they_run(client: TestClient) -> None:
    said = words_of(client.get("/teams/tissue-viability").text)
    assert "Part of Northmoor Community Health NHS Trust" in said
    assert "Leg ulcer clinic" in said
    said = words_of(client.get("/organisations/community-trust").text)
    assert "ZZN01" in said
    assert "No longer open Dietetics Night sitting" in said


def test_mail_is_shown_only_without_a_relay(client: TestClient, site: FoundSite, tmp_path: Path) -> None:
    message = EmailMessage()
    for name, value in (("Subject", "<b>Change</b>"), ("To", "a@b.example"), ("From", "s@b.example")):
        message[name] = value
    message["Date"] = "Sun, 22 Nov 2026 12:00:00 +0000"
    message["Message-ID"] = "<1@here>"
    message.set_content("Read me")
    message.add_alternative("<p>Read <script>alert(1)</script></p>", subtype="html")
    FolderMailer(site.settings.mail_folder).send(message, "a@b.example")
    name = re.findall(r'href="/mail/([^"]+)"', client.get("/mail").text)[0]
    page = client.get(f"/mail/{name}").text
    assert "Read me" in page
    assert "&lt;b&gt;Change" in page
    assert "sandbox" in client.get(f"/mail/{name}/html").headers["Content-Security-Policy"]
    relayed = site_over(site.database.url, tmp_path, SIGNPOST_SMTP_URL="smtp://relay.example")
    assert client_of(relayed).get("/mail").status_code == 404
    assert 'href="/mail"' not in client_of(relayed).get("/").text
    relayed.close()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotAllowed("Ask an editor."), 403),
        (NotSignedIn("Sign in."), 401),
        (EditConflict("x", expected=1, current=2), 409),
        (IndexDamaged("gone"), 503),
        (RuntimeError("secret"), 500),
    ],
)
def test_errors_have_a_status_each(error: Exception, status: int) -> None:
    shown = shown_of(error)
    assert shown.status == status
    assert "secret" not in shown.message


def test_an_unexpected_error_is_a_page(site: FoundSite) -> None:
    def broken(_query: object) -> None:
        raise RuntimeError("secret")

    site.finds = broken  # type: ignore[assignment]
    answer = client_of(site).get("/find?q=leg")
    assert answer.status_code == 500
    assert h1(answer.text).startswith("Sorry")
    assert "secret" not in answer.text


def test_only_get_is_answered(client: TestClient) -> None:
    answer = client.post("/find")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert h1(answer.text)


def test_the_style_is_small_ours_and_kept(client: TestClient) -> None:
    style = (STATIC / "built" / "site.css").read_text(encoding="utf-8")
    assert len((STATIC / "built" / "site.css.gz").read_bytes()) < 10_000
    assert set(re.findall(r"url\((.*?)\)|@import|https?:", style)) == {'"/static/built/nhsuk-icon-cross.svg"'}
    address = str(environment().globals["stylesheet"])
    assert "immutable" in client.get(address).headers["Cache-Control"]
    assert "Frutiger" not in style


def test_no_template_names_another_brand() -> None:
    for path in (STATIC.parent / "templates").glob("*.html"):
        text = re.sub(r"nhsuk-|app-logo|brand\.logo", "", path.read_text(encoding="utf-8"))
        assert not re.search(r"\bNHS (?!number)|©|logo", text), path.name


def test_what_was_believed_before_the_past_was_corrected(site: FoundSite) -> None:
    with client_of(site) as client:
        nursing = Owner("hospital-trust", "vascular")
        corrected = build.draft(
            Edit("leg-ulcer-clinic", {"owner": nursing}), title="It was the hospital", effective_from=date(2026, 11, 9)
        )
        number = build.change(site.database, corrected, at=build.NOON + timedelta(hours=1)).change.number
        said = words_of(client.get(f"/changes/{number}").text)
        assert "This corrects the past. We published it on 22 November 2026" in said
        assert "Correction" in said
        history = client.get("/services/leg-ulcer-clinic/history").text
        (before,) = re.findall(r'href="([^"]*known_at[^"]*)"', history)
        assert before == "/services/leg-ulcer-clinic/as-of/2026-11-09?known_at=2026-11-21"
        then, now = (words_of(client.get(path).text) for path in (before, before.partition("?")[0]))
        assert "as it was known on 21 November 2026 . Do not use it to refer" in then
        assert ("Tissue Viability Team" in then, "Vascular" in now) == (True, True)
        asked = client.get("/services/leg-ulcer-clinic/as-of?date=9/11/2026&known_at=21/11/2026")
        assert asked.headers["location"] == before
        wrong = client.get("/services/leg-ulcer-clinic/as-of?date=9/11/2026&known_at=then")
        assert wrong.status_code == 422
        assert all(kept in wrong.text for kept in ('value="9/11/2026"', 'value="then"'))
