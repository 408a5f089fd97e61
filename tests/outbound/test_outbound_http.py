"""What is posted to addresses that people gave: only outside, only where was checked, and in time."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from threading import Event

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.domain.reach import Reach
from directory.errors import DeliveryFailed, SettingsError
from directory.outbound.addresses import is_public, is_reachable, usable_url
from directory.outbound.http import LARGEST_BODY, Answer, Outgoing, retry_after
from directory.settings import load
from tests.examples import examples
from tests.outbound.receiver import Receiver, free_port

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


def local(**more: object) -> Outgoing:
    return Outgoing(**({"private": True, "seconds": 5.0} | more))  # type: ignore[arg-type]


def post(outgoing: Outgoing, url: str, body: bytes = b"{}") -> Answer:
    return outgoing.post(url, body, JSON, at=NOW)


PUBLIC = ["1.1.1.1", "198.17.255.255", "203.0.112.1", "2606:4700:4700::1111", "2a00:1450:4009:80b::200e"]
OURS = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "192.88.99.1", "192.31.196.1",
    "192.52.193.1", "192.175.48.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "ff0e::1",
    "100::1", "2001:db8::1",
    "3fff::1", "5f00::1", "2001:2::1", "2001:10::1", "2001:20::1", "2620:4f:8000::1", "4000::1",
    # The same IPv4 addresses inside: mapped, compatible, translated (and a local prefix), 6to4, Teredo, ISATAP.
    "::ffff:127.0.0.1", "::ffff:1.1.1.1", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
    "64:ff9b:1::7f00:1", "2002:7f00:1::1", "2002:a00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2a00:1450::5efe:127.0.0.1", "2a00:1450::200:5efe:10.0.0.1", "", "localhost", "1.1.1", "0x7f.1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", OURS)
def test_whatever_is_not_the_open_internet_is_refused(address: str) -> None:
    assert not is_public(address)


@settings(max_examples=examples(25))
@given(st.ip_addresses(v=4))
def test_an_address_inside_an_address_is_never_public(inside: IPv4Address) -> None:
    number = int(inside)
    for prefix, shift in ((0xFFFF << 32, 0), (0, 0), (0x0064FF9B << 96, 0), (0x2002 << 112, 80), (0x20010000 << 96, 0)):
        assert not is_public(str(IPv6Address(prefix | number << shift)))


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fd00:ec2::254", "0.0.0.0", "224.0.0.1", "::ffff:169.254.169.254"]
)
def test_no_setting_opens_what_is_no_receiver(address: str) -> None:
    assert not is_reachable(address)
    with pytest.raises(DeliveryFailed):
        post(local(resolve=lambda host, port: [address]), "http://metadata.example/")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://hooks.example/x", "https://"),
        ("ftp://hooks.example/x", "whole address"),
        ("hooks.example/x", "whole address"),
        ("https://", "whole address"),
        ("https://me:secret@hooks.example/x", "user name"),
        ("https://hooks.example/" + "x" * 2000, "at most"),
        ("https://127.0.0.1/x", "open internet"),
        ("https://[::1]/x", "open internet"),
        ("https://[::ffff:10.0.0.1]/x", "open internet"),
        ("https://hooks.example\n.evil/", "whole address"),
        ("https://hooks.example:99999/", "whole address"),
        ("javascript:alert(1)", "whole address"),
        ("", "whole address"),
    ],
)
def test_an_address_that_cannot_be_used_says_why(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        usable_url(url, Reach())


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "localhost", "[::1]"])
def test_this_machine_is_not_reached_by_any_of_its_names(receiver: Receiver, host: str) -> None:
    with pytest.raises(DeliveryFailed, match="open internet"):
        post(Outgoing(), f"https://{host}:{receiver.port}/hook")
    assert receiver.got == []


def test_a_name_is_looked_up_once_and_what_was_checked_is_what_is_connected_to(receiver: Receiver) -> None:
    """A name server that answers otherwise the second time (DNS rebinding) is not asked a second time."""
    answers = [["127.0.0.1"], ["127.0.0.99"]]
    asked: list[str] = []

    def hostile(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    assert post(local(resolve=hostile), f"http://hooks.example:{receiver.port}/hook").accepted
    assert asked == ["hooks.example"]
    assert receiver.got[0].headers["host"] == f"hooks.example:{receiver.port}"


@pytest.mark.parametrize("found", [["1.1.1.1", "10.0.0.1"], ["::ffff:10.0.0.1"], ["127.0.0.1"], []])
def test_one_bad_address_among_good_ones_is_enough(found: list[str]) -> None:
    with pytest.raises(DeliveryFailed, match="open internet"):
        post(Outgoing(resolve=lambda host, port: found), "https://hooks.example/")


def test_a_name_that_turns_private_is_refused_the_next_time(receiver: Receiver) -> None:
    found = iter([["127.0.0.1"], ["169.254.169.254"]])
    outgoing = local(resolve=lambda host, port: next(found))
    url = f"http://hooks.example:{receiver.port}/hook"
    assert post(outgoing, url).accepted
    with pytest.raises(DeliveryFailed):
        post(outgoing, url)
    assert len(receiver.got) == 1


def test_the_second_address_is_tried_where_the_first_is_silent(receiver: Receiver) -> None:
    outgoing = local(resolve=lambda host, port: ["127.0.0.2", "127.0.0.1"])
    assert post(outgoing, f"http://hooks.example:{receiver.port}/hook").accepted


def _tls(authority: trustme.CA, name: str) -> tuple[ssl.SSLContext, list[str | None]]:
    context, asked = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), list[str | None]()
    authority.issue_cert(name).configure_cert(context)
    context.sni_callback = lambda _socket, host, _context: asked.append(host)
    return context, asked


def _trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_tls_goes_by_the_name_not_by_the_address(authority: trustme.CA) -> None:
    context, asked = _tls(authority, "hooks.example")
    with Receiver(context) as receiver:
        outgoing = local(resolve=lambda host, port: ["127.0.0.1"], tls=_trusting(authority))
        assert post(outgoing, f"https://hooks.example:{receiver.port}/hook").accepted
        assert asked == ["hooks.example"]
        with pytest.raises(DeliveryFailed, match="cannot be reached"):
            post(outgoing, f"https://other.example:{receiver.port}/hook")
        with pytest.raises(DeliveryFailed, match="cannot be reached"):
            post(local(resolve=lambda host, port: ["127.0.0.1"]), f"https://hooks.example:{receiver.port}/hook")
        assert len(receiver.got) == 1


def test_a_redirect_is_an_answer_and_nothing_is_followed(receiver: Receiver) -> None:
    with Receiver() as other:
        receiver.answers = [(307, {"Location": other.url})]
        answer = post(local(), receiver.url)
        assert (answer.accepted, answer.words) == (False, "it answered 307: redirects are not followed")
        assert other.got == []


def test_a_slow_drip_ends_in_time(receiver: Receiver) -> None:
    ended = Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        try:
            for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 10_000:
                handler.wfile.write(bytes([byte]))
                handler.wfile.flush()
                if ended.wait(0.02):
                    return
        except OSError:
            return

    receiver.answers = [drip]
    with pytest.raises(DeliveryFailed, match="within"):
        post(local(seconds=0.3), receiver.url)
    ended.set()


def test_a_name_server_that_is_silent_ends_in_time() -> None:
    ended = Event()

    def silent(host: str, port: int) -> Sequence[str]:
        ended.wait(30)
        return ["127.0.0.1"]

    with pytest.raises(DeliveryFailed, match="within"):
        post(local(seconds=0.1, resolve=silent), "http://hooks.example/")
    ended.set()


def test_a_huge_answer_is_not_read(receiver: Receiver) -> None:
    stopped = Event()

    def flood(handler: BaseHTTPRequestHandler) -> None:
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
            while True:
                handler.wfile.write(b"x" * 65536)
        except OSError:
            stopped.set()

    receiver.answers = [flood]
    assert post(local(), receiver.url).accepted
    assert stopped.wait(5)


def test_endless_headers_are_not_read(receiver: Receiver) -> None:
    def flood(handler: BaseHTTPRequestHandler) -> None:
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while True:
                handler.wfile.write(b"X-More: " + b"x" * 8192 + b"\r\n")
        except OSError:
            return

    receiver.answers = [flood]
    with pytest.raises(DeliveryFailed, match="cannot be reached"):
        post(local(), receiver.url)


def test_a_body_beyond_the_bound_is_not_sent(receiver: Receiver) -> None:
    with pytest.raises(DeliveryFailed, match="larger than"):
        post(local(), receiver.url, b"x" * (LARGEST_BODY + 1))
    assert post(local(), receiver.url, b"x" * LARGEST_BODY).accepted
    assert len(receiver.got) == 1


def test_nobody_there_is_a_failure() -> None:
    with pytest.raises(DeliveryFailed, match="cannot be reached"):
        post(local(), f"http://127.0.0.1:{free_port()}/hook")
    with pytest.raises(DeliveryFailed, match="cannot be reached"):
        post(local(), "http://no-such-host.invalid/hook")


def test_the_environment_names_no_proxy(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert post(local(), receiver.url).accepted
        assert (len(receiver.got), proxy.got) == (1, [])


@pytest.mark.parametrize(
    ("value", "waits"),
    [
        (None, None),
        ("120", timedelta(seconds=120)),
        ("0", timedelta(0)),
        ("999999999999999999", timedelta(days=1)),
        ("Sun, 22 Nov 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Sun, 22 Nov 2026 11:00:00 GMT", timedelta(0)),
        ("Sun, 22 Nov 2099 11:00:00 GMT", timedelta(days=1)),
        ("soon", None),
        ("-5", None),
        ("²", None),
    ],
)
def test_how_long_to_wait_is_read_in_both_ways(value: str | None, waits: timedelta | None) -> None:
    assert retry_after(value, NOW) == waits


def test_patience_is_asked_for_by_a_header(receiver: Receiver) -> None:
    receiver.answers = [(503, {"Retry-After": "90"})]
    answer = post(local(), receiver.url)
    assert (answer.status, answer.retry_after, answer.accepted) == (503, timedelta(seconds=90), False)


def test_only_hosts_that_are_named_are_looked_up_and_reached(receiver: Receiver) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    outgoing = local(resolve=resolve, hosts=("hooks.example", "*.Office.example"))
    for host in ("hooks.example", "HOOKS.example", "uk.office.example"):
        assert post(outgoing, f"http://{host}:{receiver.port}/hook").accepted
    before = list(asked)
    for host in ("office.example", "hooks.example.evil.example", "xhooks.example", "evil.example", "127.0.0.1"):
        with pytest.raises(DeliveryFailed, match="SIGNPOST_OUTGOING_HOSTS"):
            post(outgoing, f"http://{host}:{receiver.port}/hook")
    assert asked == before


@pytest.mark.parametrize(("said", "only"), [("*", ()), ("a.example, *.b.example", ("a.example", "*.b.example"))])
def test_the_settings_name_them(said: str, only: tuple[str, ...], tmp_path: Path) -> None:
    assert load({"SIGNPOST_HOME": str(tmp_path), "SIGNPOST_OUTGOING_HOSTS": said}).reach.hosts == only
    with pytest.raises(SettingsError, match="SIGNPOST_OUTGOING_HOSTS"):
        load({"SIGNPOST_HOME": str(tmp_path), "SIGNPOST_OUTGOING_HOSTS": " , "})
