"""Mail by a real SMTP server, well and ill behaved, and mail kept in a folder."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from directory.errors import DeliveryFailed, SettingsError
from directory.outbound.folder import FolderMailer, read_folder
from directory.outbound.mail import RelayAway, SmtpMailer, mailer_for
from tests.outbound.relay import Relay, running

AT = datetime(2026, 11, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def relay() -> Iterator[Relay]:
    with running() as relay:
        yield relay


def message(number: int = 1, *, text: str = "Hello", at: datetime = AT) -> EmailMessage:
    made = EmailMessage(policy=SMTP)
    made["From"] = "Signpost <signpost@signpost.example>"
    made["To"] = "amina@example.nhs.uk"
    made["Subject"] = f"Number {number}"
    made["Date"] = at
    made["Message-ID"] = f"<delivery-{number}@signpost.example>"
    made.set_content(text)
    made.add_alternative(f"<p>{text}</p>", subtype="html")
    return made


def test_one_connection_carries_many_messages(relay: Relay) -> None:
    with SmtpMailer(relay.url) as mailer:
        for number in range(3):
            mailer.send(message(number, text=".dots\n..lines"), f"p{number}@example.nhs.uk")
    assert relay.to == ["p0@example.nhs.uk", "p1@example.nhs.uk", "p2@example.nhs.uk"]
    assert len(relay.sessions) == 1
    assert relay.messages[0][1]["Message-ID"] == "<delivery-0@signpost.example>"
    body = relay.messages[0][1].get_body(("plain",))
    assert body is not None
    assert body.get_content() == ".dots\r\n..lines\r\n"


@pytest.mark.parametrize(("answer", "permanent"), [("550 no such mailbox", True), ("451 later", False)])
def test_a_refused_recipient_is_its_own_failure(relay: Relay, answer: str, permanent: bool) -> None:
    relay.refuse["gone@example.nhs.uk"] = answer
    with SmtpMailer(relay.url) as mailer:
        with pytest.raises(DeliveryFailed, match=answer) as failure:
            mailer.send(message(1), "gone@example.nhs.uk")
        mailer.send(message(2), "here@example.nhs.uk")
    assert failure.value.permanent is permanent
    assert not isinstance(failure.value, RelayAway)
    assert relay.to == ["here@example.nhs.uk"]


@pytest.mark.parametrize(("answer", "permanent"), [("554 not this text", True), ("452 full", False)])
def test_a_refused_text_is_its_own_failure(relay: Relay, answer: str, permanent: bool) -> None:
    relay.answer_data.append(answer)
    with SmtpMailer(relay.url) as mailer:
        with pytest.raises(DeliveryFailed, match=answer) as failure:
            mailer.send(message(1), "amina@example.nhs.uk")
        mailer.send(message(2), "amina@example.nhs.uk")
    assert failure.value.permanent is permanent
    assert len(relay.messages) == 1


def test_the_text_goes_only_after_what_it_waits_for(relay: Relay) -> None:
    def broken() -> None:
        raise RuntimeError("the database is gone")

    taken: list[int] = []
    with SmtpMailer(relay.url) as mailer:
        mailer.send(message(1), "amina@example.nhs.uk", after=lambda: taken.append(len(relay.messages)))
        with pytest.raises(RuntimeError, match="is gone"):
            mailer.send(message(2), "amina@example.nhs.uk", after=broken)
    assert taken == [0]
    assert [sent["Message-ID"] for _, sent in relay.messages] == ["<delivery-1@signpost.example>"]


def test_a_connection_dropped_between_messages_is_made_again(relay: Relay) -> None:
    relay.drop_after_data = 1
    with SmtpMailer(relay.url) as mailer:
        with pytest.raises(DeliveryFailed, match="broke off") as failure:
            mailer.send(message(1), "amina@example.nhs.uk")
        assert not failure.value.permanent
        mailer.send(message(1), "amina@example.nhs.uk")
        mailer._open.close()  # type: ignore[union-attr]
        mailer.send(message(2), "amina@example.nhs.uk")
    assert [sent["Message-ID"] for _, sent in relay.messages] == [
        "<delivery-1@signpost.example>",
        "<delivery-1@signpost.example>",
        "<delivery-2@signpost.example>",
    ]


def test_a_hang_ends_at_the_timeout(relay: Relay) -> None:
    relay.hang_at_data = 2
    with SmtpMailer(relay.url, timeout=0.3) as mailer, pytest.raises(DeliveryFailed, match="timed out") as failure:
        mailer.send(message(1), "amina@example.nhs.uk")
    assert not failure.value.permanent


def test_a_relay_that_is_away_or_takes_nothing_from_us_is_said_to_be() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with SmtpMailer(f"smtp://127.0.0.1:{port}") as mailer, pytest.raises(RelayAway, match="cannot be used"):
        mailer.send(message(), "amina@example.nhs.uk")
    with running() as relay:
        relay.refuse_sender = "550 relaying denied"
        with SmtpMailer(relay.url) as mailer, pytest.raises(RelayAway, match="relaying denied") as failure:
            mailer.send(message(), "amina@example.nhs.uk")
        assert not failure.value.permanent
        with SmtpMailer(relay.url.replace("://", "://user:p%40ss@")) as mailer, pytest.raises(RelayAway):
            mailer.send(message(), "amina@example.nhs.uk")
        with SmtpMailer(relay.url + "?starttls=1") as mailer, pytest.raises(RelayAway):
            mailer.send(message(), "amina@example.nhs.uk")


def test_an_address_outside_ascii_fails_for_good(relay: Relay) -> None:
    with SmtpMailer(relay.url) as mailer, pytest.raises(DeliveryFailed, match="ASCII") as failure:
        mailer.send(message(), "zoë@example.nhs.uk")
    assert failure.value.permanent


@pytest.mark.parametrize("url", ["http://host", "smtp://", "smtp://host?tls=1"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="SIGNPOST_SMTP_URL"):
        SmtpMailer(url)


def test_a_folder_takes_mail_where_there_is_no_relay(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    assert read_folder(folder) == []
    with mailer_for(None, folder) as mailer:
        mailer.send(message(1, text="Grüße"), "amina@example.nhs.uk")
        mailer.send(message(2, at=AT.replace(hour=13)), "amina@example.nhs.uk")
    assert sorted(path.name for path in folder.iterdir()) == [
        "20261104T120000-delivery-1@signpost.example.eml",
        "20261104T130000-delivery-2@signpost.example.eml",
    ]
    newest, oldest = read_folder(folder)
    assert (newest.subject, newest.to, newest.sent_at) == ("Number 2", "amina@example.nhs.uk", AT.replace(hour=13))
    assert (oldest.text, oldest.html) == ("Grüße\n", "<p>Grüße</p>\n")
    assert isinstance(mailer_for("smtp://localhost", folder), SmtpMailer)


def test_a_repeat_replaces_what_it_repeats(tmp_path: Path) -> None:
    for hour in (12, 15):
        with FolderMailer(tmp_path) as mailer:
            mailer.send(message(1, text=f"at {hour}", at=AT.replace(hour=hour)), "amina@example.nhs.uk")
    assert [each.text for each in read_folder(tmp_path)] == ["at 15\n"]


def test_a_message_id_cannot_leave_the_folder(tmp_path: Path) -> None:
    made = message()
    del made["Message-ID"]
    made["Message-ID"] = "<../../x@y>"
    with FolderMailer(tmp_path / "mail") as mailer:
        mailer.send(made, "amina@example.nhs.uk")
    assert [path.name for path in (tmp_path / "mail").iterdir()] == ["20261104T120000-.._.._x@y.eml"]


def test_a_folder_that_cannot_be_written_is_a_temporary_failure(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")
    with FolderMailer(tmp_path / "mail") as mailer, pytest.raises(DeliveryFailed) as failure:
        mailer.send(message(), "amina@example.nhs.uk")
    assert not failure.value.permanent
