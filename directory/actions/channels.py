"""Subscriptions that go to a webhook, a Teams channel or a Slack channel: begun, signed anew, gone back on, resumed.

A channel is told at once. Daily and weekly are frequencies of mail: a room or a program that waited for the morning
would only know later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from directory.actions.criteria import resolve
from directory.actions.subscribe import Wanted
from directory.domain.policy import Action, Actor, Thing, can
from directory.domain.reach import Reach
from directory.domain.subscription import Channel, Facet
from directory.errors import Invalid, NotAllowed, Problem, SubscriptionNotFound, TeamNotFound
from directory.outbound.addresses import usable_url
from directory.outbound.webhook import new_secret
from directory.store import audit, channels, subscriptions
from directory.store.channels import ChannelState, NewChannel
from directory.store.sealing import Seal
from directory.store.team_subscriptions import slug_of
from directory.store.versions import find_ids

# Of one person or one team. Each costs a request for every change.
MOST = 20
# So long events are signed with the former secret too, so that a receiver can be given the new one in peace.
BOTH_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants posted where. Of a person, or of a team by its id and slug."""

    channel: Channel
    url: str
    criteria: Mapping[Facet, Iterable[str]]
    label: str
    person_id: int | None = None
    team_id: str | None = None
    team_slug: str | None = None

    @property
    def thing(self) -> Thing:
        """Whose it is, as the policy asks."""
        return _thing(self.person_id, self.team_slug)


@dataclass(frozen=True, slots=True)
class Added:
    """A subscription that was begun, or the same that there was. `secret` is shown once; only webhooks have one."""

    subscription_id: int
    secret: str | None


def checked_url(url: str, *, reach: Reach) -> str:
    """An address that can be posted to, as it is kept; raises `Invalid` at `url` that says what is wrong with it."""
    try:
        return str(usable_url(url, reach))
    except ValueError as reason:
        raise Invalid([Problem("url", str(reason))]) from None


def subscribe_channel(
    connection: Connection,
    wanted: Wanted,
    channel: Channel,
    url: str,
    *,
    by: Actor,
    at: datetime,
    today: date,
    seal: Seal,
    reach: Reach,
) -> Added:
    """Begin a subscription on a channel for oneself, or for `wanted.team`; without criteria, to every change.

    Its frequency must be "immediately", and nothing on a channel is mandatory. Raises as `add_channel` does.
    """
    if wanted.frequency != "immediately":
        raise Invalid([Problem("frequency", "a webhook, Teams or Slack is told at once: choose immediately")])
    if wanted.mandatory:
        raise Invalid([Problem("mandatory", "only what a team hears by mail can be mandatory")])
    team_id, slug = None, None
    if wanted.team is not None:
        team_id = find_ids(connection, "team", [wanted.team]).get(wanted.team)
        if team_id is None:
            raise TeamNotFound(f"There is no team {wanted.team}.")
        slug = slug_of(connection, team_id)
    criteria = resolve(connection, wanted.criteria, today=today)
    wish = Wish(
        channel=channel,
        url=url,
        criteria=criteria.facets,
        label=criteria.label,
        person_id=by.person_id if team_id is None else None,
        team_id=team_id,
        team_slug=slug,
    )
    return add_channel(connection, wish, by=by, at=at, seal=seal, reach=reach)


