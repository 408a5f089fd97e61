"""Webhooks: an event signed by Standard Webhooks, with every secret that is valid, and posted."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

from directory.outbound.http import Answer, Outgoing

PREFIX = "whsec_"
# Standard Webhooks asks for 24 to 64.
SECRET_BYTES = 32
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"


def new_secret() -> str:
    """A secret as receivers are given it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def post_event(
    outgoing: Outgoing, url: str, body: bytes, *, event_id: str, secrets: Sequence[str], at: datetime
) -> Answer:
    """Post one event (a CloudEvent as JSON) under the same `event_id` each time; raises DeliveryFailed."""
    return outgoing.post(url, body, signed(body, event_id=event_id, secrets=secrets, at=at), at=at)


def signed(body: bytes, *, event_id: str, secrets: Sequence[str], at: datetime) -> dict[str, str]:
    """The headers of an event; a receiver that knows any one of the secrets can tell that it is ours, and fresh."""
    moment = at.astimezone(UTC)
    signatures = [Webhook(secret).sign(event_id, moment, body.decode()) for secret in secrets]
    return {
        "Content-Type": CONTENT_TYPE,
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
