"""What somebody is told, as pages show it: their subscriptions, what waits, and what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.domain.change import fold
from directory.domain.digest import DigestSchedule
from directory.domain.policy import Actor
from directory.domain.subscription import FACETS, FREQUENCIES, RANK, Frequency, Subscription
from directory.domain.succession import Noun
from directory.store import heard, leave, subscriptions, team_subscriptions
from directory.store.bounces import MailStop
from directory.store.bounces import of_person as mail_stop_of
from directory.store.subscriptions import FOLDED
from directory.store.versions import find_ids
from directory.web.language import N_, Said
from directory.web.views.names import team_names

OFTEN: Mapping[str, str] = Said(
    {"immediately": N_("at once"), "daily": N_("in a daily email"), "weekly": N_("in a weekly email")}
)
CHANNEL: Mapping[str, str] = Said(
    {
        "mail": N_("by email"),
        "webhook": N_("to a webhook"),
        "teams": N_("in Microsoft Teams"),
        "slack": N_("in Slack"),
        "fhir": N_("to a FHIR endpoint"),
    }
)
SENT_SHOWN = 200


@dataclass(frozen=True, slots=True)
class UpdateLine:
    """One subscription: what of, how often, and by which team where it is a team's."""

    id: int
    label: str
    often: str
    channel: str
    paused_until: date | None
    team: str
    mandatory: bool
    heard: bool


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """Something that is still to be told: when its email goes out; None where it goes at once."""

    title: str
    href: str
    goes: datetime | None
    held: bool


@dataclass(frozen=True, slots=True)
class SentLine:
    """Something that was told."""

    title: str
    href: str
    sent_at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class UpdatesView:
    """All that somebody is told."""

    own: tuple[UpdateLine, ...]
    of_teams: tuple[UpdateLine, ...]
    waiting: tuple[WaitingLine, ...]
    sent: tuple[SentLine, ...]
    away_until: date | None
    stopped: MailStop | None


@dataclass(frozen=True, slots=True)
class Tell:
    """The button “Tell me when this changes”: what it sends, and the subscription where there is one already."""

    fields: tuple[tuple[str, str], ...]
    following: UpdateLine | None

    @property
    def href(self) -> str:
        """Where who is not signed in goes on after they are."""
        return f"/my/updates/new?{urlencode(self.fields)}"


def tell_view(connection: Connection, by: Actor, fields: Mapping[str, str], zone: ZoneInfo) -> Tell:
    """The button for a service, team, organisation or page by its key, or for a question."""
    given = tuple((name, value) for name, value in fields.items() if value)
    if by.person_id is None or len(given) != 1:
        return Tell(given, None)
    (facet, key), *_ = given
    if facet not in FACETS:
        return Tell(given, None)
    nouns: Mapping[str, Noun] = {"service": "service", "owner": "organisation"}
    noun = nouns.get(facet)
    value = find_ids(connection, noun, [key]).get(key) if noun else fold(key) if facet in FOLDED else key
    same = (
        each
        for each in subscriptions.of_person(connection, by.person_id)
        if each.criteria == {facet: (value,)} and each.channel == "mail"
    )
    held = next(same, None)
    return Tell(given, update_line(held, zone) if held else None)


def updates_view(
    connection: Connection, person_id: int, schedule: DigestSchedule, *, at: datetime, since: datetime
) -> UpdatesView:
    """What somebody is told now, what waits, and what was sent since an instant."""
    zone = schedule.timezone
    theirs = team_subscriptions.of_member(connection, person_id)
    names = team_names(connection, {each.team for each in theirs}, on=at.astimezone(zone).date())
    away = leave.away_until(connection, person_id, at=at)
    sent = heard.sent_to(connection, person_id, since=since, limit=SENT_SHOWN)
    return UpdatesView(
        own=tuple(update_line(each, zone, at=at) for each in subscriptions.of_person(connection, person_id)),
        of_teams=tuple(
            update_line(each.subscription, zone, at=at, team=names.get(each.team, each.team), heard=each.heard)
            for each in theirs
        ),
        waiting=tuple(_waiting(each, schedule, at=at) for each in heard.waiting_for(connection, person_id)),
        sent=tuple(
            SentLine(each.title, each.href, each.sent_at.astimezone(zone), "; ".join(each.reasons)) for each in sent
        ),
        away_until=away.astimezone(zone).date() if away else None,
        stopped=mail_stop_of(connection, person_id, at=at),
    )


def update_line(
    each: Subscription, zone: ZoneInfo, *, at: datetime | None = None, team: str = "", heard: bool = True
) -> UpdateLine:
    """One subscription in words."""
    paused = each.paused_until if each.paused_until and (at is None or each.paused_until > at) else None
    day = paused.astimezone(zone).date() if paused else None
    often = OFTEN[each.frequency] if each.channel == "mail" else CHANNEL[each.channel]
    return UpdateLine(each.id, each.label, often, each.channel, day, team, each.mandatory, heard)


def _waiting(each: heard.StillToTell, schedule: DigestSchedule, *, at: datetime) -> WaitingLine:
    held = each.not_before is not None and each.not_before > at
    begins = each.not_before if held and each.not_before else at
    if each.rank == RANK["immediately"]:
        goes = begins if held else None
    else:
        goes = next_email(schedule, FREQUENCIES[each.rank], begins)
    return WaitingLine(each.title, each.href, goes.astimezone(schedule.timezone) if goes else None, held)


def next_email(schedule: DigestSchedule, frequency: Frequency, after: datetime) -> datetime:
    """The next slot of a frequency after an instant: one of any seven days is that of the weekly email."""
    day = after.astimezone(schedule.timezone).date()
    slots = (schedule.slot_on(day + timedelta(days=ahead)) for ahead in range(9))
    return next(slot.at for slot in slots if slot.at > after and frequency in slot.frequencies)
