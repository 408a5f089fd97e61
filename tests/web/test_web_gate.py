"""The gate: other sites kept out, what was typed kept, sessions only their own."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from directory.app import build as build_app
from directory.domain.policy import Thing
from directory.gate.forms import Form, form_of
from directory.gate.routes import may, require
from directory.store import people
from tests import build
from tests.web.conftest import FoundSite, TestClient, client_of, h1, signed_in, words_of

LEE, ED = "lee@northmoor.example", "ed@northmoor.example"
FROM_HERE: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://127.0.0.1:8000"},
    # A program: no browser, and no cookies that it did not get itself.
    {},
]
FROM_ELSEWHERE: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "same-origin, cross-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://127.0.0.1:8001"},
    {"Origin": "http://127.0.0.1:8000.evil.example"},
    {"Origin": "http://evil.example@127.0.0.1:8000"},
    {"Origin": "//127.0.0.1:8000"},
    {"Origin": "file://127.0.0.1:8000"},
    {"Origin": "http://[::1"},
]


def bare(site: FoundSite) -> TestClient:
    """A client that says nothing of where it comes from."""
    client = client_of(site)
    del client.headers["Sec-Fetch-Site"]
    return client


@pytest.mark.parametrize("headers", FROM_HERE)
def test_what_comes_from_these_pages_is_done(site: FoundSite, headers: dict[str, str]) -> None:
    assert bare(site).post("/sign-in", data={"email": LEE}, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "path", ["/sign-in", "/sign-out", "/account/sessions", "/unsubscribe/x", "/api/v1/changes", "/x"]
)
@pytest.mark.parametrize("headers", FROM_ELSEWHERE)
def test_what_comes_from_elsewhere_is_refused(site: FoundSite, headers: dict[str, str], path: str) -> None:
    client = signed_in(site, LEE)
    del client.headers["Sec-Fetch-Site"]
    for method in ("POST", "PUT", "PATCH", "DELETE", "PROPFIND"):
        answer = client.request(method, path, headers=headers)
        assert answer.status_code == 403, method
    assert client.get("/account", headers=headers).status_code == 200


def test_a_key_is_not_sent_by_browsers_on_their_own(site: FoundSite) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Authorization": "Bearer nothing"}
    assert bare(site).post("/api/v1/changes", json={}, headers=headers).status_code == 401


def test_reading_is_open_to_every_site(site: FoundSite) -> None:
    assert client_of(site).get("/changes", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def with_form(site: FoundSite) -> Any:
    """The application with one more page, on which a lead of the team may save something."""
    app = build_app(site)
    saved: list[tuple[str, str]] = []

    def save(request: Request) -> Response:
        by = require(request, "publish", Thing(frozenset({"tissue-viability"})))
        saved.append((by.name, form_of(request).text("note")))
        return PlainTextResponse("saved")

    app.routes.insert(0, Route("/note", may("publish", save), methods=["POST"]))
    return app, saved


def on(app: Any, client: TestClient) -> TestClient:
    """The same browser, on another application."""
    other = TestClient(app, "http://127.0.0.1:8000", headers=dict(client.headers), follow_redirects=False)
    other.cookies = client.cookies
    return other


TYPED = "\n\nA first line.\r\n  <b>Second</b> & \"third\" 'fourth' ünïcode 👩‍⚕️ </textarea><script>alert(1)</script>\n"


def test_nothing_typed_is_lost_when_the_session_ends_midway(site: FoundSite) -> None:
    app, saved = with_form(site)
    lead = on(app, signed_in(site, LEE, role="lead", team="tissue-viability"))
    fields = {"note": TYPED, "kinds": ["owner", "hours"], "empty": ""}
    site.clock = lambda: build.NOON + timedelta(minutes=31)
    kept = lead.post("/note?step=2", data=fields)
    assert kept.status_code == 401
    assert h1(kept.text) == "Sign in again to go on"
    assert saved == []
    back = on(app, signed_in(site, LEE, role="lead", team="tissue-viability"))
    assert back.post(_action(kept.text), data=_fields(kept.text)).text == "saved"
    assert saved[0][1] == TYPED.replace("\r\n", "\n")
    sent = _fields(kept.text)
    assert sent["kinds"] == ["owner", "hours"]
    assert sent["empty"] == [""]


def _action(html: str) -> str:
    found = re.search(r'<form method="post" action="(/note[^"]*)"', html)
    assert found
    return unescape(found[1])


def _fields(html: str) -> dict[str, list[str]]:
    """What a browser would send: of a textarea the first line break is not part."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<textarea name="([^"]*)" hidden>\n(.*?)</textarea>', html, re.DOTALL):
        found.setdefault(unescape(name), []).append(unescape(value))
    return found


def test_another_teams_things_are_refused_and_nothing_is_written(site: FoundSite) -> None:
    app, saved = with_form(site)
    other = on(app, signed_in(site, LEE, role="lead", team="district-nursing"))
    answer = other.post("/note", data={"note": "x", "editor": "1", "teams": "tissue-viability", "person_id": "1"})
    assert answer.status_code == 403
    assert "another team" in words_of(answer.text)
    reader = on(app, signed_in(site, "rea@northmoor.example", role="reader", team="tissue-viability"))
    assert reader.post("/note", data={"note": "x"}).status_code == 403
    assert saved == []


def test_what_is_refused_is_in_the_log_without_tokens(site: FoundSite, caplog: pytest.LogCaptureFixture) -> None:
    app, _ = with_form(site)
    on(app, signed_in(site, LEE)).post("/note", data={"note": "secret words"})
    assert re.search(r"refused to person \d+: POST /note", caplog.text)
    client_of(site).post("/unsubscribe/token", headers={"Sec-Fetch-Site": "cross-site"})
    assert "POST /unsubscribe/…" in caplog.text
    assert "token" not in caplog.text
    assert LEE not in caplog.text
    assert "secret words" not in caplog.text


def test_a_sign_in_that_fails_is_in_the_log(site: FoundSite, caplog: pytest.LogCaptureFixture) -> None:
    client = client_of(site)
    client.post("/sign-in", data={"email": LEE})
    assert client.post("/sign-in/code", data={"code": "000000", "address": LEE}).status_code == 422
    assert "refused to anyone: a wrong code to sign in" in caplog.text
    assert client.post("/sign-in/forged").status_code == 403
    assert "POST /sign-in/… (SignInRefused)" in caplog.text
    answer = bare(site).get("/api/v1/subscriptions", headers={"Authorization": "Bearer guessed"})
    assert answer.status_code == 401
    assert "GET /api/v1/subscriptions (NotSignedIn)" in caplog.text
    assert not any(said in caplog.text for said in (LEE, "forged", "guessed", "000000"))


def test_who_tries_too_often_is_in_the_log(site: FoundSite, caplog: pytest.LogCaptureFixture) -> None:
    client = client_of(site)
    while client.post("/sign-in", data={"email": LEE}).status_code != 429:
        pass
    assert "POST /sign-in (TooMany)" in caplog.text


def test_a_form_is_bounded(site: FoundSite) -> None:
    assert client_of(site).post("/sign-in", data={"email": "x" * 2_000_000}).status_code == 413
    assert client_of(site).post("/sign-in", data={f"f{n}": "" for n in range(3000)}).status_code == 413


@pytest.mark.parametrize("body", [b"\xff\xfe=1&email=%ff", b"email=%00", b"=&=&&", b"email", b"%", b"email=a&email=b"])
def test_any_form_gets_a_page(site: FoundSite, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client_of(site).post("/sign-in", content=body, headers=headers).status_code == 422
    for kind in ("multipart/form-data; boundary=x", "application/json", "text/plain"):
        answer = client_of(site).post("/sign-in", content=body, headers={"Content-Type": kind})
        assert answer.status_code == 422


def test_a_page_that_needs_sign_in_leads_there_and_back(client: TestClient) -> None:
    answer = client.get("/account?a=1&b=%2F%2Fx")
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "/sign-in?next=%2Faccount%3Fa%3D1%26b%3D%252F%252Fx",
    )
    shown = client.get(answer.headers["Location"])
    assert 'name="next" value="/account?a=1&amp;b=%2F%2Fx"' in shown.text


def test_no_next_leads_away(client: TestClient) -> None:
    for away in ("//evil.example", "/\\evil.example", "https://evil.example", "/%09/evil.example"):
        assert 'name="next" value="/"' in client.get("/sign-in", params={"next": away}).text


def test_the_account_says_who_and_where(site: FoundSite) -> None:
    client = signed_in(site, LEE, role="team-admin", team="tissue-viability")
    other = signed_in(site, LEE)
    text = words_of(client.get("/account").text)
    for part in (LEE, "Tissue Viability Team , team administrator", "Chromium on Linux", "This browser"):
        assert part in text
    assert text.count("Since 22 November 2026, 12pm") == 2
    found = re.search(r'name="id" value="([0-9a-f]+)"', client.get("/account").text)
    assert found
    assert client.post("/account/sessions", data={"id": found[1]}).status_code == 303
    assert other.get("/account").status_code == 303
    assert client.get("/account").status_code == 200


def test_nobody_ends_anothers_session(site: FoundSite) -> None:
    lee, ed = signed_in(site, LEE), signed_in(site, ED)
    signed_in(site, LEE)
    found = re.search(r'name="id" value="([0-9a-f]+)"', lee.get("/account").text)
    assert found
    ed.post("/account/sessions", data={"id": found[1]})
    ed.post("/account/sessions")
    assert lee.get("/account").text.count('name="id"') == 1


def test_everywhere_else_is_one_press(site: FoundSite) -> None:
    clients = [signed_in(site, LEE) for _ in range(3)]
    assert "Sign out everywhere else" in words_of(clients[0].get("/account").text)
    clients[0].post("/account/sessions")
    assert [each.get("/account").status_code for each in clients] == [200, 303, 303]


def test_others_are_signed_out_by_who_signed_in_lately(site: FoundSite) -> None:
    old, other = signed_in(site, LEE), signed_in(site, LEE)
    found = re.search(r'name="id" value="([0-9a-f]+)"', old.get("/account").text)
    assert found
    site.clock = lambda: build.NOON + timedelta(minutes=15)
    for said in ({"id": found[1]}, {}):
        answer = old.post("/account/sessions", data=said)
        assert (answer.status_code, h1(answer.text)) == (401, "Sign in again to go on")
    assert (
        f'<textarea name="id" hidden>\n{found[1]}</textarea>'
        in old.post("/account/sessions", data={"id": found[1]}).text
    )
    assert other.get("/account").status_code == 200
    signed_in(site, LEE).post("/account/sessions", data={"id": found[1]})
    assert [each.get("/account").status_code for each in (old, other)] == [200, 303]
    # One's own ends at once, however old it is.
    assert old.post("/sign-out").status_code == 200
    assert old.get("/account").status_code == 303


def test_a_role_that_is_taken_away_is_gone_at_once(site: FoundSite) -> None:
    client = signed_in(site, ED, editor=True)
    site.settings = site.settings.model_copy(update={"smtp_url": None, "base_url": "http://127.0.0.1:8000"})
    with site.database.write() as connection:
        people.add(connection, email=ED, name="", editor=False, at=build.NOON)
    assert "Editor" not in words_of(client.get("/account").text)


def test_kept_mail_is_for_editors_where_others_can_come(site: FoundSite) -> None:
    site.settings = site.settings.model_copy(update={"base_url": "https://signpost.example"})
    client = TestClient(build_app(site), "https://signpost.example", follow_redirects=False)
    assert client.get("/mail").headers["Location"] == "/sign-in?next=%2Fmail"
    assert "Mail" not in re.findall(r'href="/mail"[^>]*>([^<]*)<', client.get("/").text)


def test_a_database_that_is_away_is_a_page_too(site: FoundSite) -> None:
    client = signed_in(site, LEE)
    with site.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE sessions RENAME TO away")
    answer = client.get("/privacy")
    assert answer.status_code == 500
    assert h1(answer.text) == "Sorry, there is a problem with this page"
    assert client.get("/static/built/site.css").status_code == 200


@pytest.mark.parametrize("token", ["", "x", "a" * 5000, "\x7f", "../..", "'; DROP TABLE sessions; --"])
def test_a_token_that_is_none_is_nobody(site: FoundSite, token: str) -> None:
    client = client_of(site)
    answer = client.get("/account", headers={"Cookie": f"signpost-session={token}"})
    assert answer.status_code == 303


def test_the_policy_is_a_page_for_everybody_who_is_signed_in(site: FoundSite) -> None:
    text = words_of(signed_in(site, LEE).get("/manage/policy").text)
    assert "Publish a lead or administrator of every team that owns what changes; an editor" in text


def test_of_a_field_that_is_sent_twice_the_first_counts() -> None:
    assert Form((("a", "1"), ("b", "2"), ("a", "3"))).line("a") == "1"
