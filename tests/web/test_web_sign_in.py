"""Signing in by mail, as a person does it: ask, open the message, press the button or type the code; and out."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from directory.app import build as build_app
from directory.notify.letterhead import sign_in_of_token
from directory.notify.post import send_letters
from directory.outbound.folder import FolderMailer, read_folder
from directory.store import people, roster, sign_ins
from directory.worker import letterhead
from tests import build
from tests.web.conftest import FoundSite, TestClient, client_of, h1, signed_in, words_of

NURSE = "nurse@northmoor.example"


def ask(client: TestClient, email: str = NURSE, **given: str) -> str:
    answer = client.post("/sign-in", data={"email": email, **given})
    assert answer.status_code == 200, words_of(answer.text)
    return answer.text


def mail_to(site: FoundSite, email: str = NURSE) -> str:
    """The newest message to an address, in words, once the worker has sent it."""
    folder = site.settings.mail_folder
    send_letters(site.database, FolderMailer(folder), letterhead=letterhead(site.settings), clock=site.clock)
    found = {each.name: each.text for each in read_folder(folder) if each.to == email}
    return found[max(found, key=_number)]


def _number(name: str) -> int:
    found = re.search(r"letter-(\d+)", name)
    assert found
    return int(found[1])


def link_in(text: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/sign-in/\S+)", text)
    assert found
    return found[1]


def code_in(text: str) -> str:
    found = re.search(r"^(\d{4} \d{4})$", text, re.MULTILINE)
    assert found
    return found[1]


def name_on(client: TestClient) -> str | None:
    """As whom the header says one is signed in."""
    found = re.search(r'app-who__name">([^<]*)<', client.get("/privacy").text)
    return found[1] if found else None


def test_the_link_shows_a_button_and_the_button_signs_in(client: TestClient, site: FoundSite) -> None:
    assert "nurse@northmoor.example" in words_of(ask(client, next="/changes"))
    link = link_in(mail_to(site))
    for _ in range(3):
        # Mail scanners open links, even several times.
        assert "Sign in as nurse@northmoor.example" in h1(client.get(link).text)
    assert name_on(client) is None
    answer = client.post(link)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/changes"
    assert name_on(client) == NURSE


def test_a_link_stands_for_128_random_bits_and_a_code_for_eight_digits(client: TestClient, site: FoundSite) -> None:
    ask(client)
    text = mail_to(site)
    key = sign_in_of_token(link_in(text).rpartition("/")[2], site.settings.secret.get_secret_value())
    assert key is not None
    assert re.fullmatch("[0-9a-f]{32}", key)
    assert re.fullmatch(r"\d{4} \d{4}", code_in(text))


def test_a_link_works_once(client: TestClient, site: FoundSite) -> None:
    ask(client)
    link = link_in(mail_to(site))
    assert client.post(link).status_code == 303
    other = client_of(site)
    at = site.now() + timedelta(minutes=2)
    assert other.post(link).status_code == 403
    site.clock = lambda: at
    for again in (client.post(link), client.get(link)):
        assert again.status_code == 403
        assert h1(again.text) == "You could not be signed in"


def test_a_button_pressed_twice_signs_in_once(client: TestClient, site: FoundSite) -> None:
    ask(client, next="/changes")
    link = link_in(mail_to(site))
    secret = dict(client.cookies.items())
    first = client.post(link)
    token = client.cookies["signpost-session"]
    again = client.post(link)
    assert (again.status_code, again.headers["Location"]) == (303, first.headers["Location"])
    assert client.cookies["signpost-session"] == token
    # The answer to the first press was lost on the way: the second one's session takes its place.
    lost = client_of(site)
    for name, value in secret.items():
        lost.cookies.set(name, value, domain="127.0.0.1")
    assert lost.post(link).status_code == 303
    assert name_on(lost) == NURSE
    assert name_on(client) is None


def test_the_code_signs_in_where_it_was_asked_for(client: TestClient, site: FoundSite) -> None:
    ask(client, next="/changes")
    answer = client.post("/sign-in/code", data={"code": f" {code_in(mail_to(site)).replace(' ', '-')} "})
    assert answer.headers["Location"] == "/changes"
    assert name_on(client) == NURSE


def test_the_code_of_an_earlier_message_works_too(client: TestClient, site: FoundSite) -> None:
    ask(client)
    code = code_in(mail_to(site))
    ask(client)
    assert client.post("/sign-in/code", data={"code": code}).status_code == 303


def test_another_browser_needs_the_code(client: TestClient, site: FoundSite) -> None:
    ask(client)
    text, phone = mail_to(site), client_of(site)
    page = phone.get(link_in(text))
    assert "You asked for this in another browser" in words_of(page.text)
    assert phone.post(link_in(text)).status_code == 422
    assert name_on(phone) is None
    assert phone.post(link_in(text), data={"code": code_in(text)}).status_code == 303
    assert name_on(phone) == NURSE


def test_a_code_is_of_no_use_to_a_browser_that_did_not_ask(client: TestClient, site: FoundSite) -> None:
    ask(client)
    assert client_of(site).post("/sign-in/code", data={"code": code_in(mail_to(site))}).status_code == 422


def test_five_wrong_guesses_end_it(client: TestClient, site: FoundSite) -> None:
    ask(client)
    code = code_in(mail_to(site))
    for guess in range(5):
        assert client.post("/sign-in/code", data={"code": f"{guess:08d}"}).status_code == 422
    assert client.post("/sign-in/code", data={"code": code}).status_code == 422
    assert name_on(client) is None


def test_it_is_over_after_ten_minutes(client: TestClient, site: FoundSite) -> None:
    ask(client)
    text = mail_to(site)
    site.clock = lambda: build.NOON + timedelta(minutes=10)
    assert client.post(link_in(text)).status_code == 403
    assert client.post("/sign-in/code", data={"code": code_in(text)}).status_code == 422


def test_a_forged_link_is_refused(client: TestClient) -> None:
    for token in ("x", "a.b", "ImFiYyI.AAAAAAAAAAAAAAAAAAAAAAAAAAA", "%00"):
        assert client.get(f"/sign-in/{token}").status_code == 403
        assert client.post(f"/sign-in/{token}").status_code == 403


def test_who_is_new_becomes_a_reader_only_on_coming_in(client: TestClient, site: FoundSite) -> None:
    ask(client, "new@northmoor.example")
    text = mail_to(site, "new@northmoor.example")
    with site.database.read() as connection:
        assert "new@northmoor.example" not in {each.email for each in roster.listed(connection)}
    client.post(link_in(text))
    with site.database.read() as connection:
        person = people.by_email(connection, "new@northmoor.example")
    assert (person.editor, person.roles) == (False, {})


@pytest.mark.parametrize("typed", ["", "nurse", "a b@northmoor.example", "nurse@", "a@b..example", "x@y\r\nBcc: z@y"])
def test_what_is_no_address_is_said_and_kept(client: TestClient, typed: str) -> None:
    answer = client.post("/sign-in", data={"email": typed})
    assert answer.status_code == 422
    assert "Enter an email address" in words_of(answer.text)


def test_only_the_domains_of_the_setting_may_sign_in(site: FoundSite) -> None:
    settings = site.settings.model_copy(update={"sign_in_domains": "nhs.example, @Northmoor.example"})
    site.settings = settings
    client = client_of(site)
    ask(client)
    for other in ("nurse@elsewhere.example", "nurse@sub.nhs.example", "nurse@nhs.example.evil.example"):
        answer = client.post("/sign-in", data={"email": other})
        assert answer.status_code == 422
        assert "@nhs.example or @Northmoor.example" in words_of(answer.text)


def test_too_many_requests_for_an_address_have_to_wait(client: TestClient, site: FoundSite) -> None:
    for _ in range(5):
        ask(client_of(site))
    answer = client_of(site).post("/sign-in", data={"email": NURSE})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 180
    ask(client_of(site), "other@northmoor.example")
    site.clock = lambda: build.NOON + timedelta(minutes=3, seconds=1)
    ask(client_of(site))


def test_signing_in_gives_a_new_token_and_ends_the_old_session(site: FoundSite) -> None:
    client = signed_in(site, NURSE)
    old = client.cookies["signpost-session"]
    ask(client)
    client.post(link_in(mail_to(site)))
    new = client.cookies["signpost-session"]
    # 256 random bits, in base64url.
    assert (new != old, len(new)) == (True, 43)
    thief = client_of(site)
    thief.cookies.set("signpost-session", old, domain="127.0.0.1")
    assert name_on(thief) is None


def test_signing_out_leaves_nothing(site: FoundSite) -> None:
    client = signed_in(site, NURSE)
    token = client.cookies["signpost-session"]
    assert client.get("/").headers["Cache-Control"] == "no-store"
    answer = client.post("/sign-out")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "signpost-session" not in client.cookies
    assert h1(answer.text) == "You are signed out"
    client.cookies.set("signpost-session", token, domain="127.0.0.1")
    assert name_on(client) is None


def test_cookies_over_https_cannot_be_set_by_others_or_read_by_scripts(site: FoundSite) -> None:
    site.settings = site.settings.model_copy(update={"base_url": "https://signpost.example"})
    client = TestClient(build_app(site), "https://signpost.example", follow_redirects=False)
    answer = client.post("/sign-in", data={"email": NURSE})
    given = answer.headers["Set-Cookie"]
    assert given.startswith("__Host-signpost-browser=")
    for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=600"):
        assert part in given.split("; ")
    assert "Domain" not in given
    text = mail_to(site).replace("https://signpost.example", "http://127.0.0.1:8000")
    given = client.post(link_in(text)).headers.get_list("Set-Cookie")[0]
    assert given.startswith("__Host-signpost-session=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} == set(given.split("; ")[1:])


def test_nobody_signs_in_over_a_network_in_clear(site: FoundSite) -> None:
    site.settings = site.settings.model_copy(update={"base_url": "http://signpost.example"})
    client = TestClient(build_app(site), "http://signpost.example", follow_redirects=False)
    assert "needs a secure connection" in words_of(client.get("/sign-in").text)
    assert client.post("/sign-in", data={"email": NURSE}).status_code == 403


def test_the_message_says_what_to_do_in_both_its_parts(client: TestClient, site: FoundSite) -> None:
    ask(client)
    text = mail_to(site)
    message = read_folder(site.settings.mail_folder)[0]
    assert message.subject == "Sign in to Northmoor directory"
    for part in (text, message.html):
        assert link_in(part.replace('"', " "))
        assert code_in(re.sub(r"<[^>]+>", "\n", part))
    raw = next(site.settings.mail_folder.glob("*.eml")).read_text()
    assert "Auto-Submitted: auto-generated" in raw
    assert "Message-ID: <letter-1-20261122120000@127.0.0.1>" in raw


def test_no_address_and_nothing_usable_stays_behind(client: TestClient, site: FoundSite) -> None:
    ask(client)
    link = link_in(mail_to(site))
    with site.database.engine.connect() as connection:
        rows = str(connection.exec_driver_sql("SELECT * FROM letters").all())
        kept = str(connection.exec_driver_sql("SELECT * FROM sign_ins").all())
    assert NURSE not in rows
    assert link.rpartition("/")[2] not in kept
    with site.database.write() as connection:
        assert sign_ins.forget(connection, at=build.NOON + timedelta(minutes=10)) == 1
