"""Mail kept as files, for a directory without a relay: written so that a repeat replaces what it repeats."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Self

from directory.errors import DeliveryFailed
from directory.outbound.message import Mail

LATEST = 200
_LONGEST_NAME = 300


@dataclass(frozen=True, slots=True)
class StoredMail:
    """A message in the folder, as the page /mail shows it. `html` is what was sent: show it in a sandbox."""

    name: str
    subject: str
    to: str
    sent_at: datetime | None
    text: str
    html: str


class FolderMailer:
    """Writes each message to a folder as `YYYYMMDDTHHMMSS-<message id>.eml`, in UTC."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Path] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._known = None

    @property
    def name(self) -> str:
        """As `Mailer.name`."""
        return str(self._folder)[-_LONGEST_NAME:]

    def send(self, message: Mail | EmailMessage, to: str, *, after: Callable[[], object] | None = None) -> None:
        """As `Mailer.send`; it is on disk when this returns. A full or missing disk is a temporary failure."""
        if after is not None:
            after()
        mail = message if isinstance(message, Mail) else Mail.of(message)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _write(self._path(mail), mail.data)
        except OSError as failure:
            raise DeliveryFailed(f"{self._folder}: {failure.strerror} ({to})", permanent=False) from failure

    def _path(self, mail: Mail) -> Path:
        name = re.sub(r"[^A-Za-z0-9.@_-]", "_", mail.message_id.strip("<> "))
        if self._known is None:
            self._known = {path.stem.partition("-")[2]: path for path in self._folder.glob("*-*.eml")}
        sent_at = mail.sent_at.astimezone(UTC)
        return self._known.setdefault(name, self._folder / f"{sent_at:%Y%m%dT%H%M%S}-{name}.eml")


def read_folder(folder: Path, *, limit: int = LATEST) -> list[StoredMail]:
    """The latest messages in a folder, newest first; an empty list where there is no such folder."""
    return [_read(path) for path in sorted(folder.glob("*.eml"), reverse=True)[:limit]]


def _write(path: Path, content: bytes) -> None:
    """Write aside, sync, and put in place: a reader sees a whole message or none."""
    descriptor, aside = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(path: Path) -> StoredMail:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    return StoredMail(
        name=path.name,
        # A long header begins on a line of its own, and the parser keeps the space before it.
        subject=str(message["Subject"] or "").strip(),
        to=str(message["To"] or "").strip(),
        sent_at=message["Date"].datetime if message["Date"] else None,
        text=_part(message, "plain"),
        html=_part(message, "html"),
    )


def _part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    return str(found.get_content()).replace("\r\n", "\n") if found is not None else ""
