"""What the API answers, as shapes: the document describes them, and the tests hold every answer against them.

No key is ever left out but where a shape gives it a default. Days are ISO dates, instants RFC 3339 in UTC.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from directory.domain.change import Kind
from directory.domain.report import ReportKind
from directory.domain.report import State as ReportState
from directory.domain.service import (
    Area,
    Contact,
    Eligibility,
    Identifier,
    Location,
    Owner,
    ReferralRoute,
    Setting,
    Status,
)
from directory.domain.succession import Part, SuccessionKind


class Reply(BaseModel):
    """A shape of an answer."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)


class FoundProblem(Reply):
    """One thing that is wrong, and where."""

    where: str
    reason: str


class ProblemDetails(Reply):
    """What went wrong, by RFC 9457; `type` is an address of /api that says more."""

    model_config = ConfigDict(extra="allow")
    type: str
    title: str
    status: int
    detail: str
    problems: list[FoundProblem] = Field(default=[], description="each field that breaks a rule, where one does")


class OrganisationRef(Reply):
    """An organisation beside something else."""

    id: str
    name: str
    ods_code: str | None


class TeamRef(Reply):
    """A team beside something else."""

    slug: str
    name: str


class OwnerReply(Reply):
    """Who runs a service."""

    organisation: OrganisationRef
    team: TeamRef | None


class Link(Reply):
    """A succession, with what both ends are called where that is known."""

    from_: str = Field(alias="from")
    to: str | None
    kind: SuccessionKind
    effective_from: date
    part: Part | None
    from_slug: str = ""
    from_name: str = ""
    to_slug: str = ""
    to_name: str = ""


class OrganisationLink(Link):
    """A succession of organisations."""

    from_ods_code: str | None = None
    to_ods_code: str | None = None


class Coming(Reply):
    """A published change that is not yet in force."""

    number: int
    title: str
    effective_from: date
    kinds: list[Kind]
    href: str


class _Facts(Reply):
    """What an entry and a version share."""

    id: str
    slug: str
    name: str
    former_names: list[str]
    status: Status
    setting: Setting
    version: int
    effective_from: date
    recorded_at: datetime
    change: int
    owner: OwnerReply
    summary: str
    description: str = Field(description="Markdown")
    eligibility: Eligibility
    needs: list[str]
    areas: list[Area]
    referral_routes: list[ReferralRoute]
    contacts: list[Contact]
    locations: list[Location]
    hours: str = Field(description="best in OpenStreetMap's opening_hours syntax")
    identifiers: list[Identifier]
    href: str


class Version(_Facts):
    """One version of a service."""


class Entry(_Facts):
    """A service as it stands on a day."""

    latest_version: int
    checked_at: datetime | None
    check_due_on: date | None
    check_overdue: bool | None
    owner_since: date
    previous_owner: str | None
    owner_before: Owner | None = Field(
        description="the previous owner, by the id of the organisation and the team's slug"
    )
    succeeded_by: list[Link]
    replaces: list[Link]
    upcoming: list[Coming]
    open_now: bool | None
    opens_at: datetime | None
    closes_at: datetime | None


class Matched(Reply):
    """The field and the text in it that a question met."""

    field: str
    text: str


class Registered(Reply):
    """For whose patients it is, where the question named a GP practice."""

    area: str
    practice: str


class Result(Entry):
    """An entry, and why it was found."""

    matched: Matched
    why: list[str]
    against: str = ""
    asked_for: str = ""
    registered: Registered | None = None
    miles: float | None = None


class Choice(Reply):
    """One answer to a question asked back."""

    label: str
    q: str


class Ask(Reply):
    """The one question whose answer would decide."""

    question: str
    choices: list[Choice]


class UnderstoodReply(Reply):
    """What was recognised in a question, and the question without it."""

    kind: str
    label: str
    q: str


class GuidancePage(Reply):
    """A knowledge page that goes with a question."""

    title: str
    kind: str
    href: str
    summary: str
    matched: Matched


class SearchAnswer(Reply):
    """Who handles this: the answer where one deserves confidence, and the nearest."""

    query: str
    as_of: date
    answer: Result | None
    results: list[Result]
    total: int
    did_you_mean: str | None
    ask: Ask | None
    understood: list[UnderstoodReply]
    nearest: list[str]
    pages: list[GuidancePage]


class Suggested(Reply):
    """One way on from what was typed."""

    text: str
    type: Literal["service", "former name", "need", "owner", "page"]
    href: str


class SuggestedPage(Reply):
    """At most 8 of them."""

    items: list[Suggested]
    next: None


class EntryPage(Reply):
    """Entries; `next` is for `after`."""

    items: list[Entry]
    next: str | None


class VersionPage(Reply):
    """Versions, newest first; `next` is for `after`."""

    items: list[Version]
    next: int | None


class HandlersAnswer(Reply):
    """Who handles on a day what a service did, and by which links."""

    service: str
    on: date
    handlers: list[Entry]
    path: list[Link]


class CheckAnswer(Reply):
    """What was checked, and when."""

    service: str
    slug: str
    version: int
    checked_at: datetime


class ServiceRef(Reply):
    """A service beside something else."""

    id: str
    slug: str
    name: str


class ReportAnswer(Reply):
    """A report, and what became of it."""

    ref: str
    kind: ReportKind
    service: ServiceRef | None
    text: str
    received_at: datetime
    people: int
    state: ReportState
    answer: str | None
    answered_at: datetime | None
    change: int | None
    href: str


class MemberOf(OrganisationRef):
    """What an organisation belongs to, from a day until before another."""

    kind: str
    start: date
    end: date | None


class OrganisationReply(Reply):
    """An organisation as it stands on a day."""

    id: str
    slug: str
    name: str
    kind: str
    ods_code: str | None
    status: Literal["active", "closed"]
    website: str
    address: str
    postcode: str
    opened: date | None
    closed: date | None
    description: str
    member_of: list[MemberOf]
    version: int
    effective_from: date
    recorded_at: datetime
    href: str


class OrganisationPage(Reply):
    """Organisations; `next` is for `after`."""

    items: list[OrganisationReply]
    next: str | None


class SuccessorsAnswer(Reply):
    """The organisations in force on a day for what one was, and the links that lead to them."""

    organisation: str
    on: date
    successors: list[OrganisationReply]
    path: list[OrganisationLink]
    loop: bool


class TeamReply(Reply):
    """A team as it stands on a day."""

    id: str
    slug: str
    name: str
    organisation: OrganisationRef
    email: str
    phone: str
    description: str
    version: int
    effective_from: date
    recorded_at: datetime
    href: str


class TeamPage(Reply):
    """Teams; `next` is for `after`."""

    items: list[TeamReply]
    next: str | None
