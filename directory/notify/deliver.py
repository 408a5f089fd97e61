"""Step four: send what is due. Claim with a lease, commit, compose and send, then settle while the lease holds.

At least once: a worker killed between sending and settling sends again, with the same Message-ID. At most one message
for each kill: what became of one is committed before the relay is given the text of the next.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection

from directory.errors import DeliveryFailed
from directory.notify.compose import Recipient
from directory.notify.items import Item, items_of
from directory.notify.letterhead import Letterhead
from directory.notify.press import Press
from directory.outbound.mail import Mailer, RelayAway
from directory.outbound.message import Mail
from directory.store import relays, sending
from directory.store.database import Database
from directory.store.sending import Claimed, Outcome, Queued, Unit
from directory.store.settling import Finish, Settling

LEASE = timedelta(minutes=5)
# A send may hang for minutes: none begins so late that it could outlive the lease.
SENDING = timedelta(minutes=2)
# One, five and fifteen minutes, an hour, then every four: 72 hours in all.
DELAYS = (*(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60)), *(timedelta(hours=4),) * 18)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message to one person: a delivery, or a digest with its deliveries."""

    unit: Unit
    id: int
    attempts: int
    email: str | None
    person_id: int
    name: str
    items: tuple[Item, ...]
    slot_at: datetime | None


