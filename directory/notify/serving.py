"""One turn of one channel: what is posted in it is accepted, tried again later, or not sent any more."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import Connection

from directory.errors import DeliveryFailed
from directory.notify.channel_letters import tell_owner
from directory.notify.letterhead import Letterhead
from directory.outbound.http import Answer, Outgoing
from directory.store import channels, subscriptions
from directory.store.channels import Later, Turn
from directory.store.database import Database
from directory.store.sealing import Seal

# Ten seconds, one, five and fifteen minutes, an hour, then every four.
DELAYS = (timedelta(seconds=10), *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240)))
GIVE_UP_AFTER = timedelta(days=3)
GONE = 410

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sender:
    """What posting takes."""

    database: Database
    outgoing: Outgoing
    letterhead: Letterhead
    seal: Seal
    clock: Callable[[], datetime]
    stop: Callable[[], bool] = lambda: False


def retry_after(attempts: int, seed: int) -> timedelta:
    """How long to wait after so many attempts.

    Up to a fifth is added by `seed`, so that receivers that failed together do not come back together.
    """
    return DELAYS[min(attempts, len(DELAYS)) - 1] * (1 + (seed * 7919 % 1000) / 5000)


@dataclass(slots=True)
class Serving:
    """A channel, held until the lease or the turn is over; what it posts is of its kind."""

    sender: Sender
    turn: Turn
    lease: str
    until: datetime
    at_once: ClassVar[int] = 20

    @property
    def key(self) -> int:
        """The number of the subscription."""
        return self.turn.subscription_id

    @property
    def over(self) -> bool:
        """Whether another channel has waited long enough, or the worker is to end."""
        return self.sender.stop() or self.sender.clock() >= self.until

    def url(self) -> str:
        """Where to post; raises DeliveryFailed."""
        found = self.sender.seal.open(self.turn.url)
        if found is None:
            raise DeliveryFailed("its address was sealed under another SIGNPOST_SECRET", permanent=False)
        return found

    def accepted(self, posting: Callable[[], Answer], attempts: int, what: str) -> bool:
        """Post something; whether it was accepted. If not, the turn is settled. `what` it is, for the log."""
        try:
            answer = posting()
        except DeliveryFailed as failure:
            self._refused(str(failure), attempts, None)
            return False
        except Exception:
            log.exception("%s of subscription %s cannot be put together", what, self.key)
            self._refused("the event cannot be put together here", attempts, None)
            return False
        if answer.accepted:
            return True
        if answer.status == GONE:
            self._gone()
        else:
            self._refused(answer.words, attempts, answer.retry_after)
        return False

    def held(self, still: bool, what: str) -> bool:
        """The same, with a line in the log where the lease was lost."""
        if not still:
            log.warning("subscription %s: the lease was lost before %s was settled", self.key, what)
        return still

    def release(self, settled: bool) -> None:
        """Give the channel back. What was not tried does not count as an attempt."""
        attempts = 0 if settled else self.turn.attempts - 1
        with self.sender.database.write() as connection:
            channels.release(connection, self.turn, lease=self.lease, attempts=attempts)

    def _refused(self, reason: str, attempts: int, patience: timedelta | None) -> None:
        at, since = self.sender.clock(), self.turn.failing_since if attempts > 1 else None
        since = since or at
        delay = retry_after(attempts, self.key) if patience is None else max(patience, DELAYS[0])
        with self.sender.database.write() as connection:
            if at + delay <= since + GIVE_UP_AFTER:
                later = Later(attempts, until=at + delay, since=since, reason=reason)
                channels.put_off(connection, self.turn, later, lease=self.lease)
            elif channels.stop(connection, self.turn, lease=self.lease, at=at, reason=reason):
                self._tell(connection, "stopped", reason, at)

    def _gone(self) -> None:
        at, reason = self.sender.clock(), "it answered 410 Gone"
        with self.sender.database.write() as connection:
            if channels.stop(connection, self.turn, lease=self.lease, at=at, reason=reason):
                subscriptions.end(connection, self.key, at=at)
                self._tell(connection, "ended", reason, at)

    def _tell(self, connection: Connection, what: str, reason: str, at: datetime) -> None:
        tell_owner(connection, self.turn, what=what, reason=reason, at=at)
