"""Changes: the list of those past and coming, and the record of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions.take_back import Concerned, concerned
from directory.domain.change import Change, fold
from directory.store import changes as change_store
from directory.store import governing, offers
from directory.store.changes import Filter
from directory.store.headlines import Headline
from directory.store.offers import Agreement
from directory.store.report_lists import behind_change
from directory.store.told import ToldBody, ToldChange, ToldLink, ToldService, told
from directory.web.language import N_, Said, gettext
from directory.web.parameters import ChangesAsked
from directory.web.views.lines import FieldDifference, differences, whole_entry
from directory.web.views.names import Named, names_of, part_in_words, team_names
from directory.web.words import listed

PAGE = 20
COMING = 50
SOON_DAYS = 14
LATEST = 5
REACHED = 50


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change in a list."""

    number: int
    title: str
    kinds: tuple[str, ...]
    effective_from: date
    recorded_on: date
    urgent: bool
    withdrawn: bool

    @property
    def corrects(self) -> bool:
        """Whether it says of days gone by something else than was known of them then."""
        return "correction" in self.kinds and self.effective_from < self.recorded_on


def change_line(change: Change | Headline, *, zone: ZoneInfo) -> ChangeLine:
    """A change as lists show it."""
    return ChangeLine(
        change.number,
        change.title,
        change.kinds,
        change.effective_from,
        change.recorded_at.astimezone(zone).date(),
        change.urgent,
        change.status == "withdrawn",
    )


@dataclass(frozen=True, slots=True)
class ChangesView:
    """What is coming and what has come, newest first; `older` is the number to go on from, if there is more."""

    coming: tuple[ChangeLine, ...]
    past: tuple[ChangeLine, ...]
    older: int | None


def changes_view(connection: Connection, asked: ChangesAsked, *, today: date, zone: ZoneInfo) -> ChangesView:
    """The list of changes, as filtered; coming ones on its first page only."""
    wanted = Filter(
        kind=asked.kind or None,
        area=fold(asked.area) if asked.area else None,
        weight=None if asked.minor else "major",
    )
    ahead = replace(wanted, effective_from=today + timedelta(days=1))
    coming = [] if asked.before is not None else change_store.list_by_day(connection, limit=COMING, wanted=ahead)
    past = change_store.list_recent(
        connection, before=asked.before, limit=PAGE + 1, wanted=replace(wanted, effective_until=today)
    )
    return ChangesView(
        tuple(change_line(change, zone=zone) for change in coming),
        _by_day(past[:PAGE], zone),
        past[PAGE - 1].number if len(past) > PAGE else None,
    )


def soon(connection: Connection, *, today: date, zone: ZoneInfo) -> tuple[ChangeLine, ...]:
    """What takes effect in the next 14 days."""
    wanted = Filter(
        weight="major", effective_from=today + timedelta(days=1), effective_until=today + timedelta(days=SOON_DAYS)
    )
    found = change_store.list_by_day(connection, limit=COMING, wanted=wanted)
    return tuple(change_line(change, zone=zone) for change in found)


def latest(connection: Connection, *, today: date, zone: ZoneInfo) -> tuple[ChangeLine, ...]:
    """The last changes to have taken effect."""
    found = change_store.list_recent(connection, limit=LATEST, wanted=Filter(weight="major", effective_until=today))
    return _by_day(found, zone)


def _by_day(changes: Sequence[Change], zone: ZoneInfo) -> tuple[ChangeLine, ...]:
    """In the order of the days that are shown, newest first."""
    ordered = sorted(changes, key=lambda change: (change.effective_from, change.number), reverse=True)
    return tuple(change_line(change, zone=zone) for change in ordered)


@dataclass(frozen=True, slots=True)
class TouchedView:
    """A service that a change touched: what differs or, where it is new, the whole of what it says."""

    name: str
    href: str
    new: bool
    differences: tuple[FieldDifference, ...]
    entry: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """The record of one change; the texts are Markdown."""

    line: ChangeLine
    coming: bool
    recorded_at: datetime
    why: str
    what_to_do: str
    in_flight: str
    services: tuple[TouchedView, ...]
    succession: tuple[str, ...]
    others: tuple[str, ...]
    reached: tuple[Named, ...]
    reached_more: int
    # Whose it is, and whether anything can still be done about it.
    concerned: Concerned
    stands: bool
    sets_back: bool
    supersedes: int | None
    superseded_by: int | None
    # Why it was published without the agreement that it needed, and whether that waits for a review.
    override: str
    overrider: str
    unreviewed: bool
    # Who agreed before it was published, each in a sentence; nobody by name.
    agreed: tuple[str, ...]
    reports: int
    sha256: str
    previous_sha256: str
    previous: int | None
    next: int | None


