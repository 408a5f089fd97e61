"""Connections that lead where was checked that they may lead, and that end in time.

The backend of the HTTP library asks for a connection to a name: what is looked up here is what is connected to.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import Any

import httpcore2

_PIECE = 16 * 1024


class Pinned(httpcore2.NetworkBackend):
    """Connects to the addresses that were checked, and to nothing else; TLS and Host go by the name."""

    def __init__(self, addresses: Callable[[str, int, float], Sequence[str]], until: float) -> None:
        self._addresses, self._until, self._network = addresses, until, httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """A connection to the first of its addresses that answers."""
        found = self._addresses(host, port, _left(self._until))
        for place, address in enumerate(found):
            try:
                # Those behind it must have their turn too.
                seconds = _left(self._until) / (len(found) - place)
                return Timed(self._network.connect_tcp(address, port, seconds, None, socket_options or ()), self._until)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if place == len(found) - 1:
                    raise
        raise httpcore2.ConnectError("no address")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore2.NetworkStream:
        """Never."""
        raise httpcore2.ConnectError("not a network")


class Timed(httpcore2.NetworkStream):
    """A connection of which everything together ends in time, however little at a time the other side says."""

    def __init__(self, stream: httpcore2.NetworkStream, until: float) -> None:
        self._stream, self._until = stream, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes, or none at the end."""
        return self._stream.read(max_bytes, _left(self._until))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of the bytes."""
        for start in range(0, len(buffer), _PIECE):
            self._stream.write(buffer[start : start + _PIECE], _left(self._until))

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """The same connection, encrypted."""
        return Timed(self._stream.start_tls(ssl_context, server_hostname, _left(self._until)), self._until)

    def get_extra_info(self, info: str) -> Any:
        """What the network knows of it."""
        return self._stream.get_extra_info(info)


def _left(until: float) -> float:
    left = until - monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("out of time")
    return left
