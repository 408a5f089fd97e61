"""Signing in as it happens in service: the worker sends the mail, the session outlives the server, roles change."""

from __future__ import annotations

import re
from email.message import EmailMessage

from tests.running import Relay, Signpost, wait_for

LEE = "lee@northmoor.example"


def sign_ins(relay: Relay) -> list[EmailMessage]:
    return [message for message in relay.to(LEE) if message["Subject"].startswith("Sign in")]


def test_a_lead_signs_in_from_the_mail_and_stays_signed_in(signpost: Signpost, relay: Relay) -> None:
    signpost.run("user", "add", LEE, "--name", "Lee Fenn", "--team", "tissue-viability", "--role", "lead")
    signpost.start()
    with signpost.client() as browser:
        answer = browser.post("/sign-in", data={"email": LEE, "next": "/account"})
        assert answer.status_code == 200
        # A lead may be asked on the same morning to check what nobody has checked for long.
        wait_for(lambda: sign_ins(relay), "the mail to sign in")
        (message,) = sign_ins(relay)
        text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        link = re.search(rf"{re.escape(signpost.base_url)}(/sign-in/\S+)", text)
        assert link
        assert "Sign in as lee@northmoor.example" in browser.get(link[1]).text
        into = browser.post(link[1])
        assert (into.status_code, into.headers["Location"]) == (303, "/account")
        assert "Lee Fenn" in browser.get("/account").text
        signpost.kill()
        signpost.start()
        assert "Lee Fenn" in browser.get("/account").text
        signpost.run("user", "add", LEE, "--team", "tissue-viability", "--role", "reader")
        assert ", reader" in browser.get("/account").text
        assert "has no passkeys any more" in signpost.run("user", "forget-passkeys", LEE).stdout
        assert browser.get("/account").headers["Location"] == "/sign-in?next=%2Faccount"


def test_nobody_reads_where_reading_needs_sign_in(signpost: Signpost) -> None:
    signpost.environment["SIGNPOST_READING"] = "signed-in"
    signpost.start()
    with signpost.client() as stranger:
        for path in ("/", "/find?q=leg", "/services/leg-ulcer-clinic", "/changes", "/pages", "/teams/podiatry-team"):
            answer = stranger.get(path)
            assert answer.status_code == 303, path
            assert answer.headers["Location"].startswith("/sign-in?next="), path
        assert stranger.get("/api/v1/services").status_code == 401
        for path in ("/sign-in", "/accessibility", "/privacy", "/live", "/ready"):
            assert stranger.get(path).status_code == 200, path
