"""The channels of subscriptions: their events by number, sent again, signed anew, resumed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from directory.actions import channels as deeds
from directory.api import replies_telling as replies
from directory.api.answers import page, plain
from directory.api.asking import EventsAsked
from directory.api.bodies import SendAgainBody, read_send_again
from directory.api.calls import Call
from directory.api.declaring import says
from directory.api.once import Deed, once
from directory.content.records import stamp
from directory.notify.events import cloud_event, told_events
from directory.store import channel_events
from directory.store.channels import ChannelState
from directory.store.sealing import Seal


@says("The events of a channel as they are posted, in order.", replies.EventPage)
def list_events(call: Call, asked: EventsAsked) -> Response:
    """GET /subscriptions/{number}/events?after=: what was posted, or will be, as it is posted, in order."""
    key, after, limit = call.number(), asked.after, asked.limit
    with call.site.database.read() as connection:
        deeds.readable(connection, key, call.by)
        found = channel_events.after(connection, key, after, limit=limit + 1)
        items = [cloud_event(each, call.base_url) for each in told_events(connection, found[:limit])]
    return page(items, found[limit - 1].sequence if len(found) > limit else None)


@says("Where a channel leads, how far it has come, and what went wrong last.", replies.ChannelReply)
def show_channel(call: Call) -> Response:
    """GET /subscriptions/{number}/channel: where it leads, how far it has come, and what went wrong last."""
    with call.site.database.read() as connection:
        return plain(channel_json(deeds.readable(connection, call.number(), call.by)))


@says("Send the events from a number on once more.", replies.ChannelReply, takes=SendAgainBody)
def post_send_again(call: Call) -> Response:
    """POST /subscriptions/{number}/send-again: from a number on, once more, in order."""
    key, number = call.number(), read_send_again(call.body)

    def deed(connection: Connection, at: datetime) -> dict[str, Any]:
        return channel_json(deeds.send_again(connection, key, number, by=call.by, at=at))

    return _once(call, "send-again", deed)


@says("After it was stopped, go on where it was.", replies.ChannelReply)
def post_resume(call: Call) -> Response:
    """POST /subscriptions/{number}/resume: after it was stopped, go on where it was."""
    key = call.number()

    def deed(connection: Connection, at: datetime) -> dict[str, Any]:
        return channel_json(deeds.resume(connection, key, by=call.by, at=at))

    return _once(call, "resume", deed)


@says("Another secret for a webhook, shown once.", replies.SecretReply, status=201)
def post_secret(call: Call) -> Response:
    """POST /subscriptions/{number}/secret: another secret, shown once."""
    key, seal = call.number(), Seal(call.site.settings.secret.get_secret_value())

    def deed(connection: Connection, at: datetime) -> dict[str, Any]:
        secret = deeds.change_secret(connection, key, by=call.by, at=at, seal=seal)
        return {"secret": secret, "former_until": stamp(at + deeds.BOTH_FOR)}

    return _once(call, "secret", deed, status=201)


def channel_json(state: ChannelState) -> dict[str, Any]:
    """A channel as its owner reads it: where it leads as far as that may be shown, and how far it has come."""
    return {
        "id": state.subscription_id,
        "channel": state.channel,
        "address": state.address,
        "written": state.written,
        "sent": state.sent,
        "failing_since": stamp(state.failing_since) if state.failing_since else None,
        "next_attempt_at": stamp(state.next_attempt_at) if state.next_attempt_at else None,
        "stopped_at": stamp(state.stopped_at) if state.stopped_at else None,
        "reason": state.reason,
    }


def _once(call: Call, what: str, deed: Deed, *, status: int = 200) -> Response:
    path = f"/subscriptions/{call.number()}"
    answer = once(
        call,
        f"POST {path}/{what}",
        deed,
        lead_to=lambda _body: f"{path}/channel",
        status_of=lambda _body: status,
        shown_once=("secret",),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
