"""Requests that two programs could read differently, at the real server: none hides another behind it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import Signpost

HEAD = b"POST /live HTTP/1.1\r\nHost: signpost.example\r\n"
GET = b"GET /live HTTP/1.1\r\nHost: signpost.example\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
# What is hidden; were it read as a request, it would be answered with 404.
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: signpost.example\r\n\r\n"
NEXT = GET + b"Connection: close\r\n\r\n"
SIZE = b"%d" % len(HIDDEN)


@pytest.fixture(scope="module")
def port(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    home = tmp_path_factory.mktemp("framing") / "home"
    home.mkdir()
    (home / "signpost.db").write_bytes(_sqlite_template.read_bytes())
    server = Signpost(home)
    server.start("--no-work")
    yield server.port
    server.kill()


def asked(port: int, sent: bytes) -> list[int]:
    """The statuses that a connection answers until the server closes it, which it must."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        said = b""
        while part := connection.recv(65_536):
            said += part
    return [int(each[:3]) for each in said.split(b"HTTP/1.1 ")[1:]]


AMBIGUOUS = {
    "a length beside chunks (CL.TE)": HEAD + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
    "chunks beside a length (TE.CL)": HEAD + CHUNKED + b"Content-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 0\r\nContent-Length: " + SIZE + b"\r\n\r\n",
    "a list of lengths": HEAD + b"Content-Length: 0, " + SIZE + b"\r\n\r\n",
    "a length with a sign": HEAD + b"Content-Length: +0\r\n\r\n",
    "a length below nothing": HEAD + b"Content-Length: -1\r\n\r\n",
    "a length that Python reads": HEAD + b"Content-Length: 0_0\r\n\r\n",
    "an empty length": HEAD + b"Content-Length: \r\n\r\n",
    "another encoding": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two encodings": HEAD + CHUNKED + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "encoded twice": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a vertical tab": HEAD + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "a lone carriage return": GET + b"X: a\rTransfer-Encoding: chunked\r\n\r\n",
    "a NUL": GET + b"X: a\x00b\r\n\r\n",
    "no host": b"GET /live HTTP/1.1\r\n\r\n",
    "two hosts": GET + b"Host: other.example\r\n\r\n",
    "a space before the method": b" " + GET + b"\r\n",
    "a size of chunk in another notation": HEAD + CHUNKED + b"\r\n0x0\r\n\r\n",
    "a size of chunk below nothing": HEAD + CHUNKED + b"\r\n-1\r\n\r\n",
    "an endless size of chunk": HEAD + CHUNKED + b"\r\n" + b"1" * 30 + b"\r\n\r\n",
    "a chunk that ends elsewhere": HEAD + CHUNKED + b"\r\n1\r\naXX0\r\n\r\n",
    "a bare line feed after a size": HEAD + CHUNKED + b"\r\n0\n\n",
    "a bare line feed in an extension": HEAD + CHUNKED + b"\r\n2;a\nxx\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("sent", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_what_is_ambiguous_is_refused_and_nothing_behind_it_is_read(port: int, sent: bytes) -> None:
    assert asked(port, sent + HIDDEN) == [400]


# What RFC 9112 lets a server read, each of them in one way: the request behind it is where it says.
PLAIN = {
    "a body that nobody reads": (GET + b"Content-Length: " + SIZE + b"\r\n\r\n" + HIDDEN, 200),
    "a hidden request in a chunk": (HEAD + CHUNKED + b"\r\n%x\r\n" % len(HIDDEN) + HIDDEN + b"\r\n0\r\n\r\n", 405),
    "extensions of chunks": (HEAD + CHUNKED + b"\r\n1;a=b\r\nx\r\n0;c\r\n\r\n", 405),
    "a length in what follows chunks": (HEAD + CHUNKED + b"\r\n0\r\nContent-Length: " + SIZE + b"\r\n\r\n", 405),
    "a folded header": (HEAD + b"X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", 405),
    "the same length twice": (HEAD + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 405),
    "bare line feeds": (GET.replace(b"\r\n", b"\n") + b"\n", 200),
    "another protocol is offered": (GET + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 200),
}


@pytest.mark.parametrize(("sent", "status"), PLAIN.values(), ids=PLAIN.keys())
def test_what_can_be_read_in_one_way_ends_where_it_says(port: int, sent: bytes, status: int) -> None:
    assert asked(port, sent + NEXT) == [status, 200]


def test_an_answer_that_is_kept_is_not_given_to_what_is_ambiguous(port: int) -> None:
    first = b"GET / HTTP/1.1\r\nHost: signpost.example\r\n"
    kept = (first + b"\r\n") * 3 + first + b"Connection: close\r\n\r\n"
    assert asked(port, kept) == [200] * 4
    both = first + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n"
    assert asked(port, both + HIDDEN) == [400]
