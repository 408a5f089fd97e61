"""What the API answers about changes, and about offers, which wait to be one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from directory.api.partial import OrganisationSet, ServiceSet, TeamSet
from directory.api.replies import Link, OrganisationLink, Reply, TeamRef
from directory.domain.change import Kind, Weight


class _Touched(Reply):
    id: str
    slug: str
    name: str
    version: int | None = Field(description="the version that the change made; null where it only reaches it")


class TouchedService(_Touched):
    """A service that a change touches, or reaches through its owner, and what it sets of it."""

    set: ServiceSet


class TouchedOrganisation(_Touched):
    """An organisation that a change touches."""

    ods_code: str | None
    set: OrganisationSet


class TouchedTeam(_Touched):
    """A team that a change touches."""

    set: TeamSet


class _ChangeFacts(Reply):
    title: str
    slug: str
    kinds: list[Kind]
    effective_from: date
    weight: Weight
    urgent: bool
    status: Literal["published", "withdrawn"]
    why: str = Field(description="Markdown")
    what_to_do: str = Field(description="Markdown")
    in_flight: str = Field(description="Markdown")
    services: list[TouchedService]
    organisations: list[TouchedOrganisation]
    teams: list[TouchedTeam]
    succession: list[Link]
    organisation_succession: list[OrganisationLink]
    supersedes: int | None
    superseded_by: int | None
    reverses: int | None
    override: str


class Change(_ChangeFacts):
    """A published change, with all that it sets."""

    number: int
    recorded_at: datetime
    sha256: str
    previous: str
    href: str


class ChangePage(Reply):
    """Changes, in the order of their numbers; `next` is for `after`."""

    items: list[Change]
    next: int | None


class ByLabel(Reply):
    """How many subscriptions of one kind."""

    label: str
    count: int


class AudienceReply(Reply):
    """Who is told."""

    people: int
    teams: int
    channels: int
    subscriptions: list[ByLabel]


class PublishedChange(Change):
    """The change that was published, and who is told."""

    audience: AudienceReply


class LeftField(Reply):
    """A field that others have set since, and that stays."""

    service: str
    field: str


class ReversedChange(PublishedChange):
    """The change that sets another back."""

    left: list[LeftField]


class NeedReply(Reply):
    """Who has to agree; `team` is null where an editor has to."""

    kind: Literal["accept", "approve"]
    team: TeamRef | None


class AgreedNeed(NeedReply):
    """Who has to agree, and whether they have."""

    agreed: bool


class DryRunChange(_ChangeFacts):
    """What publishing would do; a number and a record it gets only then."""

    number: None
    recorded_at: None
    sha256: None
    previous: None
    href: None
    audience: AudienceReply
    dry_run: Literal[True]
    needs: list[NeedReply]


class OfferedChange(Reply):
    """The change that an offer became."""

    number: int
    href: str


class OfferReply(Reply):
    """A change that waits for somebody's agreement, or what became of it."""

    ref: str
    title: str
    state: Literal["waiting", "published", "declined", "withdrawn", "expired"]
    version: int
    offered_by: list[TeamRef]
    offered_at: datetime
    expires_at: datetime
    needs: list[AgreedNeed]
    reason: str
    settled_at: datetime | None
    draft: dict[str, Any] = Field(description="as POST /changes takes it")
    change: OfferedChange | None
    href: str


class ReversalOffer(OfferReply):
    """A reversal that waits for somebody's agreement."""

    left: list[LeftField]


class OfferPage(Reply):
    """Offers; `next` is for `after`."""

    items: list[OfferReply]
    next: str | None
