"""Returned mail: read from a mailbox, told apart from other mail, and traced to the message that it was."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.domain.bounce import severity_of, status_in
from directory.errors import DeliveryFailed
from directory.exchange.returned import read_returned
from directory.outbound.mailbox import read_mailbox
from directory.outbound.return_path import ReturnPath

PATHS = ReturnPath("bounces@signpost.example", "not a secret")
DSN = b"""\
From: MAILER-DAEMON@relay.example
To: bounces+d7-x@signpost.example
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; nurse@northmoor.example
Action: %b
Status: %b
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b--
"""


class _Imap(socketserver.StreamRequestHandler):
    """As much of IMAP4rev1 (RFC 3501) as a client needs that reads what it has not seen."""

    def handle(self) -> None:
        self._say("* OK ready")
        for raw in self.rfile:
            tag, command, *rest = raw.decode().split()
            if command.upper() == "LOGIN" and rest[1].strip('"') != "secret":
                self._say(f"{tag} NO wrong password")
                continue
            self._answer(command.upper(), rest)
            self._say(f"{tag} OK done")
            if command.upper() == "LOGOUT":
                return

    def _answer(self, command: str, rest: list[str]) -> None:
        messages, seen = self.server.messages, self.server.seen  # type: ignore[attr-defined]
        if command == "CAPABILITY":
            self._say("* CAPABILITY IMAP4rev1")
        elif command == "SELECT":
            self._say(f"* {len(messages)} EXISTS")
        elif command == "SEARCH":
            unseen = [str(number) for number in range(1, len(messages) + 1) if number not in seen]
            self._say(f"* SEARCH {' '.join(unseen)}".rstrip())
        elif command == "FETCH":
            body = messages[int(rest[0]) - 1]
            self._say(f"* {rest[0]} FETCH (BODY[]<0> {{{len(body)}}}")
            self.wfile.write(body)
            self._say(")")
        elif command == "STORE":
            seen.add(int(rest[0]))
        elif command == "LOGOUT":
            self._say("* BYE")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class Imap(socketserver.ThreadingTCPServer):
    """A mailbox on this machine."""

    daemon_threads = True

    def __init__(self, messages: list[bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Imap)
        self.messages, self.seen = messages, set[int]()

    def url(self, password: str = "secret") -> str:
        return f"imap://bounces%40signpost.example:{password}@127.0.0.1:{self.server_address[1]}/INBOX"


@pytest.fixture
def imap() -> Iterator[Imap]:
    with Imap([b"Subject: one\r\n\r\n1", b"Subject: two\r\n\r\n2"]) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def test_a_mailbox_is_read_once_and_what_is_interrupted_again(imap: Imap) -> None:
    reading = read_mailbox(imap.url())
    assert next(reading) == imap.messages[0]
    reading.close()
    assert list(read_mailbox(imap.url())) == imap.messages
    assert imap.seen == {1, 2}
    imap.messages.append(b"Subject: three\r\n\r\n3")
    assert list(read_mailbox(imap.url())) == imap.messages[2:]


def test_a_mailbox_that_cannot_be_read_says_so(imap: Imap) -> None:
    with pytest.raises(DeliveryFailed, match="cannot be read"):
        list(read_mailbox(imap.url("wrong")))
    imap.shutdown()
    imap.server_close()
    with pytest.raises(DeliveryFailed, match="cannot be read"):
        list(read_mailbox(imap.url()))


def test_a_folder_is_read_once_and_what_is_interrupted_again(tmp_path: Path) -> None:
    for name in ("b.eml", "a.eml", "note.txt"):
        (tmp_path / name).write_bytes(name.encode())
    reading = read_mailbox(str(tmp_path))
    assert next(reading) == b"a.eml"
    reading.close()
    assert list(read_mailbox(str(tmp_path))) == [b"a.eml", b"b.eml"]
    assert list(read_mailbox(str(tmp_path))) == []
    assert sorted(path.name for path in (tmp_path / "taken").iterdir()) == ["a.eml", "b.eml"]


@pytest.mark.parametrize(
    ("action", "status", "severity"),
    [
        (b"failed", b"5.1.1", "hard"),
        (b"Failed", b"5.2.1", "hard"),
        (b"failed", b"5.2.2", "soft"),
        (b"failed", b"4.4.7", "soft"),
        (b"failed", b"5.7.1", "soft"),
        (b"failed", b"nonsense", "hard"),
        (b"delayed", b"4.4.1", None),
        (b"delivered", b"2.0.0", None),
    ],
)
def test_a_report_is_read_by_what_it_says(action: bytes, status: bytes, severity: str | None) -> None:
    found = read_returned(DSN % (action, status))
    assert (found.severity if found else None) == severity
    if found:
        assert found.addressed == ("bounces+d7-x@signpost.example",)


def test_what_relays_send_instead_of_a_report_is_known() -> None:
    qmail = (
        b"From: MAILER-DAEMON@relay.example\nTo: bounces+e3-x@signpost.example\nSubject: failure notice\n\n"
        b"Hi. This is the qmail-send program at relay.example.\n"
        b"I'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
        b"<nurse@northmoor.example>:\nSorry, no mailbox here by that name.\n\n--- Below this line is a copy\n"
    )
    found = read_returned(qmail)
    assert found is not None
    assert found.severity == "hard"
    assert read_returned(b"From: nurse@northmoor.example\nSubject: Out of office\n\nBack on Monday.") is None


@given(st.binary(max_size=400), st.sampled_from([b"", DSN[:200], DSN[:420]]))
def test_any_bytes_are_read(noise: bytes, before: bytes) -> None:
    read_returned(before + noise)


@given(
    unit=st.sampled_from(["delivery", "digest"]),
    number=st.integers(1, 10**15),
    other=st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=20, max_size=20),
)
def test_a_return_path_stands_for_its_message_and_no_other(unit: str, number: int, other: str) -> None:
    made = PATHS.of(f"<{unit}-{number}@signpost.example>")
    assert made is not None
    assert len(made.partition("@")[0]) <= 64
    assert PATHS.read(made) == PATHS.read(f"<{made.upper()}>") == (unit, number)
    what, _, _ = made.partition("@")[0].rpartition("-")
    assert PATHS.read(f"{what}-{other}@signpost.example") is None
    assert ReturnPath(PATHS.address, "another").read(made) is None
    assert PATHS.of(f"<letter-{number}@signpost.example>") is None


@given(st.integers(0, 999), st.integers(0, 999))
def test_only_what_is_gone_is_hard(subject: int, detail: int) -> None:
    status = f"5.{subject}.{detail}"
    assert status_in(f"nurse@northmoor.example: 550 {status} no") == status
    assert severity_of(status.replace("5.", "4.", 1)) == "soft"
    if subject not in (1, 2):
        assert severity_of(status) == "soft"
