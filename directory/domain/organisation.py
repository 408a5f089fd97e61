"""Organisations and teams: who runs services. Both keep versions and successions as services do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, Literal

OrganisationStatus = Literal["active", "closed"]
MembershipKind = Literal["commissioner", "integrated-care-board", "region", "group"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationFacts:
    """What one version says of an organisation; `opened` and `closed` are the first day and the day after the last."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = {"extra": "forbid", "str_strip_whitespace": True}
    name: str
    kind: str = ""
    ods_code: str | None = None
    status: OrganisationStatus = "active"
    website: str = ""
    address: str = ""
    postcode: str = ""
    opened: date | None = None
    closed: date | None = None
    description: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("an organisation needs a name")

    def with_(self, edit: Mapping[str, object]) -> OrganisationFacts:
        """These facts with whole fields replaced."""
        return replace(self, **edit)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamFacts:
    """What one version says of a team; `organisation` is an organisation's id, `description` Markdown."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = {"extra": "forbid", "str_strip_whitespace": True}
    name: str
    organisation: str
    email: str = ""
    phone: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a team needs a name")

    def with_(self, edit: Mapping[str, object]) -> TeamFacts:
        """These facts with whole fields replaced."""
        return replace(self, **edit)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation as it stands on a day."""

    id: str
    slug: str
    version: int
    effective_from: date
    recorded_at: datetime
    facts: OrganisationFacts
    member_of: tuple[OrganisationMembership, ...] = ()


@dataclass(frozen=True, slots=True)
class OrganisationMembership:
    """From `start` to the day before `end`, one organisation belongs to another (a GP practice to its commissioner)."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = {"extra": "forbid", "str_strip_whitespace": True}
    member: str
    of: str
    kind: str
    start: date
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Team:
    """A team as it stands on a day."""

    id: str
    slug: str
    version: int
    effective_from: date
    recorded_at: datetime
    facts: TeamFacts
