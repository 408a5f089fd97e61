"""A message as it goes out: its bytes, and what of its headers whoever sends it needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Self


@dataclass(frozen=True, slots=True)
class Mail:
    """The bytes of a message (RFC 5322, lines ended by CR LF); `message_id` stands in angle brackets."""

    sender: str
    message_id: str
    sent_at: datetime
    data: bytes

    @classmethod
    def of(cls, message: EmailMessage) -> Self:
        """A message of the standard library, as bytes."""
        sent_at: datetime = message["Date"].datetime
        message_id = str(message["Message-ID"]).strip()
        return cls(parseaddr(str(message["From"]))[1], message_id, sent_at, message.as_bytes())
