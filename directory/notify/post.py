"""Letters: what one person waits for, sent at once and apart from everybody's updates.

As in `deliver`: claim with a lease, commit, send, settle while the lease holds. A letter that expired is not sent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import parseaddr
from uuid import uuid4

from directory.domain.arriving import code_of
from directory.errors import DeliveryFailed
from directory.notify import channel_letters, offer_letters, owner_letters, reminders, source_letters, update_letters
from directory.notify.compose import LONGEST_SUBJECT, POLICY, header_text, mail_address
from directory.notify.fragments import TEMPLATES
from directory.notify.letterhead import Letterhead
from directory.notify.written import Written
from directory.outbound.mail import Mailer, RelayAway
from directory.store import drafts, letters, limits, sessions, sign_ins, uploads
from directory.store.database import Database
from directory.store.letters import Letter
from directory.store.sending import Outcome

LEASE = timedelta(minutes=2)
AGAIN_AFTER = timedelta(seconds=20)
LONGEST_PAUSE = timedelta(hours=1)
AT_ONCE = 20
# How long it stays known that a letter was sent, and that somebody was signed in; no address is kept with it.
KEPT = timedelta(days=7)
DRAFTS_KEPT = timedelta(days=90)
UPLOADS_KEPT = timedelta(days=1)

log = logging.getLogger(__name__)


def send_letters(
    database: Database,
    mailer: Mailer,
    *,
    letterhead: Letterhead,
    clock: Callable[[], datetime],
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Send every letter that is due; returns how many the relay accepted."""
    accepted = 0
    with mailer:
        while not stop():
            lease, at = uuid4().hex, clock()
            with database.read() as connection:
                waiting = letters.any_due(connection, at=at)
            if not waiting:
                break
            with database.write() as connection:
                taken = letters.claim(connection, lease=lease, at=at, until=at + LEASE, limit=AT_ONCE)
            for letter in taken:
                outcome = _try(letter, mailer, letterhead, at=clock())
                accepted += outcome.state == "accepted"
                with database.write() as connection:
                    letters.settle(connection, letter, lease=lease, at=clock(), outcome=outcome)
    return accepted


def forget_what_is_over(database: Database, *, at: datetime) -> int:
    """Let go of expired sign-ins, old letters, sessions, drafts and files, and limits that limit nothing; how many."""
    with database.write() as connection:
        return (
            sign_ins.forget(connection, at=at)
            + letters.forget(connection, before=at - KEPT)
            + sessions.forget(connection, before=at - KEPT)
            + limits.forget(connection, at=at)
            + drafts.forget(connection, before=at - DRAFTS_KEPT)
            + uploads.forget(connection, before=at - UPLOADS_KEPT)
        )


def write_letter(letter: Letter, *, letterhead: Letterhead, at: datetime) -> EmailMessage:
    """The message of a letter; raises ValueError where the address cannot be written in a header."""
    written = _WRITTEN[letter.kind](letter, letterhead)
    message = EmailMessage(policy=POLICY)
    message["From"] = mail_address(*parseaddr(letterhead.mail_from))
    message["To"] = mail_address("", letter.email)
    message["Subject"] = header_text(written.subject)[:LONGEST_SUBJECT]
    message["Date"] = at.astimezone(letterhead.zone)
    # SQLite counts from 1 again once all are forgotten, and mailboxes drop what has a number that they saw before.
    message["Message-ID"] = f"<letter-{letter.id}-{letter.queued_at:%Y%m%d%H%M%S}@{letterhead.host}>"
    message["Auto-Submitted"] = "auto-generated"
    shown = {"subject": written.subject, "letterhead": letterhead, **written.shown}
    message.set_content(TEMPLATES.get_template(f"{written.template}.txt").render(shown))
    message.add_alternative(TEMPLATES.get_template(f"{written.template}.html").render(shown), subtype="html")
    return message


def _sign_in(letter: Letter, letterhead: Letterhead) -> Written:
    sign_in = str(letter.facts["sign_in"])
    code = code_of(sign_in, letterhead.secret)
    shown = {"link": letterhead.sign_in_link(sign_in), "code": f"{code[:4]} {code[4:]}"}
    return Written(f"Sign in to {letterhead.organisation_name}", "sign_in", shown)


def _passkey_added(letter: Letter, letterhead: Letterhead) -> Written:
    shown = {"name": str(letter.facts["name"]), "link": letterhead.link("/account")}
    return Written(f"A passkey was added to your {letterhead.organisation_name} account", "passkey_added", shown)


_WRITTEN: dict[str, Callable[[Letter, Letterhead], Written]] = {
    "sign-in": _sign_in,
    "passkey-added": _passkey_added,
    "report-new": owner_letters.report_new,
    "report-answered": owner_letters.report_answered,
    "checks-due": owner_letters.checks_due,
    "offer": offer_letters.offer,
    "offer-over": offer_letters.offer_over,
    "emergency": offer_letters.emergency,
    "reviews-due": offer_letters.reviews_due,
    "channel": channel_letters.channel,
    "source": source_letters.source,
    "please-read": reminders.please_read,
    "test-update": update_letters.test_update,
    "mail-stopped": update_letters.mail_stopped,
}


def _try(letter: Letter, mailer: Mailer, letterhead: Letterhead, *, at: datetime) -> Outcome:
    if at >= letter.expires_at:
        return Outcome("dropped", "it expired before it could be sent")
    try:
        message = write_letter(letter, letterhead=letterhead, at=at)
    except ValueError as error:
        return Outcome("failed", f"the address cannot be written to: {error}")
    except Exception:
        # One letter that cannot be made must not keep those behind it from going out.
        log.exception("letter %s cannot be composed", letter.id)
        return Outcome("failed", "it cannot be composed")
    try:
        mailer.send(message, letter.email)
    except RelayAway as failure:
        log.warning("letter %s waits: %s", letter.id, failure)
        return Outcome("pending", str(failure), at + _pause(letter))
    except DeliveryFailed as failure:
        if failure.permanent:
            return Outcome("failed", str(failure))
        return Outcome("pending", str(failure), at + _pause(letter))
    return Outcome("accepted")


def _pause(letter: Letter) -> timedelta:
    """Somebody stands and waits for a sign-in; what is good for days is tried less and less often."""
    if letter.expires_at - letter.queued_at <= LONGEST_PAUSE:
        return AGAIN_AFTER
    return min(AGAIN_AFTER * (1 << min(letter.attempts, 10)), LONGEST_PAUSE)