def deliver_due(
    database: Database,
    mailer: Mailer,
    *,
    letterhead: Letterhead,
    clock: Callable[[], datetime],
    limit: int = 200,
    a_minute: int | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Send everything that is due, batch by batch, and return how many messages the relay accepted.

    At most so many `a_minute`, of all who send by the same relay. Ends early when these have gone, when the relay is
    away or `stop` says so; what was claimed and not tried is given back.
    """
    accepted = 0
    with database.read() as connection:
        if relays.is_resting(connection, mailer.name, at=clock()) or not sending.any_due(connection, at=clock()):
            return 0
    with mailer:
        while not stop():
            lease, began = uuid4().hex, clock()
            with database.write() as connection:
                claimed = _claim(connection, mailer.name, lease, began, limit=limit, a_minute=a_minute)
            if not claimed:
                break
            batch = _Batch(database, mailer, Press(letterhead), clock, lease, began + SENDING)
            accepted += batch.send(_parcels(database, claimed, letterhead), stop)
            if batch.relay_away:
                break
    return accepted


def _claim(
    connection: Connection, relay: str, lease: str, at: datetime, *, limit: int, a_minute: int | None
) -> Claimed:
    until = at + LEASE
    if a_minute is None:
        return sending.claim(connection, lease=lease, at=at, until=until, limit=limit)
    limit = min(limit, relays.room(connection, relay, a_minute=a_minute, at=at))
    claimed = sending.claim(connection, lease=lease, at=at, until=until, limit=limit)
    relays.take(connection, relay, len(claimed), a_minute=a_minute, at=at)
    return claimed


def retry_after(attempts: int, seed: int) -> timedelta | None:
    """How long to wait after so many attempts; None when it is time to give up, after 72 hours.

    Up to a fifth is added by `seed`, so that a thousand that failed together do not come back together.
    """
    if not 1 <= attempts <= len(DELAYS):
        return None
    return DELAYS[attempts - 1] * (1 + (seed * 7919 % 1000) / 5000)


def _parcels(database: Database, claimed: Claimed, letterhead: Letterhead) -> list[Parcel]:
    """What was claimed, loaded in one snapshot and in the order in which it is to be sent."""
    with database.read() as connection:
        found = sending.queued(connection, claimed)
        items = {item.delivery_id: item for item in items_of(connection, found, letterhead)}
    single = {each.id: each for each in found if each.digest_id is None}
    together: dict[int, list[Queued]] = {}
    for each in found:
        if each.digest_id is not None:
            together.setdefault(each.digest_id, []).append(each)
    return [
        *(_parcel("delivery", key, [single[key]] if key in single else [], items) for key in claimed.deliveries),
        *(_parcel("digest", key, together.get(key, []), items) for key in claimed.digests),
    ]


def _parcel(unit: Unit, key: int, contents: Sequence[Queued], items: Mapping[int, Item]) -> Parcel:
    # A change withdrawn since the claim is left out; the next round drops its delivery.
    left = tuple(
        item for each in contents if not (item := items[each.id]).notice.withdrawn or item.stage == "withdrawn"
    )
    if not contents:
        return Parcel(unit, key, 0, None, 0, "", (), None)
    first = contents[0]
    return Parcel(unit, key, first.attempts, first.email, first.person_id, first.name, left, first.slot_at)


@dataclass(slots=True)
class _Batch:
    """One lease at work."""

    database: Database
    mailer: Mailer
    press: Press
    clock: Callable[[], datetime]
    lease: str
    until: datetime
    relay_away: bool = False
    _settling: tuple[Parcel, Finish] | None = None

    def send(self, parcels: Sequence[Parcel], stop: Callable[[], bool]) -> int:
        """Try each parcel once; how many were accepted."""
        accepted = 0
        with self.database.each() as connection:
            records = Settling(self.database, connection, self.lease)
            try:
                for parcel in parcels:
                    if stop() or self.clock() >= self.until:
                        break
                    outcome = self._try(parcel)
                    self._settled()
                    contents = [item.delivery_id for item in parcel.items]
                    at = self.clock()
                    # It is done while the next message is written, and the relay is told for whom that is.
                    finish = records.begin(parcel.unit, parcel.id, at=at, outcome=outcome, contents=contents)
                    self._settling = parcel, finish
                    accepted += outcome.state == "accepted"
            except RelayAway as failure:
                # No message is at fault: all of them go out, in their order, on its return.
                self._away(str(failure))
            finally:
                # Also where something failed: what was accepted is not to be sent again.
                self._settled()
        with self.database.write() as connection:
            sending.release(connection, lease=self.lease)
            if accepted and relays.is_back(connection, self.mailer.name):
                log.warning("%s takes mail again", self.mailer.name)
        return accepted

    def _settled(self) -> None:
        """Wait until what became of the last message is committed: a kill must not repeat two."""
        begun, self._settling = self._settling, None
        if begun is not None:
            parcel, finish = begun
            if not finish():
                log.warning("%s %s: the lease was lost before the outcome was recorded", parcel.unit, parcel.id)

    def _written(self, parcel: Parcel) -> Mail | Outcome:
        """The message, or what becomes of it where it is not to be sent."""
        if not parcel.items:
            return Outcome("dropped", "nothing left to tell")
        if parcel.email is None:
            return Outcome("dropped", "the person was erased")
        try:
            return self._compose(parcel, parcel.email)
        except ValueError as error:
            return Outcome("failed", f"the address cannot be written to: {error}")
        except Exception:
            # One message that cannot be made must not keep those behind it from going out.
            log.exception("%s %s cannot be composed", parcel.unit, parcel.id)
            return self._later(parcel, "it cannot be composed")

    def _try(self, parcel: Parcel) -> Outcome:
        written = self._written(parcel)
        if isinstance(written, Outcome):
            return written
        try:
            self.mailer.send(written, parcel.email or "", after=self._settled)
        except RelayAway:
            raise
        except DeliveryFailed as failure:
            return Outcome("failed", str(failure)) if failure.permanent else self._later(parcel, str(failure))
        return Outcome("accepted")

    def _compose(self, parcel: Parcel, email: str) -> Mail:
        to, at = Recipient(parcel.person_id, email, parcel.name), self.clock()
        if parcel.unit == "delivery" or parcel.slot_at is None:
            return self.press.immediate(parcel.items[0], to=to, at=at)
        return self.press.digest(parcel.items, digest_id=parcel.id, slot_at=parcel.slot_at, to=to, at=at)

    def _later(self, parcel: Parcel, reason: str) -> Outcome:
        delay = retry_after(parcel.attempts, parcel.id)
        if delay is None:
            return Outcome("failed", f"given up after {parcel.attempts} attempts: {reason}")
        return Outcome("pending", reason, self.clock() + delay)

    def _away(self, reason: str) -> None:
        self.relay_away = True
        with self.database.write() as connection:
            relays.is_away(connection, self.mailer.name, reason, at=self.clock())
        log.warning("what is to be sent waits: %s", reason)
