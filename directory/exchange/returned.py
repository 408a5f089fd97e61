"""Reports of mail that could not be delivered: RFC 3464 and what relays send instead.

The status (RFC 3463) is read from the report's own part; whether a message without one is such a report, and of the
many shapes which, is flufl.bounce's knowledge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses

from flufl.bounce import scan_message

from directory.domain.bounce import Severity, severity_of, status_in

# Where mail servers write to which address a message came.
_ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
MOST_ADDRESSES = 20


@dataclass(frozen=True, slots=True)
class Returned:
    """That a message could not be delivered: the addresses to which that was reported, how bad, and its status."""

    addressed: tuple[str, ...]
    severity: Severity
    status: str


def read_returned(raw: bytes) -> Returned | None:
    """What a message says of one that came back; None where it is no report, or only of a delay."""
    message = message_from_bytes(raw)
    blocks = list(_blocks(message))
    if blocks:
        failed = [block for block in blocks if str(block["Action"] or "").strip().lower() == "failed"]
        if not failed:
            return None
        status = next(filter(None, map(_status, failed)), "")
        return Returned(_addressed(message), severity_of(status) if status else "soft", status)
    try:
        gone = scan_message(message)
    except Exception:
        # It reads what anybody may send, in dozens of shapes: one that trips it is no report.
        return None
    return Returned(_addressed(message), "hard", "") if gone else None


def _blocks(message: Message) -> Iterator[Message]:
    """What a report says of each recipient; its first block is about the report itself."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status" and isinstance(inner := part.get_payload(), list):
            yield from (block for block in inner if isinstance(block, Message) and block["Action"])


def _status(block: Message) -> str:
    return status_in(str(block["Status"] or "")) or status_in(str(block["Diagnostic-Code"] or ""))


def _addressed(message: Message) -> tuple[str, ...]:
    given = [str(value) for name in _ADDRESSED for value in message.get_all(name, [])]
    return tuple(dict.fromkeys(address for _, address in getaddresses(given) if "@" in address))[:MOST_ADDRESSES]
