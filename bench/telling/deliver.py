"""Writing mail, on one processor; and sending it, beside a bare loop of the standard library with the same bytes."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage

from sqlalchemy import text

from bench.telling.town import NOON, SCHEDULE, ZONE, follow, found, moves, people_of, settle_down
from directory.content import markdown
from directory.notify.compose import Recipient
from directory.notify.deliver import deliver_due
from directory.notify.digest import next_slot, run_due_slots
from directory.notify.items import Item, items_of
from directory.notify.letterhead import Letterhead
from directory.notify.match import match_announced
from directory.notify.press import Press
from directory.outbound.mail import SmtpMailer
from directory.outbound.message import Mail
from directory.store import sending
from directory.store.database import Database
from directory.store.sending import Claimed, Queued

BATCH = 200
# How many are sent by one way before it is the other's turn.
TURN = 200
LETTERHEAD = Letterhead(
    base_url="https://signpost.example",
    mail_from="Signpost <signpost@signpost.example>",
    organisation_name="Northmoor Signpost",
    secret="not a secret",  # noqa: S106
    zone=ZONE,
    render_markdown=lambda words: markdown.render(
        words, service_link=lambda slug: f"https://signpost.example/services/{slug}"
    ),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """Messages a second: written (processor time), sent by a bare loop, and by the step with all that it does."""

    messages: int
    size: int
    written: float
    bare: float
    ours: float

    @property
    def share(self) -> float:
        """How much of the bare loop's speed the step has."""
        return self.ours / self.bare


def prepare(database: Database, people: int, *, digests: int = 0) -> None:
    """So many people to tell of one change at once or, with `digests`, of so many changes in a digest."""
    found(database)
    follow(database, people_of(database, people), ranks=(1,) if digests else (0,))
    for number in range(1, max(digests, 1) + 1):
        moves(database, number=number)
    match_announced(database, at=NOON, zone=ZONE)
    if digests:
        slot = next_slot(SCHEDULE, NOON).at
        run_due_slots(database, SCHEDULE, at=slot)
    settle_down(database)


def measured(database: Database, port: int) -> Sent:
    """Write what waits, and send it twice, bare and as the worker does: in turns, as machines change their speed."""
    batches, spent = _written(database)
    mails = [mail for batch in batches for mail in batch]
    bare = ours = 0.0
    for at in range(0, len(mails), TURN):
        turn = mails[at : at + TURN]
        bare += _bare(turn, port)
        ours += _ours(database, port, len(turn))
    size = sum(len(mail.data) for mail in mails) // len(mails)
    return Sent(len(mails), size, len(mails) / spent, len(mails) / bare, len(mails) / ours)


def _ours(database: Database, port: int, count: int) -> float:
    mailer = _Counting(f"smtp://127.0.0.1:{port}")
    began = time.perf_counter()
    sent = deliver_due(
        database,
        mailer,
        letterhead=LETTERHEAD,
        clock=lambda: NOON + timedelta(days=2),
        stop=lambda: mailer.sent == count,
    )
    if sent != count:
        raise RuntimeError(f"{count} messages were to be sent, and {sent} were")
    return time.perf_counter() - began


class _Counting(SmtpMailer):
    sent = 0

    def send(self, message: Mail | EmailMessage, to: str, *, after: Callable[[], object] | None = None) -> None:
        super().send(message, to, after=after)
        self.sent += 1


def _written(database: Database) -> tuple[list[list[Mail]], float]:
    """Every message that waits, in batches, and how many seconds of a processor writing them took."""
    with database.read() as connection:
        single = tuple(connection.scalars(text("SELECT id FROM deliveries WHERE digest_id IS NULL ORDER BY id")))
        together = tuple(connection.scalars(text("SELECT id FROM digests ORDER BY id")))
        loaded = [sending.queued(connection, Claimed(part, ())) for part in _parts(single)]
        loaded += [sending.queued(connection, Claimed((), part)) for part in _parts(together)]
        items = [items_of(connection, batch, LETTERHEAD) for batch in loaded]
    began = time.thread_time()
    batches = [_batch(rows, told) for rows, told in zip(loaded, items, strict=True)]
    return batches, time.thread_time() - began


def _batch(rows: list[Queued], items: list[Item]) -> list[Mail]:
    press, found = Press(LETTERHEAD), dict(zip([row.id for row in rows], items, strict=True))
    mails, by_digest = [], dict[int, list[Queued]]()
    for row in rows:
        if row.digest_id is None:
            mails.append(press.immediate(found[row.id], to=_to(row), at=NOON))
        else:
            by_digest.setdefault(row.digest_id, []).append(row)
    for key, theirs in by_digest.items():
        told = [found[row.id] for row in theirs]
        slot = theirs[0].slot_at or NOON
        mails.append(press.digest(told, digest_id=key, slot_at=slot, to=_to(theirs[0]), at=NOON))
    return mails


def _to(row: Queued) -> Recipient:
    return Recipient(row.person_id, row.email or "", row.name)


def _parts(ids: tuple[int, ...]) -> list[tuple[int, ...]]:
    return [ids[at : at + BATCH] for at in range(0, len(ids), BATCH)]


def _bare(mails: list[Mail], port: int) -> float:
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for mail in mails:
            smtp.sendmail(mail.sender, ["nurse@northmoor.example"], mail.data)
    return time.perf_counter() - began
