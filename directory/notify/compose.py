"""Step three: a message from items. Pure: the same items give the same message, with the same Message-ID.

Text and HTML come from the same record (`notice.Notice`). Headers follow RFC 5322, RFC 2369 and RFC 8058
(unsubscribing), RFC 2919 (List-Id) and RFC 3834 (Auto-Submitted).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr

from directory.notify.fragments import Section, fragments
from directory.notify.headers import headers
from directory.notify.items import Item
from directory.notify.letterhead import Letterhead
from directory.notify.lines import one_line
from directory.notify.notice import Notice, full_date
from directory.notify.page_notice import PageNotice

# Seven-bit, so that no relay has to say that it takes more.
POLICY = SMTP.clone(cte_type="7bit", header_factory=headers())
# Always the same, so that what is encoded line by line can be put together.
ENCODING = "quoted-printable"
LONGEST_SUBJECT = 200
THIS_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom a message goes."""

    person_id: int
    email: str
    name: str = ""


def compose_immediate(item: Item, *, to: Recipient, letterhead: Letterhead, at: datetime) -> EmailMessage:
    """The message of one delivery; raises ValueError where the address cannot be written in a header.

    `press.Press` writes the same, many times as fast.
    """
    return _message(
        [Section("", (item,))],
        subject=subject_of(item, _today(letterhead, at)),
        message_id=f"delivery-{item.delivery_id}",
        to=to,
        letterhead=letterhead,
        at=at,
    )


def compose_digest(
    items: Sequence[Item],
    *,
    digest_id: int,
    slot_at: datetime,
    to: Recipient,
    letterhead: Letterhead,
    at: datetime,
) -> EmailMessage:
    """The message of one digest, ordered by effective date with what starts this week first."""
    sections, subject = digest_of(items, _today(letterhead, slot_at))
    return _message(sections, subject=subject, message_id=f"digest-{digest_id}", to=to, letterhead=letterhead, at=at)


def digest_of(items: Sequence[Item], today: date) -> tuple[list[Section], str]:
    """The sections of a digest, and its subject."""
    sections = sections_of(items, today)
    shown = [item for section in sections for item in section.items]
    return sections, subject_of(shown[0], today) if len(shown) == 1 else _counted(shown)


def subject_of(item: Item, today: date) -> str:
    """The subject of a message about one change or page."""
    notice = item.notice
    if isinstance(notice, PageNotice):
        return notice.lead
    day = full_date(notice.effective_from)
    if item.stage == "withdrawn":
        words = notice.title
    elif item.stage == "amended":
        words = f"Changed: {notice.title}, from {day}"
    elif item.stage == "in-force" and notice.effective_from == today:
        words = f"From today, {day}: {notice.title}"
    elif notice.effective_from <= today:
        words = (
            f"Since {day}: {notice.title}" if notice.effective_from < today else f"From today, {day}: {notice.title}"
        )
    else:
        words = f"From {day}: {notice.title}"
    return f"Urgent: {words}" if notice.urgent else words


def _counted(items: Sequence[Item]) -> str:
    """How many things a digest tells of: "2 changes to services you follow", "1 change and 3 updates of pages"."""
    pages = sum(item.of_page for item in items)
    changes = len(items) - pages
    said = f"{changes} {'change' if changes == 1 else 'changes'}"
    if not pages:
        return f"{said} to services you follow"
    updates = f"{pages} {'update' if pages == 1 else 'updates'} of pages you follow"
    return f"{said} to services and {updates}" if changes else updates


def sections_of(items: Sequence[Item], today: date) -> list[Section]:
    """The items of a digest as they are read: a change told at two stages at once is shown once, at the later one.

    Pages come last, in the order in which they were written.
    """
    by_change: dict[int, tuple[Item, Notice]] = {}
    pages = []
    for item in items:
        if isinstance(item.notice, PageNotice):
            pages.append(item)
            continue
        known = by_change.get(item.notice.number)
        if known is None or known[0].stage == "announced":
            by_change[item.notice.number] = item, item.notice
    ordered = sorted(by_change.values(), key=lambda each: (each[1].effective_from, each[1].number))
    parts: dict[str, list[Item]] = {"Starting this week": [], "Later": [], "Already in force": []}
    for item, notice in ordered:
        parts[_heading(notice.effective_from, today)].append(item)
    parts["Pages you follow"] = pages
    return [Section(heading, tuple(found)) for heading, found in parts.items() if found]


def _heading(day: date, today: date) -> str:
    if day < today:
        return "Already in force"
    return "Starting this week" if day < today + THIS_WEEK else "Later"


def _message(
    sections: Sequence[Section],
    *,
    subject: str,
    message_id: str,
    to: Recipient,
    letterhead: Letterhead,
    at: datetime,
) -> EmailMessage:
    message = EmailMessage(policy=POLICY)
    unsubscribe = letterhead.unsubscribe_link(to.person_id)
    message["From"] = mail_address(*parseaddr(letterhead.mail_from))
    message["To"] = mail_address(to.name, to.email)
    message["Subject"] = header_text(subject)[:LONGEST_SUBJECT]
    message["Date"] = at.astimezone(letterhead.zone)
    message["Message-ID"] = f"<{message_id}@{letterhead.host}>"
    message["List-Id"] = f"Changes to services <changes.{letterhead.host}>"
    message["List-Unsubscribe"] = f"<{unsubscribe}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    pieces = list(fragments(sections, subject=subject, unsubscribe=unsubscribe, letterhead=letterhead))
    message.set_content("".join(each.text for each in pieces), cte=ENCODING)
    message.add_alternative("".join(each.html for each in pieces), subtype="html", cte=ENCODING)
    return message


def header_text(text: str) -> str:
    """Words for a header. An encoded word (RFC 2047) in them would be decoded into what it hides, even line breaks."""
    return one_line(text).replace("=?", "= ?")


def mail_address(name: str, address: str) -> Address:
    """A name and an address for a header; raises ValueError where it cannot be one."""
    try:
        return Address(header_text(name), addr_spec=address)
    except (HeaderParseError, IndexError, AttributeError) as error:
        raise ValueError(f"{address!r} is no address") from error


def _today(letterhead: Letterhead, at: datetime) -> date:
    return at.astimezone(letterhead.zone).date()
