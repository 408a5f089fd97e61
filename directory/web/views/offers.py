"""What waits for somebody's agreement, as pages show it: nobody is named, only teams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions.agreeing import foresee
from directory.domain.offer import Need, Offer
from directory.domain.policy import Actor
from directory.errors import Invalid, OfferStale, Problem, SignpostError
from directory.store.versions import find_ids
from directory.web import words
from directory.web.views.changes import TouchedView, link_in_words, touched
from directory.web.views.names import Named, names_of
from directory.web.views.publish_preview import kept_addresses, said_of

STATES: Mapping[str, str] = {
    "waiting": "Waits",
    "published": "Published",
    "declined": "Declined",
    "withdrawn": "Withdrawn",
    "expired": "Expired",
}


@dataclass(frozen=True, slots=True)
class NeedView:
    """Who has to agree, in a sentence, and whether they have."""

    words: str
    agreed: bool


@dataclass(frozen=True, slots=True)
class OfferLine:
    """An offer in a list; `yours` where it waits for whoever reads."""

    ref: str
    title: str
    state: str
    state_words: str
    offered_by: tuple[str, ...]
    offered_at: datetime
    expires_at: datetime
    effective_from: date
    yours: bool
    needs: tuple[NeedView, ...]

    @property
    def waits(self) -> bool:
        """Whether anybody can still agree."""
        return self.state == "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferView:
    """One offer: what it would change, and what its reader can do. `stale` says why it cannot be published.

    `kept` are numbers and addresses that would stay as they are, though another team takes over.
    """

    line: OfferLine
    version: int
    why: str
    what_to_do: str
    in_flight: str
    effective_from: date
    services: tuple[TouchedView, ...]
    succession: tuple[str, ...]
    kept: tuple[str, ...]
    stale: tuple[Problem, ...]
    reason: str
    settled_at: datetime | None
    change: int | None
    own: bool
    may_agree: bool
    approves: bool
    may_withdraw: bool
    may_override: bool
    may_edit: bool
    reports: tuple[str, ...]

    @property
    def moved(self) -> bool:
        """Whether its day has passed, and it would hold from today."""
        return self.line.waits and self.effective_from != self.line.effective_from


def offer_lines(
    connection: Connection, offers: Iterable[Offer], by: Actor, *, at: datetime, zone: ZoneInfo
) -> tuple[OfferLine, ...]:
    """Offers in a list, for a reader."""
    given = tuple(offers)
    slugs = {team for offer in given for team in (*offer.teams, *(need.team for need in offer.needs)) if team}
    ids = find_ids(connection, "team", slugs)
    named = names_of(connection, "team", ids.values(), on=at.astimezone(zone).date())
    names = {slug: named[team] for slug, team in ids.items()}
    return tuple(_line(offer, by, names, at=at, zone=zone) for offer in given)


def _line(offer: Offer, by: Actor, names: Mapping[str, Named], *, at: datetime, zone: ZoneInfo) -> OfferLine:
    state = offer.became(at)
    return OfferLine(
        ref=offer.ref,
        title=offer.title,
        state=state,
        state_words=STATES[state],
        offered_by=tuple(names[slug].name if slug in names else slug for slug in sorted(offer.teams)),
        offered_at=offer.offered_at.astimezone(zone),
        expires_at=offer.expires_at.astimezone(zone),
        effective_from=offer.effective_from,
        yours=state == "waiting" and bool(offer.may_meet(by) - offer.agreed),
        needs=tuple(NeedView(_need(need, names), need in offer.agreed) for need in offer.needs),
    )


def _need(need: Need, names: Mapping[str, Named]) -> str:
    team = names[need.team].name if need.team in names else need.team
    if need.kind == "accept":
        return f"{team} accepts it" if team else "an editor accepts it, because no team owns it"
    whose = f"of {team}, or an editor," if team else "who is an editor"
    return f"a second person {whose} approves it, because the service is critical"


def _stale(connection: Connection, error: OfferStale, *, on: date) -> tuple[Problem, ...]:
    """What changed since it was written: each service by its name, with the fields as pages call them."""
    names = names_of(connection, "service", error.differing, on=on)
    return tuple(
        Problem(
            names[service].name,
            f"{words.listed(words.FIELD_LABELS.get(name, name).lower() for name in fields)} changed since this was "
            "written.",
        )
        for service, fields in error.differing.items()
    )


def offer_view(connection: Connection, offer: Offer, by: Actor, *, at: datetime, zone: ZoneInfo) -> OfferView:
    """One offer, for a reader."""
    line = offer_lines(connection, [offer], by, at=at, zone=zone)[0]
    services: tuple[TouchedView, ...] = ()
    succession: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    stale: tuple[Problem, ...] = ()
    if line.waits:
        try:
            said = said_of(connection, foresee(connection, offer, at=at, zone=zone))
            services = tuple(map(touched, said.services))
            succession = tuple(map(link_in_words, said.links))
            kept = kept_addresses(said)
        except OfferStale as error:
            stale = _stale(connection, error, on=at.astimezone(zone).date())
        except SignpostError as error:
            stale = error.problems if isinstance(error, Invalid) else (Problem("", str(error)),)
    day = offer.day(at.astimezone(zone).date(), offered_on=offer.offered_at.astimezone(zone).date())
    can_meet = offer.may_meet(by)
    return OfferView(
        line=line,
        version=offer.version,
        **{name: str(offer.plain.get(name, "")) for name in ("why", "what_to_do", "in_flight")},
        effective_from=day,
        services=services,
        succession=succession,
        kept=kept,
        stale=stale,
        reason=offer.reason,
        settled_at=offer.settled_at.astimezone(zone) if offer.settled_at else None,
        change=offer.change_number,
        own=offer.own(by),
        may_agree=line.yours and not stale,
        approves=all(need.kind == "approve" for need in can_meet),
        may_withdraw=line.waits and offer.may_withdraw(by),
        may_override=line.waits and by.editor and not line.yours and not stale,
        may_edit=offer.own(by) and line.state != "published",
        reports=offer.reports,
    )