def add_channel(connection: Connection, wish: Wish, *, by: Actor, at: datetime, seal: Seal, reach: Reach) -> Added:
    """Begin a subscription on a channel besides mail; raises `Invalid`, NotAllowed, PersonNotFound, TeamNotFound.

    The same criteria to the same address are the same subscription: nothing is made, and no secret is shown again.
    """
    if not can(by, "manage-channel", wish.thing):
        raise NotAllowed("Only its own leads, or an editor, post a team's updates somewhere.")
    if wish.channel not in ("webhook", "teams", "slack"):
        raise Invalid([Problem("channel", "Choose webhook, teams or slack.")])
    url = checked_url(wish.url, reach=reach)
    if channels.how_many(connection, person_id=wish.person_id, team_id=wish.team_id) >= MOST:
        raise Invalid([Problem("channel", f"There are {MOST} already: end one that is not needed.")])
    key = subscriptions.subscribe(
        connection,
        criteria=wish.criteria,
        frequency="immediately",
        label=wish.label,
        at=at,
        person_id=wish.person_id,
        team_id=wish.team_id,
        channel=wish.channel,
        address=shown_address(url, seal),
    )
    secret = new_secret() if wish.channel == "webhook" else None
    new = NewChannel(key, seal.close(url), seal.close(secret) if secret else None, by.person_id)
    if not channels.add(connection, new):
        return Added(key, None)
    _record(connection, "subscribe", key, by, at, channel=wish.channel)
    return Added(key, secret)


def shown_address(url: str, seal: Seal) -> str:
    """An address as it may be shown and listed: its host, and a mark by which two of one host can be told apart."""
    return f"{usable_url(url, Reach(private=True)).host} ({seal.mark(url)})"


def change_secret(connection: Connection, subscription_id: int, *, by: Actor, at: datetime, seal: Seal) -> str:
    """A new secret for a webhook, shown once; for `BOTH_FOR` events carry signatures by both."""
    state = _held(connection, subscription_id, by)
    if state.channel != "webhook":
        raise Invalid([Problem("channel", "Only webhooks are signed.")])
    secret = new_secret()
    channels.change_secret(connection, subscription_id, secret=seal.close(secret), former_until=at + BOTH_FOR)
    _record(connection, "change-secret", subscription_id, by, at)
    return secret


def send_again(connection: Connection, subscription_id: int, number: int, *, by: Actor, at: datetime) -> ChannelState:
    """Post every event from a number on once more, in order, under the ids that they had."""
    state = _held(connection, subscription_id, by)
    if not 1 <= number <= state.written:
        what = f"from 1 to {state.written}" if state.written else "once there is an event; there is none yet"
        raise Invalid([Problem("from", f"give a number {what}")])
    channels.go_back(connection, subscription_id, to=number - 1)
    _record(connection, "send-again", subscription_id, by, at, number=number)
    return channels.state(connection, subscription_id)


def resume(connection: Connection, subscription_id: int, *, by: Actor, at: datetime) -> ChannelState:
    """Start a channel again that Signpost gave up on, where it stopped."""
    _held(connection, subscription_id, by)
    channels.resume(connection, subscription_id)
    _record(connection, "resume", subscription_id, by, at)
    return channels.state(connection, subscription_id)


def readable(connection: Connection, subscription_id: int, by: Actor) -> ChannelState:
    """A channel whose events `by` may read; raises SubscriptionNotFound, also for somebody else's."""
    return _of(connection, subscription_id, by, "read-events")


def _held(connection: Connection, subscription_id: int, by: Actor) -> ChannelState:
    state = _of(connection, subscription_id, by, "manage-channel")
    if state.ended_at is not None:
        raise Invalid([Problem("subscription", "it has ended: subscribe again")])
    return state


def _of(connection: Connection, subscription_id: int, by: Actor, action: Action) -> ChannelState:
    state = channels.state(connection, subscription_id)
    if not can(by, action, _thing(state.person_id, state.team_slug)):
        # Numbers are easily guessed: whose they are is nobody else's business.
        message = f"There is no webhook, Teams or Slack subscription {subscription_id} of yours."
        raise SubscriptionNotFound(message, anothers=True)
    return state


def _thing(person_id: int | None, team_slug: str | None) -> Thing:
    return Thing(teams=frozenset({team_slug} if team_slug else ()), person_id=person_id)


def _record(connection: Connection, action: str, key: int, by: Actor, at: datetime, **details: object) -> None:
    audit.record(connection, audit.Event(at, by, action, f"subscription {key}", details))
