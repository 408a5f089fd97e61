"""Being told, from the mail that arrives: one click stops it, and what cannot be delivered stops by itself."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from directory.actions.people import add_user, subscribe_person
from directory.domain.change import Draft, Edit
from directory.search.index import WhooshEngine
from directory.settings import load
from directory.site import Site
from directory.store.database import Database
from directory.worker import Worker
from tests import build
from tests.running import Relay
from tests.web.conftest import TestClient, client_of, words_of

NURSE, BOSS = "nurse@northmoor.example", "boss@northmoor.example"
BOUNCES = "bounces@signpost.example"


class Running:
    """One site with its worker and relay, at an instant that the test moves."""

    def __init__(self, site: Site, relay: Relay, mailbox: Path) -> None:
        self.site, self.relay, self.mailbox = site, relay, mailbox
        self.worker = Worker(site)
        self.at, self.changes = build.NOON, 0
        site.clock = lambda: self.at

    def work(self, later: timedelta = timedelta(minutes=6)) -> None:
        self.at += later
        steps = {"letters", "match announced", "digest", "deliver", "bounces"}
        for step in self.worker.steps():
            if step.name in steps:
                step.run()

    def publish(self) -> None:
        self.changes += 1
        edit = Edit("leg-ulcer-clinic", {"hours": f"Mo 09:{self.changes:02}-17:00"})
        draft = Draft(title=f"Hours {self.changes}", effective_from=self.site.today(), services=(edit,), why="Rota.")
        build.change(self.site.database, draft, at=self.at)

    def returned(self, status: str, *, to: str | None = None, action: str = "failed") -> None:
        """The last message comes back, as RFC 3464 has it."""
        report = EmailMessage()
        report["From"], report["To"] = "MAILER-DAEMON@relay.example", to or self.relay.return_paths[-1]
        report["Subject"] = "Undelivered Mail"
        report.set_content("It could not be delivered.")
        report.make_mixed()
        report.set_param("report-type", "delivery-status")
        raw = report.as_bytes().replace(b"multipart/mixed", b"multipart/report", 1)
        boundary = re.search(rb'boundary="([^"]+)"', raw)
        assert boundary is not None
        part = (
            b"--" + boundary[1] + b"\nContent-Type: message/delivery-status\n\n"
            b"Reporting-MTA: dns; relay.example\n\n"
            b"Final-Recipient: rfc822; nurse@northmoor.example\n" + f"Action: {action}\nStatus: {status}\n\n".encode()
        )
        raw = raw.replace(b"--" + boundary[1] + b"--", part + b"--" + boundary[1] + b"--")
        (self.mailbox / f"{len(list(self.mailbox.rglob('*.eml')))}.eml").write_bytes(raw)

    def to(self, address: str) -> list[EmailMessage]:
        return self.relay.to(address)


@pytest.fixture
def running(_sqlite_template: Path, tmp_path: Path, relay: Relay) -> Iterator[Running]:
    shutil.copy(_sqlite_template, tmp_path / "signpost.db")
    mailbox = tmp_path / "returned"
    mailbox.mkdir()
    settings = load(
        {
            "SIGNPOST_HOME": str(tmp_path),
            "SIGNPOST_SMTP_URL": relay.url,
            "SIGNPOST_BOUNCE_ADDRESS": BOUNCES,
            "SIGNPOST_BOUNCE_MAILBOX": str(mailbox),
        }
    )
    site = Site(settings, Database(f"sqlite:///{tmp_path / 'signpost.db'}"), WhooshEngine(settings.index_folder))
    build.directory(site.database)
    add_user(site.database, email=NURSE, name="Nia", team="tissue-viability", role="reader", at=build.NOON)
    add_user(site.database, email=BOSS, name="Bo", team="tissue-viability", role="team-admin", at=build.NOON)
    subscribe_person(
        site.database,
        email=NURSE,
        criteria={"service": ("leg-ulcer-clinic",)},
        frequency="immediately",
        at=build.NOON - timedelta(days=1),
        today=build.TODAY,
    )
    yield Running(site, relay, mailbox)
    site.close()


def client(running: Running) -> TestClient:
    return client_of(running.site)


def test_the_mail_programs_button_stops_it_and_the_page_starts_it_again(running: Running) -> None:
    running.publish()
    running.work()
    (message,) = running.to(NURSE)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = urlsplit(message["List-Unsubscribe"].strip("<>")).path
    # A mail provider's machine: no cookie, no header of a browser.
    machine = client(running)
    del machine.headers["Sec-Fetch-Site"]
    pressed = machine.post(link, data={"List-Unsubscribe": "One-Click"})
    assert pressed.status_code == 200
    running.publish()
    running.work()
    assert len(running.to(NURSE)) == 1
    stopped = re.search(r'name="stopped" value="([^"]+)"', pressed.text)
    assert stopped is not None
    client(running).post(f"{link}/undo", data={"stopped": stopped[1]})
    running.publish()
    running.work()
    assert [each["Subject"].partition(":")[2] for each in running.to(NURSE)] == [" Hours 1", " Hours 3"]


def test_an_address_that_is_gone_is_not_written_to_and_its_owner_is_looked_after(running: Running) -> None:
    running.publish()
    running.work()
    assert running.relay.return_paths[-1].startswith("bounces+e")
    running.returned("5.1.1")
    running.returned("5.1.1")
    running.work()
    running.work()
    (letter,) = running.to(BOSS)
    assert "Nia gets no updates any more" in letter["Subject"]
    for _ in range(2):
        running.publish()
        running.work()
    assert len(running.to(NURSE)) == 1
    # The message to sign in is one that they wait for: it goes out, and its arrival shows that the address is right.
    browser = client(running)
    browser.post("/sign-in", data={"email": NURSE, "next": "/account"})
    running.work(timedelta(seconds=1))
    sign_in = running.to(NURSE)[-1].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    address = re.search(r"(/sign-in/\S+)", sign_in)
    assert address is not None
    assert browser.post(address[1]).status_code == 303
    assert "We have stopped sending" not in words_of(browser.get("/account").text)
    running.work(timedelta(days=1))
    subject = running.to(NURSE)[-1]["Subject"]
    assert subject == "2 changes to services you follow"


def test_what_is_forged_or_only_late_does_nothing(running: Running) -> None:
    running.publish()
    running.work()
    path = running.relay.return_paths[-1]
    name, _, signature = path.partition("@")[0].rpartition("-")
    running.returned("5.1.1", to=f"{name}-{'a' * len(signature)}@signpost.example")
    running.returned("5.1.1", to=f"{name}@signpost.example")
    running.returned("5.1.1", to=path.replace("signpost.example", "elsewhere.example"))
    running.returned("4.4.1", action="delayed")
    (running.mailbox / "spam.eml").write_bytes(b"To: bounces@signpost.example\n\n\xff\x00 buy this")
    running.work()
    assert not list(running.mailbox.glob("*.eml"))
    running.publish()
    running.work()
    assert len(running.to(NURSE)) == 2
    assert running.to(BOSS) == []


def test_what_comes_back_for_now_waits_a_week_after_the_third(running: Running) -> None:
    for expected in (1, 2, 3):
        running.publish()
        running.work()
        assert len(running.to(NURSE)) == expected
        running.returned("4.2.2")
        running.work()
    running.publish()
    running.work()
    assert len(running.to(NURSE)) == 3
    assert running.to(BOSS) == []
    running.work(timedelta(days=8))
    assert len(running.to(NURSE)) == 4
