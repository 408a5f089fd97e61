"""Post what waits in channels: each in its own order, several at once, so that a slow receiver holds up only itself.

As in `deliver`: claim with a lease, commit, post, settle while the lease holds. At least once: a worker killed between
posting and settling posts again, under the same id.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from directory.domain.subscription import Channel
from directory.notify.cards import card_of
from directory.notify.events import Told, event_body, event_id, item_of, told_events
from directory.notify.post_fhir import FhirServing
from directory.notify.serving import Sender, Serving
from directory.outbound.http import Answer
from directory.outbound.slack import slack_body
from directory.outbound.teams import teams_body
from directory.outbound.webhook import post_event
from directory.store import channel_events, channels

# How many receivers are spoken to at the same time.
LINES = 8
LEASE = timedelta(minutes=2)
# A receiver that accepts gets so much of a line's time, then the next one has its turn.
TURN = timedelta(seconds=20)
# A room may refuse a card that is too rich for it; from this attempt on it gets the short one.
SHORT_FROM = 3
IDLE_SECONDS = 0.5


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


def _begin(sender: Sender) -> _EventServing | FhirServing | None:
    """A turn of the channel that has waited longest; None where nothing is due."""
    lease, at = uuid4().hex, sender.clock()
    with sender.database.read() as connection:
        if not channels.any_due(connection, at=at):
            return None
    with sender.database.write() as connection:
        turn = channels.claim(connection, lease=lease, at=at, until=at + LEASE)
    if turn is None:
        return None
    serving = FhirServing if turn.channel == "fhir" else _EventServing
    return serving(sender, turn, lease, at + TURN)


@dataclass(slots=True)
class _EventServing(Serving):
    """One turn of a webhook, or of a channel of Teams or Slack."""

    def serve(self) -> int:
        """Post in order, until one is refused or the turn is over; how many were accepted."""
        with self.sender.database.read() as connection:
            waiting = channel_events.after(connection, self.key, self.turn.sent, limit=self.at_once)
            found = told_events(connection, waiting)
        accepted, settled = 0, 0
        for place, each in enumerate(found):
            if self.sender.stop() or (place and self.over):
                break
            skipped = self.turn.channel != "webhook" and each.event.withdrawn and each.event.stage != "withdrawn"
            if not skipped and not self._try(each, self.turn.attempts if place == 0 else 1):
                return accepted
            if not self._advance(each.event.sequence, skipped=skipped):
                return accepted
            accepted, settled = accepted + (not skipped), settled + 1
        self.release(bool(settled))
        return accepted

    def _try(self, told: Told, attempts: int) -> bool:
        """Post one event; whether it was accepted. If not, the turn is settled."""
        return self.accepted(lambda: self._post(told, attempts), attempts, f"event {told.event.sequence}")

    def _post(self, told: Told, attempts: int) -> Answer:
        sender, turn, at, url = self.sender, self.turn, self.sender.clock(), self.url()
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
            still = channels.advance(
                connection, self.turn, lease=self.lease, to=sequence, at=self.sender.clock(), skipped=skipped
            )
        return self.held(still, f"event {sequence}")
