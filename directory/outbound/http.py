"""What Signpost posts to addresses that people gave it, and gets from them: one careful client for all of them.

Finding out where a name leads and connecting there is one step: what was checked is what is connected to, so a name
that answers otherwise the second time gains nothing. No redirects, no proxies, no cookies, ten seconds in all.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from time import monotonic

import httpcore2
import httpx2

from directory.domain.reach import Reach
from directory.errors import DeliveryFailed
from directory.outbound.addresses import is_public, is_reachable, usable_url
from directory.outbound.pinned import Pinned

SECONDS = 10.0
LARGEST_BODY = 256 * 1024
LONGEST_WAIT = timedelta(days=1)
# As many names can be looked up at once; a name server that is silent keeps one of them until it gives up.
LOOKUPS = 16

Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """How a receiver answered: its status and, where it asked for patience, for how long. Its body is not read."""

    status: int
    retry_after: timedelta | None = None

    @property
    def accepted(self) -> bool:
        """Whether the receiver has taken it."""
        return 200 <= self.status < 300

    @property
    def words(self) -> str:
        """What went wrong, for the owner of the address."""
        if 300 <= self.status < 400:
            return f"it answered {self.status}: redirects are not followed"
        try:
            return f"it answered {self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return f"it answered {self.status}"


def system_addresses(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, by this machine's resolver; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was at an address: its status, its body, and what tells it from a later one."""

    status: int
    body: bytes
    etag: str = ""
    leads_to: str = ""

    @property
    def words(self) -> str:
        """What went wrong, for whoever looks after the address."""
        moved = f" (it leads to {self.leads_to})" if self.leads_to else ""
        return f"{Answer(self.status).words}{moved}"


class Outgoing:
    """Posts and gets, as far as `Reach` says with `private` and `hosts`; may be used by several threads."""

    def __init__(
        self,
        *,
        private: bool = False,
        hosts: Sequence[str] = (),
        seconds: float = SECONDS,
        resolve: Resolve = system_addresses,
        tls: ssl.SSLContext | None = None,
        agent: str = "Signpost",
    ) -> None:
        self._reach, self._seconds, self._resolve, self._agent = Reach(private, hosts), seconds, resolve, agent
        self._tls = tls or ssl.create_default_context()
        self._lookups = ThreadPoolExecutor(LOOKUPS, thread_name_prefix="signpost-names")

    def post(
        self, url: str, content: bytes, headers: Mapping[str, str], *, at: datetime, seconds: float = SECONDS
    ) -> Answer:
        """Post once, at the instant `at`, and say how it was answered; raises DeliveryFailed where it was not.

        It may take no longer than `seconds`, and never longer than this client waits for anybody.
        """
        seconds = min(seconds, self._seconds)
        if len(content) > LARGEST_BODY:
            raise DeliveryFailed(f"it is larger than {LARGEST_BODY:,} bytes", permanent=False)
        with self._asked("POST", url, headers, content, seconds) as answer:
            return Answer(answer.status, retry_after(_header(answer.headers, b"retry-after"), at))

    def get(
        self, url: str, headers: Mapping[str, str], *, seconds: float = SECONDS, largest: int = LARGEST_BODY
    ) -> Fetched:
        """What is at an address, of at most `largest` bytes; raises DeliveryFailed where it cannot be had in time."""
        with self._asked("GET", url, headers, b"", seconds) as answer:
            parts, size = [], 0
            for part in answer.iter_stream():
                size += len(part)
                if size > largest:
                    # What is left of it is not worth waiting for, and nobody may fill our memory.
                    raise DeliveryFailed(f"it is larger than {largest:,} bytes", permanent=False)
                parts.append(part)
            etag, leads_to = (_header(answer.headers, name) or "" for name in (b"etag", b"location"))
            return Fetched(answer.status, b"".join(parts), etag, leads_to)

    @contextmanager
    def _asked(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes, seconds: float
    ) -> Iterator[httpcore2.Response]:
        try:
            target = usable_url(url, Reach(self._reach.private))
        except ValueError as reason:
            raise DeliveryFailed(f"its address cannot be used: {reason}", permanent=False) from None
        first = {"Host": target.netloc.decode("ascii"), "User-Agent": self._agent, "Accept": "*/*"}
        sent = list({**first, **headers}.items())
        backend = Pinned(self._addresses, monotonic() + seconds)
        try:
            # A connection for each: none is kept whose name may lead elsewhere by now.
            with (
                httpcore2.ConnectionPool(ssl_context=self._tls, network_backend=backend) as pool,
                pool.stream(method, _plain(target), headers=sent, content=content) as answer,
            ):
                yield answer
        except (httpcore2.TimeoutException, TookTooLong):
            raise DeliveryFailed(f"it did not answer within {seconds:g} seconds", permanent=False) from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError, ssl.SSLError, OSError, UnicodeError) as failure:
            raise DeliveryFailed(f"it cannot be reached: {_words(failure)}", permanent=False) from failure

    def _addresses(self, host: str, port: int, seconds: float) -> Sequence[str]:
        # Before it is looked up: a name alone can carry what somebody wants to have out.
        if not self._reach.allows(host):
            raise DeliveryFailed(f"{host} is not among the places of SIGNPOST_OUTGOING_HOSTS", permanent=False)
        found = self._lookups.submit(self._resolve, host, port).result(seconds)
        allowed = is_reachable if self._reach.private else is_public
        # One bad address among good ones is no accident: somebody wants us to try it.
        if not found or not all(allowed(address) for address in found):
            raise DeliveryFailed(f"{host} is not on the open internet", permanent=False)
        return found


def outgoing_for(reach: Reach, *, base_url: str) -> Outgoing:
    """The client of the settings."""
    return Outgoing(private=reach.private, hosts=reach.hosts, agent=f"Signpost ({base_url})")


def retry_after(value: str | None, at: datetime) -> timedelta | None:
    """How long a receiver asks to be left alone (RFC 9110, 10.2.3), at most a day; None where it does not say."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return min(timedelta(seconds=min(int(value.strip()[:9]), 10**8)), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(until - at, timedelta()), LONGEST_WAIT)


def _plain(url: httpx2.URL) -> httpcore2.URL:
    return httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in headers if key.lower() == name), None)


def _words(failure: Exception) -> str:
    return " ".join(str(failure).split())[:200] or type(failure).__name__
