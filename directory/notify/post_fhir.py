"""One turn of a subscription of FHIR: the handshake first, then its events in order; a heartbeat where none waits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from directory.errors import DeliveryFailed
from directory.notify.fhir_notices import Kind, encoded, notification
from directory.notify.serving import Serving
from directory.outbound.http import LARGEST_BODY, SECONDS, Answer
from directory.store import channels
from directory.store import fhir_subscriptions as store
from directory.store.fhir_subscriptions import FhirEvent, Held

CONTENT_TYPE = "application/fhir+json"


@dataclass(slots=True)
class FhirServing(Serving):
    """One turn of one subscription of FHIR."""

    def serve(self) -> int:
        """Post what is due, until it is refused or the turn is over; how many events were accepted."""
        held, _ = self._read(0)
        attempts, said, sent = self.turn.attempts, False, self.turn.sent
        if held.shaken_at is None:
            if not (self._post(held, "handshake", (), attempts) and self._said(held, shaken=True)):
                return 0
            attempts, said = 1, True
        while not self.sender.stop() and not (said and self.over):
            held, waiting = self._read(sent)
            if not waiting:
                break
            told = self._fitting(held, waiting)
            if not (self._post(held, "event-notification", told, attempts) and self._said(held, told)):
                return sent - self.turn.sent
            attempts, said, sent = 1, True, told[-1].sequence
        if self.turn.beat and not said:
            if not (self._post(held, "heartbeat", (), attempts) and self._said(held)):
                return 0
            said = True
        self.release(said)
        return sent - self.turn.sent

    def _read(self, sent: int) -> tuple[Held, list[FhirEvent]]:
        with self.sender.database.read() as connection:
            held = store.one(connection, self.key)
            if held is None:
                raise LookupError(f"channel {self.key} is of FHIR, and has no subscription of FHIR")
            most = min(held.asked.most or self.at_once, self.at_once)
            return held, store.events(connection, self.key, after=sent, limit=most)

    def _fitting(self, held: Held, waiting: Sequence[FhirEvent]) -> Sequence[FhirEvent]:
        """As many of what waits as one message takes: at least the first."""
        while len(waiting) > 1 and len(self._body(held, "event-notification", waiting)) > LARGEST_BODY:
            waiting = waiting[: len(waiting) // 2]
        return waiting

    def _body(self, held: Held, kind: Kind, events: Sequence[FhirEvent]) -> bytes:
        base, at = self.sender.letterhead.base_url, self.sender.clock()
        body = encoded(notification(held, kind, events, content=held.asked.content, base=base, at=at))
        if len(body) > LARGEST_BODY and len(events) == 1:
            # Larger than a receiver is asked to take: it reads the resource where the message says.
            body = encoded(notification(held, kind, events, content="id-only", base=base, at=at))
        return body

    def _post(self, held: Held, kind: Kind, events: Sequence[FhirEvent], attempts: int) -> bool:
        def posting() -> Answer:
            at, seconds = self.sender.clock(), float(held.asked.timeout or SECONDS)
            headers = {"Content-Type": CONTENT_TYPE, **self._headers(held)}
            return self.sender.outgoing.post(
                self.url(), self._body(held, kind, events), headers, at=at, seconds=seconds
            )

        return self.accepted(posting, attempts, f"a {kind}")

    def _headers(self, held: Held) -> dict[str, str]:
        found = self.sender.seal.open(held.asked.headers)
        if found is None:
            raise DeliveryFailed("its headers were sealed under another SIGNPOST_SECRET", permanent=False)
        return {str(name): str(value) for name, value in json.loads(found)}

    def _said(self, held: Held, events: Sequence[FhirEvent] = (), *, shaken: bool = False) -> bool:
        """Settle what was accepted; whether the lease still held."""
        at = self.sender.clock()
        with self.sender.database.write() as connection:
            still = channels.beaten(connection, self.turn, lease=self.lease, next_at=_next_beat(held, at))
            if still and shaken:
                store.shaken(connection, self.key, at=at)
            if still and events:
                last = events[-1].sequence
                still = channels.advance(connection, self.turn, lease=self.lease, to=last, at=at)
        return self.held(still, "a notification")


def _next_beat(held: Held, at: datetime) -> datetime | None:
    period = held.asked.heartbeat
    return at + timedelta(seconds=period) if period else None
