"""Servers on loopback, each a process of its own, ended when the block ends."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from bench.serving.home import Home

_PATIENCE = 60.0
_PAUSE = 0.02


@contextmanager
def running(
    command: Sequence[str],
    port: int,
    *,
    path: str,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Iterator[int]:
    """A server's port, from its first answer at `path` until the block ends."""
    with tempfile.TemporaryFile() as said:
        server = subprocess.Popen(command, env=environment, cwd=cwd, stdout=said, stderr=said)
        try:
            if not answers_in_time(port, path, server):
                said.seek(0)
                raise click.ClickException(f"{command[0]} did not serve: {said.read().decode()[-2000:]}")
            yield port
        finally:
            server.terminate()
            server.wait()


def answers_in_time(port: int, path: str, server: subprocess.Popen[bytes], *, pause: float = _PAUSE) -> bool:
    """Wait until a server answers 200; False when it ended or took a minute."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and server.poll() is None:
        if _answers(port, path):
            return True
        time.sleep(pause)
    return False


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def header_of(port: int, path: str, name: str) -> str:
    """A header of the answer at a path."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        found = connection.getresponse().headers[name]
    finally:
        connection.close()
    if not found:
        raise click.ClickException(f"{path} has no {name}")
    return str(found)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def signpost(home: Home) -> Iterator[int]:
    """Signpost as it is served, without the background loop."""
    port = free_port()
    command = [sys.executable, "-m", "directory", "serve", "--no-work", "--port", str(port)]
    with running(command, port, path="/ready", environment=home.environment):
        yield port


@contextmanager
def bare() -> Iterator[int]:
    """Four bytes of plain text from Starlette, under the same server with the same options."""
    port = free_port()
    with running([sys.executable, "-m", "bench.serving.plain", str(port)], port, path="/"):
        yield port
