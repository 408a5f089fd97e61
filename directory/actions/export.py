"""Write the directory out as it stood on a day, so that it comes in again the same: as a spreadsheet or as Markdown.

What is written names owners as the versions do: an organisation that another has followed since stays the owner until
a change says otherwise. A file is written aside and put in its place whole.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.content import exporting
from directory.domain.change import fold
from directory.domain.service import FIELDS, Facts
from directory.errors import Invalid, Problem
from directory.exchange import services_csv_writing as sheet
from directory.store import areas as area_store
from directory.store import organisations as organisation_store
from directory.store import vocabulary as vocabulary_store
from directory.store.database import Database
from directory.store.standing import last_checks, standing, standing_pages
from directory.store.versions import VersionRow


@dataclass(frozen=True, slots=True)
class Export:
    """What to write: to which path, as it held on a day, as far as it was known at an instant.

    Links in it begin with `base_url`.
    """

    out: Path
    on: date
    zone: ZoneInfo
    known_at: datetime | None = None
    base_url: str = ""


@dataclass(slots=True)
class Exported:
    """How many services were written, and of how many the format does not carry some fields."""

    services: int = 0
    not_carried: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Owners:
    """Organisations by id and teams by slug, and what an import would find by the names of both."""

    organisations: Mapping[str, VersionRow]
    teams: Mapping[str, VersionRow]
    team_by_name: Mapping[tuple[str, str], str]

    @classmethod
    def of(cls, connection: Connection, job: Export) -> _Owners:
        # One that begins only later is named all the same: a service may say already who runs it.
        organisations: dict[str, VersionRow] = {}
        for day, known_at in ((date.max, None), (job.on, job.known_at)):
            for rows in standing(connection, "organisation", on=day, known_at=known_at):
                organisations |= {row.subject_id: row for row in rows}
        teams: dict[str, VersionRow] = {}
        for rows in standing(connection, "team", on=job.on, known_at=job.known_at):
            teams |= {row.slug: row for row in rows}
        by_name = {(row.facts.organisation, fold(row.facts.name)): slug for slug, row in sorted(teams.items())}
        return cls(organisations, teams, by_name)

    def team(self, facts: Facts) -> str | None:
        """What a sheet calls the team: its name, or its slug where another has the same name.

        None where it is in another organisation by now: an import would open it anew; without one it stays as it is.
        """
        row = self.teams.get(facts.owner.team or "")
        if row is None or row.facts.organisation != facts.owner.organisation:
            return None
        found = self.team_by_name[row.facts.organisation, fold(row.facts.name)]
        return str(row.facts.name) if found == row.slug else row.slug


def export_sheet(database: Database, job: Export) -> Exported:
    """Write a services-csv file, in UTF-8 with the mark by which spreadsheet programs know it."""
    done = Exported()
    aside = job.out.with_name(f".{job.out.name}.{os.getpid()}")
    try:
        with database.read() as connection, aside.open("w", encoding="utf-8-sig", newline="") as out:
            batches = standing(connection, "service", on=job.on, known_at=job.known_at)
            routes = max((len(row.facts.referral_routes) for rows in batches for row in rows), default=0)
            done.services = sheet.write(out, _sheet_services(connection, job, done), routes=routes)
            out.flush()
            os.fsync(out.fileno())
        aside.replace(job.out)
    finally:
        aside.unlink(missing_ok=True)
    return done


def _sheet_services(connection: Connection, job: Export, done: Exported) -> Iterator[sheet.SheetService]:
    owners = _Owners.of(connection, job)
    end = datetime.combine(job.on, time.min, tzinfo=job.zone) + timedelta(days=1) if job.on < date.max else None
    end = min(filter(None, (end, job.known_at)), default=datetime.max.replace(tzinfo=job.zone))
    for rows in standing(connection, "service", on=job.on, known_at=job.known_at):
        checked = last_checks(connection, [row.subject_id for row in rows], before=end)
        for row in rows:
            _note_lost(row, done)
            organisation = owners.organisations[row.facts.owner.organisation].facts
            at = checked.get(row.subject_id)
            yield sheet.SheetService(
                row.slug,
                row.facts,
                organisation.name,
                organisation.ods_code,
                owners.team(row.facts),
                row.effective_from,
                at.astimezone(job.zone).date() if at else None,
            )


def _note_lost(row: VersionRow, done: Exported) -> None:
    said = sheet.said(row.facts, row.slug)
    for name in FIELDS:
        kept = said.get(name, getattr(row.facts, name)) == getattr(row.facts, name)
        if not kept and name != "identifiers":
            done.not_carried[name] = done.not_carried.get(name, 0) + 1


def export_folder(database: Database, job: Export) -> Exported:
    """Write a folder of Markdown as `import` reads it. Raises `Invalid` where there is something at its place."""
    if job.out.exists() and (not job.out.is_dir() or any(job.out.iterdir())):
        raise Invalid([Problem(str(job.out), "there is something here already; name a folder that is new or empty")])
    done = Exported()
    aside = job.out.with_name(f".{job.out.name}.{os.getpid()}")
    try:
        with database.read() as connection:
            done.services = _write_folder(connection, job, aside)
        aside.replace(job.out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return done


def _write_folder(connection: Connection, job: Export, folder: Path) -> int:
    slugs = organisation_store.slugs(connection)
    organisations: dict[str, str] = {}
    for rows in standing(connection, "organisation", on=job.on, known_at=job.known_at):
        _put(folder / "organisations", [(row.slug, exporting.organisation_text(row)) for row in rows])
        organisations |= {row.subject_id: row.slug for row in rows}
    for rows in standing(connection, "team", on=job.on, known_at=job.known_at):
        texts = [(row.slug, exporting.team_text(row, slugs[row.facts.organisation])) for row in rows]
        _put(folder / "teams", texts)
    count = 0
    for rows in standing(connection, "service", on=job.on, known_at=job.known_at):
        texts = [(row.slug, exporting.service_text(row, slugs[row.facts.owner.organisation])) for row in rows]
        _put(folder / "services", texts)
        count += len(rows)
    _put(
        folder / "pages",
        [(page.slug, page.text) for page in standing_pages(connection, on=job.on, known_at=job.known_at)],
    )
    _put_lists(connection, folder, organisations)
    return count


def _put_lists(connection: Connection, folder: Path, organisations: Mapping[str, str]) -> None:
    """What has no days of its own (words, areas) is as it is now; memberships, with their days, of those written."""
    memberships = sorted(
        (
            replace(each, member=organisations[each.member], of=organisations[each.of])
            for each in organisation_store.all_memberships(connection)
            if each.member in organisations and each.of in organisations
        ),
        key=lambda each: (each.member, each.of, each.kind, each.start),
    )
    lists = {
        "vocabulary.yaml": (vocabulary_store.terms(connection), exporting.vocabulary_text),
        "areas.yaml": (area_store.load(connection), exporting.areas_text),
        "memberships.yaml": (memberships, exporting.memberships_text),
    }
    for name, (lines, text) in lists.items():
        if lines:
            (folder / name).write_text(text(lines), encoding="utf-8", newline="\n")  # type: ignore[operator]


def _put(folder: Path, texts: Sequence[tuple[str, str]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for slug, text in texts:
        (folder / f"{slug}.md").write_text(text, encoding="utf-8", newline="\n")
