"""What the API answers about telling people: subscriptions, channels, awareness, bounces, knowledge pages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from directory.api.replies import Reply
from directory.domain.bounce import Severity
from directory.domain.subscription import Channel, Facet, Frequency


class KnowledgePage(Reply):
    """A knowledge page without its text."""

    slug: str
    title: str
    kind: str
    summary: str
    updated: date
    version: int
    recorded_at: datetime
    href: str


class WholeKnowledgePage(KnowledgePage):
    """A knowledge page."""

    body: str = Field(description="Markdown")
    html: str


class KnowledgePages(Reply):
    """Knowledge pages; `next` is for `after`."""

    items: list[KnowledgePage]
    next: str | None


class SubscriptionReply(Reply):
    """What somebody is told of, how often and how."""

    id: int
    label: str
    criteria: dict[Facet, list[str]]
    frequency: Frequency
    channel: Channel
    team: str | None
    mandatory: bool
    paused_until: datetime | None
    created_at: datetime
    href: str


class NewSubscription(SubscriptionReply):
    """A subscription as it was made; `secret` is that of a webhook, shown once."""

    secret: str | None = None


class SubscriptionPage(Reply):
    """Subscriptions, oldest first; `next` is for `after`."""

    items: list[SubscriptionReply]
    next: int | None


class PastChange(Reply):
    """Something that would have been told."""

    title: str
    day: date
    href: str


class SubscriptionLook(Reply):
    """What a subscription would have told since a day."""

    label: str
    criteria: dict[Facet, list[str]]
    since: datetime
    told: list[PastChange]


class ChannelReply(Reply):
    """Where a channel leads, how far it has come, and what went wrong last."""

    id: int
    channel: Channel
    address: str
    written: int
    sent: int
    failing_since: datetime | None
    next_attempt_at: datetime | None
    stopped_at: datetime | None
    reason: str | None


class SecretReply(Reply):
    """A new secret, shown once; events are signed with the former one too until an instant."""

    secret: str | None
    former_until: datetime


class Event(Reply):
    """An event as it is posted: a CloudEvent 1.0."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"]
    sequence: str
    sequencetype: Literal["Integer"]
    data: dict[str, Any]


class EventPage(Reply):
    """Events, in their order; `next` is for `after`."""

    items: list[Event]
    next: int | None


class BounceReply(Reply):
    """Whether that a message came back was news."""

    taken: bool
    severity: Severity


class AcknowledgementReply(Reply):
    """What the key's owner has said of a change."""

    change: int
    read_at: datetime | None
    excused: bool
    teams: list[str]


class ReadingReply(Reply):
    """Of so many told, so many have read it; in the median after so many seconds."""

    told: int
    read: int
    share: float | None
    after_publication: float | None
    after_effect: float | None


class TeamReadingReply(Reply):
    """The same of one team; `told_at` is when somebody said that it has been told."""

    team: str
    reading: ReadingReply | None
    told_at: datetime | None


class AwarenessReply(Reply):
    """How many have read a change; nothing is said of fewer than five people."""

    change: int
    reading: ReadingReply | None
    teams: list[TeamReadingReply]
