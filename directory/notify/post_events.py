"""Post what waits in channels: each in its own order, several at once, so that a slow receiver holds up only itself.

As in `deliver`: claim with a lease, commit, post, settle while the lease holds. At least once: a worker killed between
posting and settling posts again, under the same id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection

from directory.domain.subscription import Channel
from directory.errors import DeliveryFailed
from directory.notify.cards import card_of
from directory.notify.channel_letters import tell_owner
from directory.notify.events import Told, event_body, event_id, item_of, told_events
from directory.notify.letterhead import Letterhead
from directory.outbound.http import Answer, Outgoing
from directory.outbound.slack import slack_body
from directory.outbound.teams import teams_body
from directory.outbound.webhook import post_event
from directory.store import channel_events, channels, subscriptions
from directory.store.channels import Later, Turn
from directory.store.database import Database
from directory.store.sealing import Seal

# How many receivers are spoken to at the same time.
LINES = 8
LEASE = timedelta(minutes=2)
# A receiver that accepts gets so much of a line's time, then the next one has its turn.
TURN = timedelta(seconds=20)
AT_ONCE = 20
# Ten seconds, one, five and fifteen minutes, an hour, then every four.
DELAYS = (timedelta(seconds=10), *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240)))
GIVE_UP_AFTER = timedelta(days=3)
GONE = 410
# A room may refuse a card that is too rich for it; from this attempt on it gets the short one.
SHORT_FROM = 3
IDLE_SECONDS = 0.5

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


def post_due(sender: Sender) -> int:
    """Post everything that is due and comes meanwhile; returns how many events were accepted."""
    with sender.database.read() as connection:
        if not channels.any_due(connection, at=sender.clock()):
            return 0
    accepted, serving = 0, set[Future[int]]()
    with ThreadPoolExecutor(LINES, thread_name_prefix="signpost-channel") as pool:
        while not sender.stop():
            if len(serving) < LINES and (begun := _begin(sender)):
                serving.add(pool.submit(begun.serve))
                continue
            if not serving:
                break
            done, serving = wait(serving, IDLE_SECONDS, FIRST_COMPLETED)
            accepted += sum(each.result() for each in done)
        accepted += sum(each.result() for each in serving)
    return accepted


def retry_after(attempts: int, seed: int) -> timedelta:
    """How long to wait after so many attempts.

    Up to a fifth is added by `seed`, so that receivers that failed together do not come back together.
    """
    return DELAYS[min(attempts, len(DELAYS)) - 1] * (1 + (seed * 7919 % 1000) / 5000)


def _begin(sender: Sender) -> _Serving | None:
    """A turn of the channel that has waited longest; None where nothing is due."""
    lease, at = uuid4().hex, sender.clock()
    with sender.database.read() as connection:
        if not channels.any_due(connection, at=at):
            return None
    with sender.database.write() as connection:
        turn = channels.claim(connection, lease=lease, at=at, until=at + LEASE)
    return _Serving(sender, turn, lease, at + TURN) if turn else None


@dataclass(slots=True)
class _Serving:
    """One turn of one channel."""

    sender: Sender
    turn: Turn
    lease: str
    until: datetime

    def serve(self) -> int:
        """Post in order, until one is refused or the turn is over; how many were accepted."""
        with self.sender.database.read() as connection:
            waiting = channel_events.after(connection, self.turn.subscription_id, self.turn.sent, limit=AT_ONCE)
            found = told_events(connection, waiting)
        accepted, settled = 0, 0
        for place, each in enumerate(found):
            if self.sender.stop() or (place and self.sender.clock() >= self.until):
                break
            skipped = self.turn.channel != "webhook" and each.event.withdrawn and each.event.stage != "withdrawn"
            if not skipped and not self._try(each, self.turn.attempts if place == 0 else 1):
                return accepted
            if not self._advance(each.event.sequence, skipped=skipped):
                return accepted
            accepted, settled = accepted + (not skipped), settled + 1
        # What was not tried does not count as an attempt.
        attempts = 0 if settled else self.turn.attempts - 1
        with self.sender.database.write() as connection:
            channels.release(connection, self.turn, lease=self.lease, attempts=attempts)
        return accepted

    def _try(self, told: Told, attempts: int) -> bool:
        """Post one event; whether it was accepted. If not, the turn is settled."""
        try:
            answer = self._post(told, attempts)
        except DeliveryFailed as failure:
            self._refused(str(failure), attempts, None)
            return False
        except Exception:
            log.exception("event %s of subscription %s cannot be put together", told.event.sequence, self._key)
            self._refused("the event cannot be put together here", attempts, None)
            return False
        if answer.accepted:
            return True
        if answer.status == GONE:
            self._gone()
        else:
            self._refused(answer.words, attempts, answer.retry_after)
        return False

    def _post(self, told: Told, attempts: int) -> Answer:
        sender, turn, at = self.sender, self.turn, self.sender.clock()
        url = sender.seal.open(turn.url)
        if url is None:
            raise DeliveryFailed("its address was sealed under another SIGNPOST_SECRET", permanent=False)
        if turn.channel == "webhook":
            known = [sender.seal.open(sealed) for sealed in (turn.secret, turn.former_secret) if sealed]
            secrets = [secret for secret in known if secret]
            body, key = event_body(told, sender.letterhead.base_url), event_id(told.event, sender.letterhead.base_url)
            return post_event(sender.outgoing, url, body, event_id=key, secrets=secrets, at=at)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return sender.outgoing.post(url, self._card(turn.channel, told, attempts, at), headers, at=at)

    def _card(self, channel: Channel, told: Told, attempts: int, at: datetime) -> bytes:
        letterhead = self.sender.letterhead
        item, today = item_of(told, self.turn.label, letterhead), at.astimezone(letterhead.zone).date()
        card = card_of(item, today=today, organisation_name=letterhead.organisation_name)
        card = card.short() if attempts >= SHORT_FROM else card
        return teams_body(card) if channel == "teams" else slack_body(card)

    def _advance(self, sequence: int, *, skipped: bool) -> bool:
        with self.sender.database.write() as connection:
            held = channels.advance(
                connection, self.turn, lease=self.lease, to=sequence, at=self.sender.clock(), skipped=skipped
            )
        if not held:
            log.warning("subscription %s: the lease was lost before event %s was settled", self._key, sequence)
        return held

    def _refused(self, reason: str, attempts: int, patience: timedelta | None) -> None:
        at, since = self.sender.clock(), self.turn.failing_since if attempts > 1 else None
        since = since or at
        delay = retry_after(attempts, self._key) if patience is None else max(patience, DELAYS[0])
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
                subscriptions.end(connection, self._key, at=at)
                self._tell(connection, "ended", reason, at)

    def _tell(self, connection: Connection, what: str, reason: str, at: datetime) -> None:
        tell_owner(connection, self.turn, what=what, reason=reason, at=at)

    @property
    def _key(self) -> int:
        return self.turn.subscription_id
