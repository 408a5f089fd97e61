"""Where mail comes back to: a mailbox by IMAP (RFC 9051), or a folder of .eml files.

The mailbox is for this alone: each message is marked as seen once it was read, and nothing is deleted. Of a folder,
each file is moved to `taken` beside it.
"""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from directory.errors import DeliveryFailed

TIMEOUT_SECONDS = 20.0
AT_ONCE = 200
LARGEST = 512 * 1024
TAKEN = "taken"


def read_mailbox(where: str) -> Generator[bytes, None, None]:
    """Each message that was not read yet; it counts as read once the next one is asked for. Raises DeliveryFailed."""
    try:
        if where.startswith(("imap://", "imaps://")):
            yield from _by_imap(where)
        else:
            yield from _in_folder(Path(where))
    except (OSError, imaplib.IMAP4.error) as failure:
        raise DeliveryFailed(f"the mailbox for returned mail cannot be read: {failure}", permanent=False) from failure


def _in_folder(folder: Path) -> Iterator[bytes]:
    taken = folder / TAKEN
    for path in sorted(folder.glob("*.eml"))[:AT_ONCE]:
        with path.open("rb") as file:
            message = file.read(LARGEST)
        yield message
        taken.mkdir(exist_ok=True)
        path.replace(taken / path.name)


def _by_imap(url: str) -> Iterator[bytes]:
    with _signed_in(url) as imap:
        _require(imap.select(_quoted(unquote(urlsplit(url).path.lstrip("/")) or "INBOX")))
        for number in _require(imap.search(None, "UNSEEN"))[0].split()[:AT_ONCE]:
            # Peeking: what a crash interrupts is still unseen, and read again.
            for part in _require(imap.fetch(number.decode(), f"(BODY.PEEK[]<0.{LARGEST}>)")):
                if isinstance(part, tuple):
                    yield part[1]
            _require(imap.store(number.decode(), "+FLAGS.SILENT", r"(\Seen)"))


@contextmanager
def _signed_in(url: str) -> Iterator[imaplib.IMAP4]:
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    imap: imaplib.IMAP4
    if parts.scheme == "imaps":
        context = ssl.create_default_context()
        imap = imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=context, timeout=TIMEOUT_SECONDS)
    else:
        imap = imaplib.IMAP4(host, parts.port or 143, timeout=TIMEOUT_SECONDS)
    try:
        if "starttls" in parts.query:
            imap.starttls(ssl.create_default_context())
        imap.login(unquote(parts.username or ""), unquote(parts.password or ""))
        yield imap
    finally:
        try:
            imap.logout()
        except (OSError, imaplib.IMAP4.error):
            # What was read is read, whatever becomes of the farewell.
            imap.shutdown()


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _require(answer: tuple[str, Any]) -> list[Any]:
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(f"the server answers {status}")
    return [each for each in data if each is not None]
