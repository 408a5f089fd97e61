"""Offers: changes that wait until everybody has agreed whom they need, and who that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from directory.domain.policy import Actor, Thing, can
from directory.domain.service import Contact, Facts

State = Literal["waiting", "published", "declined", "withdrawn", "expired"]
# A team that takes something on accepts; a second person of the team that has it approves.
NeedKind = Literal["accept", "approve"]
GOOD_FOR = timedelta(days=14)
REVIEW_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """Somebody of a team, by its slug, has to agree; "" is where no team owns it, and an editor decides."""

    kind: NeedKind
    team: str


@dataclass(frozen=True, slots=True)
class Parties:
    """The teams, by slug ("" where none owns it), that a draft concerns.

    `owning` run what is edited or taken back; `leaving` run what a succession closes; `joined` what it names and edits.
    `receiving` run something afterwards that another team ran, or takes over from another team's.
    """

    owning: frozenset[str]
    leaving: frozenset[str]
    joined: frozenset[str]
    receiving: frozenset[str]
    # Whether it touches nothing but services: organisations and teams are for editors.
    services_only: bool = True

    @property
    def edited(self) -> frozenset[str]:
        """Who runs any of what is edited."""
        return self.owning | self.joined

    def may_offer(self, by: Actor) -> bool:
        """Whether `by` may put it to the others: of what is handed over or merged, it takes a lead of one side."""
        if not self.services_only:
            return can(by, "publish", Thing())
        return can(by, "publish", Thing(self.owning | (self.leaving & by.leads)))

    def to_accept(self, by: Actor) -> frozenset[Need]:
        """Whose agreement `by` needs to hand over; an editor acts for whoever has it, and for what no team owns."""
        asked = self.receiving - {""} if by.editor else self.receiving | self.joined
        return frozenset(Need("accept", team) for team in asked - by.leads)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A change that waits, or what became of it. `plain` is its draft as plain data.

    `teams` are those that its author led, in whose name it is made; `version` counts its edits. `read` gives the
    version of each service that it was written upon (0 where it opens one). `agreed` are the needs that are met.
    `reports` are the references of those that it answers; they stay open until it is published.
    """

    id: int
    ref: str
    plain: Mapping[str, Any]
    state: State
    author: Actor
    offered_at: datetime
    expires_at: datetime
    version: int
    read: Mapping[str, int]
    needs: tuple[Need, ...]
    agreed: frozenset[Need]
    reason: str = ""
    settled_at: datetime | None = None
    change_number: int | None = None
    reports: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The title of the change."""
        return str(self.plain["title"])

    @property
    def effective_from(self) -> date:
        """The day from which it is to hold, as it was written."""
        return date.fromisoformat(self.plain["effective_from"])

    @property
    def teams(self) -> frozenset[str]:
        """The teams in whose name it is made."""
        return self.author.leads

    @property
    def open_needs(self) -> tuple[Need, ...]:
        """Who has not agreed yet."""
        return tuple(need for need in self.needs if need not in self.agreed)

    def over(self, at: datetime) -> bool:
        """Whether nobody can agree to it any more."""
        return self.state != "waiting" or at >= self.expires_at

    def became(self, at: datetime) -> State:
        """Its state; one whose time is over has expired, whether or not that was written down yet."""
        return "expired" if self.state == "waiting" and at >= self.expires_at else self.state

    def own(self, actor: Actor) -> bool:
        """Whether it is the actor's own, whatever key or role they come with."""
        return self.author.person_id is not None and self.author.person_id == actor.person_id

    def may_meet(self, actor: Actor) -> frozenset[Need]:
        """The needs that an actor can meet: never of their own offer.

        An editor stands in for a second person, and for what no team owns; for a team that takes something on only its
        own leads can speak.
        """
        if self.own(actor):
            return frozenset()
        return frozenset(
            need
            for need in self.needs
            if can(actor, "agree", Thing(frozenset({need.team})))
            and (need.kind == "approve" or not need.team or need.team in actor.leads)
        )

    def may_withdraw(self, actor: Actor) -> bool:
        """Whether an actor may take it back: its author, a lead of one of its teams, an editor."""
        return self.own(actor) or actor.editor or bool(self.teams & actor.leads)

    def may_read(self, actor: Actor) -> bool:
        """Whether an actor is of either side, or an editor."""
        concerned = self.teams | {need.team for need in self.needs}
        return self.own(actor) or actor.editor or bool(concerned & actor.leads)

    def day(self, today: date, *, offered_on: date) -> date:
        """The day from which it holds if it is published today.

        A day that has passed meanwhile, or of which nobody but its author knew, moves to today; a correction of the
        past that a second person only approves keeps its own.
        """
        day = self.effective_from
        if day >= today:
            return day
        handed_over = any(need.kind == "accept" for need in self.needs)
        return today if handed_over or day >= offered_on else day


def risky(before: Facts | None, after: Facts) -> bool:
    """Whether what differs can send an urgent referral astray: closing, pausing, the way in, who is taken, numbers."""
    if before is None:
        return False
    stops = after.status != before.status and after.status in ("closed", "paused")
    fields = ("referral_routes", "eligibility", "needs", "areas")
    differs = any(getattr(before, name) != getattr(after, name) for name in fields)
    return stops or differs or _numbers(before.contacts) != _numbers(after.contacts)


def _numbers(contacts: Iterable[Contact]) -> list[Contact]:
    return [contact for contact in contacts if contact.type in ("phone", "text")]