def change_view(connection: Connection, number: int, *, today: date, zone: ZoneInfo) -> ChangeView:
    """One change by number; raises ChangeNotFound."""
    change = change_store.load(connection, number)
    said = told(connection, [number])[number]
    directly = {service.id for service in said.services}
    reached = [
        each for each in change_store.services_reached(connection, [number]).get(number, []) if each not in directly
    ]
    names = names_of(connection, "service", reached[:REACHED], on=today)
    head = change_store.read_head(connection).number
    review = governing.review_of(connection, number) if change.override else None
    return ChangeView(
        line=change_line(change, zone=zone),
        coming=change.effective_from > today,
        recorded_at=change.recorded_at.astimezone(zone),
        why=change.why,
        what_to_do=change.what_to_do,
        in_flight=change.in_flight,
        services=tuple(map(touched, said.services)),
        succession=tuple(link_in_words(link) for link in said.links),
        others=_others(said),
        reached=tuple(sorted(names.values(), key=lambda named: named.name)),
        reached_more=max(0, len(reached) - REACHED),
        concerned=concerned(connection, change, today=today),
        stands=change.status == "published" and not change.sets_nothing,
        sets_back=change.effective_from <= today and not change.succession and not change.organisation_succession,
        supersedes=change.supersedes,
        superseded_by=change.superseded_by,
        override=change.override,
        overrider=_overrider(connection, number, on=today) if change.override else "",
        agreed=_agreed(connection, number, on=today),
        unreviewed=review is not None and review.reviewed_at is None,
        reports=behind_change(connection, number),
        sha256=change.sha256,
        previous_sha256=change.previous,
        previous=number - 1 if number > 1 else None,
        next=number + 1 if number < head else None,
    )


def _agreed(connection: Connection, number: int, *, on: date) -> tuple[str, ...]:
    found = [each for each in offers.agreements(connection, number) if each.met]
    names = team_names(connection, {each.need.team for each in found}, on=on)
    return tuple(_agreement(each, names.get(each.need.team, "")) for each in found)


def _agreement(each: Agreement, team: str) -> str:
    if each.need.kind == "accept":
        if team:
            return gettext("{team} accepted it.").format(team=team)
        return gettext("An editor accepted it, because no team owns it.")
    if each.as_editor or not team:
        return gettext("An editor approved it as a second person.")
    if each.as_editor is None:
        return gettext("A second person of {team}, or an editor, approved it.").format(team=team)
    return gettext("A second person of {team} approved it.").format(team=team)


def _overrider(connection: Connection, number: int, *, on: date) -> str:
    """Who decided to do without agreement, by their role; empty where it is not known any more."""
    who = governing.override_of(connection, number)
    if who is None:
        return ""
    names = sorted(team_names(connection, who.teams, on=on).values())
    if who.editor or not names:
        return gettext("an editor")
    return gettext("a lead of {teams}").format(teams=listed(names))


def touched(service: ToldService) -> TouchedView:
    """A service that a change touches, before and after."""
    before, after = service.before, service.after
    href = f"/services/{service.slug}"
    if before is None:
        return TouchedView(after.name, href, True, (), whole_entry(after, owner=service.owner))
    found = differences(before, after, owners=(service.was_owner or service.owner, service.owner))
    return TouchedView(after.name, href, False, found, ())


_LINKS = Said(
    {
        "renamed": N_("{name} is renamed to {successor}."),
        "replaced": N_("{name} is replaced by {successor}."),
        "merged": N_("{name} merges into {successor}."),
        "split": N_("{name} is split: part of it goes to {successor}."),
        "moved": N_("{name} moves to {successor}."),
        "becomes": N_("{name} becomes {successor}."),
    }
)


def link_in_words(link: ToldLink) -> str:
    """A succession as a sentence."""
    if link.successor_name is None:
        return gettext("{name} closes, with nothing in its place.").format(name=link.name)
    part = part_in_words(link.part)
    successor = f"{link.successor_name} ({part})" if part else link.successor_name
    said = _LINKS[link.kind if link.kind in _LINKS else "becomes"]
    return said.format(name=link.name, successor=successor)


def _others(said: ToldChange) -> tuple[str, ...]:
    """Organisations and teams that the change touches, each in a sentence."""
    return tuple(map(_other, said.bodies))


def _other(body: ToldBody) -> str:
    how = "added" if body.was_name is None else "changed" if body.was_name == body.name else "renamed"
    return _BODIES[f"{body.noun} {how}"].format(name=body.name, before=body.was_name)


_BODIES = Said(
    {
        "organisation added": N_("Organisation added: {name}."),
        "organisation renamed": N_("Organisation renamed: {before} is now called {name}."),
        "organisation changed": N_("Organisation entry changed: {name}."),
        "team added": N_("Team added: {name}."),
        "team renamed": N_("Team renamed: {before} is now called {name}."),
        "team changed": N_("Team entry changed: {name}."),
    }
)
