"""The messages of `compose`, written as bytes: what many people read alike is encoded once, and put together.

Both parts are quoted-printable (RFC 2045), which is encoded line by line: fragments that end with a line break can be
encoded apart. A test holds every message of a press equal to that of `compose`, as the standard library reads them.
"""

from __future__ import annotations

import re
from binascii import b2a_qp
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache

from markupsafe import escape

from directory.notify.compose import (
    LONGEST_SUBJECT,
    POLICY,
    Recipient,
    digest_of,
    header_text,
    mail_address,
    subject_of,
)
from directory.notify.fragments import Fragment, Section, closing, entry, heading, opening
from directory.notify.items import Item
from directory.notify.letterhead import Letterhead
from directory.outbound.message import Mail

# Not in a body: there, what follows an equals sign is a hexadecimal digit or the end of a line.
BOUNDARY = "=_signpost"
# Names and addresses that are written as they stand; any other goes through the standard library.
_PLAIN_NAME = re.compile(r"(?:[A-Za-z0-9]+(?: [A-Za-z0-9]+)*)?")
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_ONE_LINE = 70

_PARTS = (
    f"--{BOUNDARY}\r\n"
    'Content-Type: text/{kind}; charset="utf-8"\r\n'
    "Content-Transfer-Encoding: quoted-printable\r\n"
    "MIME-Version: 1.0\r\n\r\n"
)
_TEXT, _HTML = (_PARTS.format(kind=kind).encode("ascii") for kind in ("plain", "html"))
_END = f"--{BOUNDARY}--\r\n".encode("ascii")
_KIND = f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{BOUNDARY}"\r\n\r\n'

# Stands where each recipient's own link will.
_LINK = "https://link.invalid/"

Encoded = tuple[bytes, bytes]


@dataclass(slots=True)
class Press:
    """Writes one batch of messages; it keeps what it has encoded, so that the next batch needs a new one."""

    letterhead: Letterhead
    _sender: str = field(init=False)
    _from: str = field(init=False)
    _lists: str = field(init=False)
    _closing: Fragment = field(init=False)
    # By what an item tells and why: the notice itself is kept by its items.
    _entries: dict[tuple[int, str, tuple[str, ...], bool], Encoded] = field(default_factory=dict)
    _openings: dict[str, tuple[str, Encoded]] = field(default_factory=dict)
    _headings: dict[str, Encoded] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name, self._sender = parseaddr(self.letterhead.mail_from)
        self._from = _folded("From", mail_address(name, self._sender))
        host = self.letterhead.host
        self._closing = closing(_LINK, self.letterhead)
        self._lists = _folded("List-Id", f"Changes to services <changes.{host}>")

    def immediate(self, item: Item, *, to: Recipient, at: datetime) -> Mail:
        """As `compose_immediate`; raises ValueError where the address cannot be written in a header."""
        sections = (Section("", (item,)),)
        return self._mail(sections, subject_of(item, self._day(at)), f"delivery-{item.delivery_id}", to, at)

    def digest(self, items: Sequence[Item], *, digest_id: int, slot_at: datetime, to: Recipient, at: datetime) -> Mail:
        """As `compose_digest`."""
        sections, subject = digest_of(items, self._day(slot_at))
        return self._mail(sections, subject, f"digest-{digest_id}", to, at)

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.letterhead.zone).date()

    def _mail(self, sections: Iterable[Section], subject: str, key: str, to: Recipient, at: datetime) -> Mail:
        if subject not in self._openings:
            line = _folded("Subject", header_text(subject)[:LONGEST_SUBJECT])
            self._openings[subject] = line, _encoded(opening(subject))
        subject_line, top = self._openings[subject]
        message_id, link = f"<{key}@{self.letterhead.host}>", self.letterhead.unsubscribe_link(to.person_id)
        head = (
            f"{self._from}{_to(to)}{subject_line}Date: {_date(at.astimezone(self.letterhead.zone))}\r\n"
            f"Message-ID: {message_id}\r\n{self._lists}"
            f"List-Unsubscribe: <{link}>\r\n"
            f"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nAuto-Submitted: auto-generated\r\n{_KIND}"
        )
        text, html = self._closing.text, self._closing.html
        last = Fragment(text.replace(_LINK, link), html.replace(_LINK, str(escape(link))))
        pieces = [top, *self._pieces(sections), _encoded(last)]
        data = [head.encode("ascii"), _TEXT, *(text for text, _ in pieces), b"\r\n"]
        data += [_HTML, *(html for _, html in pieces), b"\r\n", _END]
        return Mail(self._sender, message_id, at, b"".join(data))

    def _pieces(self, sections: Iterable[Section]) -> Iterable[Encoded]:
        for section in sections:
            if section.heading:
                if section.heading not in self._headings:
                    self._headings[section.heading] = _encoded(heading(section.heading))
                yield self._headings[section.heading]
            alone = len(section.items) == 1
            for item in section.items:
                key = (id(item.notice), item.stage, item.reasons, alone)
                if key not in self._entries:
                    self._entries[key] = _encoded(entry(item, alone=alone))
                yield self._entries[key]


def _encoded(piece: Fragment) -> Encoded:
    return _lines(piece.text), _lines(piece.html)


def _lines(text: str) -> bytes:
    """Quoted-printable, with the line breaks that mail has."""
    return b2a_qp(b"".join(line + b"\r\n" for line in text.encode().splitlines()), istext=True)


def _to(to: Recipient) -> str:
    plain = _PLAIN_NAME.fullmatch(to.name) and _PLAIN_ADDRESS.fullmatch(to.email)
    if plain and len(to.name) + len(to.email) < _ONE_LINE:
        return f"To: {to.name} <{to.email}>\r\n" if to.name else f"To: {to.email}\r\n"
    return _folded("To", mail_address(to.name, to.email))


def _folded(name: str, value: object) -> str:
    """A header as the standard library writes it."""
    folded: str = POLICY.fold(*POLICY.header_store_parse(name, value))
    return folded


@lru_cache(maxsize=64)
def _date(at: datetime) -> str:
    return format_datetime(at.replace(microsecond=0))
