"""Signpost as a user runs it: its own process, its own data folder, a real relay that keeps what it gets."""

from __future__ import annotations

import email
import email.policy
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx
from aiosmtpd.controller import Controller

from tests import started

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess

PATIENCE = 30.0


@dataclass(slots=True)
class Relay:
    """An SMTP server in a thread of the test, by a library; it keeps every message that it accepted."""

    messages: list[tuple[str, EmailMessage]] = field(default_factory=list)
    # The return path of each, in the same order.
    return_paths: list[str] = field(default_factory=list)
    _controller: Any = None

    def __enter__(self) -> Self:
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.messages += [(recipient, message) for recipient in envelope.rcpt_tos]
        self.return_paths += [envelope.mail_from] * len(envelope.rcpt_tos)
        return "250 OK"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._controller.port}"

    def to(self, recipient: str) -> list[EmailMessage]:
        return [message for to, message in self.messages if to == recipient]


class Signpost:
    """One installation: `signpost …` commands in its environment, and a server that can be killed and started again."""

    def __init__(self, home: Path, *, database_url: str | None = None, smtp_url: str | None = None) -> None:
        self.home, self.port = home, free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SIGNPOST_")},
            "SIGNPOST_HOME": str(home),
            "SIGNPOST_BASE_URL": self.base_url,
            **({"SIGNPOST_DATABASE_URL": database_url} if database_url else {}),
            **({"SIGNPOST_SMTP_URL": smtp_url} if smtp_url else {}),
        }
        # Beside its folder, which a test may fill, take away or look through.
        self.log = home.parent / f"{home.name}.log"
        self._server: ForkServerProcess | None = None

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = started.run(arguments, self.environment, seconds=120)
        if check and done.returncode:
            raise AssertionError(f"signpost {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
        return done

    def run_anew(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """In an interpreter of its own, which imports what it needs: seconds, not hundredths of one."""
        command = [sys.executable, "-m", "directory", *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True, timeout=PATIENCE * 4
        )

    def start(self, *arguments: str) -> None:
        command = ("serve", "--port", str(self.port), *arguments)
        self._server = started.start(command, self.environment, out=self.log, err=self.log)
        wait_for(self._started, "the server to answer")

    def _started(self) -> bool:
        assert self._server is not None
        assert self._server.is_alive(), self.log.read_text()[-2000:]
        return self.answers()

    def answers(self) -> bool:
        """Whether what listens there is ready."""
        try:
            return httpx.get(f"{self.base_url}/ready", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """As a power cut ends it."""
        if self._server is not None:
            self._server.kill()
            self._server.join()
            self._server = None

    def stop(self) -> None:
        """As an operator ends it."""
        if self._server is not None:
            self._server.terminate()
            self._server.join(20)
            assert self._server.exitcode is not None, "the server did not end"
            self._server = None

    def client(self, key: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.base_url, headers=headers, timeout=10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Wait until something holds; fail, saying what was waited for."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"waited {PATIENCE:.0f} s for {what}"
        time.sleep(0.05)
