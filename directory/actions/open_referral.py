"""Services as Open Referral says them, some at a time: what the interface answers with and the export writes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions.export import Export, Exported
from directory.domain.change import fold
from directory.domain.succession import Succession
from directory.exchange.hsds_writing import Linked, ServiceOut, Standing, service_body
from directory.store import open_referral as store
from directory.store import organisations as organisation_store
from directory.store.database import Database
from directory.store.last_modified import anything_unseen, mark_seen, modified
from directory.store.standing import last_checks
from directory.store.successions import touching
from directory.store.versions import VersionRow, load_in_force

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class On:
    """The day of which it is said, in the directory's zone, and as far as it was known at an instant."""

    day: date
    zone: ZoneInfo
    known_at: datetime | None = None

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        if self.day == date.max:
            return datetime.max.replace(tzinfo=UTC)
        end = datetime.combine(self.day + timedelta(days=1), time.min, tzinfo=self.zone)
        return min(end, self.known_at) if self.known_at else end


def services_out(connection: Connection, ids: Sequence[str], on: On) -> list[ServiceOut]:
    """Some services, in the order of `ids`, by a fixed number of statements; those that have not begun are left out."""
    lives = store.lives(connection, ids, on=on.day, known_at=on.known_at)
    owners = Owners.of(connection, lives, on)
    checked = last_checks(connection, lives, before=on.end)
    changed = modified(connection, on=on.day, zone=on.zone, ids=lives)
    links = touching(connection, "service", lives, known_at=on.known_at)
    names = _linked(connection, links, on)
    around: dict[str, list[Succession]] = {}
    for link in links:
        for end in filter(None, dict.fromkeys((link.predecessor, link.successor))):
            around.setdefault(end, []).append(link)
    return [
        ServiceOut(
            key=key,
            slug=lives[key][-1].slug,
            versions=[Standing(day=row.effective_from, number=row.number, facts=row.facts) for row in lives[key]],
            organisation=owners.rows[lives[key][-1].facts.owner.organisation].facts,
            organisation_slug=owners.rows[lives[key][-1].facts.owner.organisation].slug,
            organisations={key: row.facts.name for key, row in owners.rows.items()},
            modified_at=changed.get(key, lives[key][-1].recorded_at),
            team=owners.team(lives[key][-1]),
            checked_on=checked[key].astimezone(on.zone).date() if key in checked else None,
            links=around.get(key, ()),
            names=names,
        )
        for key in dict.fromkeys(ids)
        if key in lives
    ]


def _linked(connection: Connection, links: Sequence[Succession], on: On) -> dict[str, Linked]:
    ends = {end for link in links for end in (link.predecessor, link.successor) if end}
    # What begins only later is named all the same: a succession is told before its day.
    rows = load_in_force(connection, "service", ends, on=date.max, known_at=on.known_at)
    return {key: Linked(row.slug, row.facts.name, row.facts.identifiers) for key, row in rows.items()}


@dataclass(frozen=True, slots=True)
class Owners:
    """The organisations of some services by id, and the teams of these by slug."""

    rows: Mapping[str, VersionRow]
    teams: Mapping[str, VersionRow]
    by_name: Mapping[tuple[str, str], str]

    @classmethod
    def of(cls, connection: Connection, lives: Mapping[str, Sequence[VersionRow]], on: On) -> Owners:
        """The owners that some versions of services, by the ids of these, name."""
        wanted = {row.facts.owner.organisation for life in lives.values() for row in life}
        rows = load_in_force(connection, "organisation", wanted, on=on.day, known_at=on.known_at)
        # One that begins only later is named all the same: a service may say already who runs it.
        rows = {**load_in_force(connection, "organisation", wanted - rows.keys(), on=date.max), **rows}
        teams = organisation_store.teams_of(connection, wanted, on=on.day, known_at=on.known_at)
        by_name = {(row.facts.organisation, fold(row.facts.name)): row.slug for row in teams}
        return cls(rows, {row.slug: row for row in teams}, by_name)

    def team(self, service: VersionRow) -> tuple[str, str] | None:
        """Slug and name of the team, or its slug twice where another of its organisation has the same name."""
        owner = service.facts.owner
        row = self.teams.get(owner.team or "")
        if row is None or row.facts.organisation != owner.organisation:
            return None
        alone = self.by_name[owner.organisation, fold(row.facts.name)] == row.slug
        return row.slug, row.facts.name if alone else row.slug


def export_hsds(database: Database, job: Export) -> Exported:
    """Write every service as JSON that is both HSDS 3.0 and Open Referral UK 3.0, a list with one on each line."""
    done = Exported()
    aside = job.out.with_name(f".{job.out.name}.{os.getpid()}")
    try:
        with database.read() as connection, aside.open("w", encoding="utf-8", newline="\n") as out:
            for service in _all(connection, On(job.on, job.zone, job.known_at)):
                out.write(",\n" if done.services else "[\n")
                body = service_body(service, base_url=job.base_url)
                out.write(json.dumps(body, ensure_ascii=False, separators=(",", ":")))
                done.services += 1
            out.write("\n]\n" if done.services else "[]\n")
            out.flush()
            os.fsync(out.fileno())
        aside.replace(job.out)
    finally:
        aside.unlink(missing_ok=True)
    return done


def note_seen(database: Database, *, clock: Callable[[], datetime]) -> int:
    """Note since when what was committed can be seen, on which `modified_after` rests; returns how often: 0 or 1."""
    with database.read() as connection:
        if not anything_unseen(connection):
            return 0
    with database.write(synced=False) as connection:
        mark_seen(connection, clock=clock)
    return 1


def _all(connection: Connection, on: On) -> Iterator[ServiceOut]:
    ids = store.ids(connection, store.Wanted(), on=on.day)
    for start in range(0, len(ids), AT_ONCE):
        yield from services_out(connection, ids[start : start + AT_ONCE], on)
