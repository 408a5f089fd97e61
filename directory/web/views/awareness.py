"""Who has read what: of one change, and of the changes of the last 90 days, by change and by team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.domain import awareness
from directory.domain.awareness import Reading, TeamReading, in_words, shown
from directory.domain.policy import Actor
from directory.store import acknowledgements
from directory.store import changes as change_store
from directory.store.versions import find_ids
from directory.web.views.changes import ChangeLine, change_line
from directory.web.views.names import Named, names_of

LOOKED_BACK = timedelta(days=90)
MOST = 100


@dataclass(frozen=True, slots=True)
class ReadingLine:
    """A reading in words; the share is in whole percent."""

    told: int
    read: int
    percent: int
    soon: str
    effect: str


@dataclass(frozen=True, slots=True)
class TeamLine:
    """A team's reading: None where so few were told that it would say who; and when it was said to have been told."""

    team: Named
    reading: ReadingLine | None
    spoken_at: datetime | None


@dataclass(frozen=True, slots=True)
class AwarenessView:
    """Who has read one change, or several: in all, and by team in the order of names."""

    overall: ReadingLine | None
    teams: tuple[TeamLine, ...]


@dataclass(frozen=True, slots=True)
class ChangeReading:
    """A change in the list, with its reading."""

    line: ChangeLine
    reading: ReadingLine | None


@dataclass(frozen=True, slots=True)
class OwnView:
    """What whoever asks has said of a change, and what they can say: `teams` are those for which they may speak."""

    read_at: datetime | None
    excused: bool
    told: bool
    due_on: date | None
    teams: tuple[tuple[str, Named, bool], ...]


def own_view(
    connection: Connection, number: int, actor: Actor, *, due_on: date | None, today: date, zone: ZoneInfo
) -> OwnView | None:
    """What `actor` has said of a change; None for whoever is not signed in."""
    if actor.person_id is None:
        return None
    said = acknowledgements.said_by(connection, number, actor.person_id)
    ids = find_ids(connection, "team", actor.speaks_for)
    names = names_of(connection, "team", ids.values(), on=today)
    teams = sorted((slug, names[key], key in said.spoke_for) for slug, key in ids.items())
    read_at = said.read_at.astimezone(zone) if said.read_at else None
    return OwnView(read_at, said.excused, said.told, due_on, tuple(teams))


def of_change(connection: Connection, number: int, *, today: date, zone: ZoneInfo) -> AwarenessView:
    """Who has read one change."""
    overall = acknowledgements.readings(connection, [number]).get(number, Reading(0, 0))
    by_team = acknowledgements.team_readings(connection, [number])
    spoken = acknowledgements.spoken(connection, number)
    teams = [TeamReading(slug, by_team.get(slug), spoken.get(slug)) for slug in by_team.keys() | spoken.keys()]
    return _view(connection, overall, teams, today=today, zone=zone)


def of_all(
    connection: Connection, *, at: datetime, today: date, zone: ZoneInfo
) -> tuple[AwarenessView, tuple[ChangeReading, ...]]:
    """Who has read the changes of the last 90 days: by team over all of them, and change by change, newest first."""
    wanted = change_store.Filter(weight="major")
    recent = [
        change
        for change in change_store.list_recent(connection, limit=MOST, wanted=wanted)
        if change.recorded_at >= at - LOOKED_BACK and change.status == "published"
    ]
    numbers = [change.number for change in recent]
    readings = acknowledgements.readings(connection, numbers)
    people = acknowledgements.people_told(connection, numbers)
    # How many people a team has, not how often they were told, says whether a share would give somebody away.
    by_team = {
        slug: reading
        for slug, reading in acknowledgements.team_readings(connection, numbers).items()
        if people[slug] >= awareness.SMALL
    }
    teams = [TeamReading(slug, by_team.get(slug)) for slug in people]
    lines = tuple(
        ChangeReading(change_line(each, zone=zone), _line(_seen(readings.get(each.number)))) for each in recent
    )
    return _view(connection, None, teams, today=today, zone=zone), lines


def _seen(reading: Reading | None) -> Reading | None:
    return reading if reading is not None and reading.told >= awareness.SMALL else None


def _view(
    connection: Connection, overall: Reading | None, teams: Sequence[TeamReading], *, today: date, zone: ZoneInfo
) -> AwarenessView:
    whole, seen = shown(overall or Reading(0, 0), teams)
    ids = find_ids(connection, "team", [each.team for each in seen])
    names = names_of(connection, "team", ids.values(), on=today)
    named: Mapping[str, Named] = {slug: names[key] for slug, key in ids.items()}
    lines = [
        TeamLine(named[each.team], _line(each.reading), each.spoken_at.astimezone(zone) if each.spoken_at else None)
        for each in seen
    ]
    return AwarenessView(_line(whole), tuple(sorted(lines, key=lambda line: line.team.name.casefold())))


def _line(reading: Reading | None) -> ReadingLine | None:
    if reading is None:
        return None
    soon = effect = ""
    if reading.after_publication is not None and reading.after_effect is not None:
        soon = f"{in_words(reading.after_publication)} after it was published"
        when = "after" if reading.after_effect >= 0 else "before"
        effect = f"{in_words(reading.after_effect)} {when} it took effect"
    return ReadingLine(reading.told, reading.read, round(100 * (reading.share or 0)), soon, effect)
