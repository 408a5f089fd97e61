"""A relay that takes everything and keeps nothing: a library's server, in a process of its own.

python -m bench.telling.sink prints its port and goes on until it is ended.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller


class _Sink:
    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        return "250 taken"


@contextmanager
def running() -> Iterator[int]:
    """The port of a sink at work until the block ends."""
    sink = subprocess.Popen([sys.executable, "-m", "bench.telling.sink"], stdout=subprocess.PIPE)
    try:
        assert sink.stdout is not None
        yield int(sink.stdout.readline())
    finally:
        sink.terminate()
        sink.wait()


def _serve() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(_Sink(), hostname="127.0.0.1", port=port)
    server.start()
    print(port, flush=True)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    _serve()
