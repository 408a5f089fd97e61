"""Publish what a feed says otherwise than before, and keep in mind what it said: all in the caller's transaction.

A record that cannot be taken is named and left out, and what is known of its service stays as it is. What vanished is
closed only where all of the feed was read, and never where more vanished than may go unasked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions.feed_names import Told, Whose, facts_said, foreign_of, organisation_said
from directory.actions.import_faults import unquoted
from directory.actions.import_plan import Plan, plan_import
from directory.actions.import_services import Import, write_beside, write_plan
from directory.actions.overruling import Fields
from directory.actions.read_hsds import Read
from directory.domain.change import fold
from directory.domain.organisation import OrganisationFacts
from directory.domain.policy import Actor
from directory.domain.service import Facts
from directory.domain.source import Reading, SourceOrganisation, SourceService, feed_system
from directory.errors import FeedFailed, ImportRefused, Invalid, RowProblem
from directory.shapes import set_to_plain
from directory.store import source_words as words
from directory.store.batches import write_json
from directory.store.changes import Head
from directory.store.imports import Counts
from directory.store.source_words import Known
from directory.store.sources import Source
from directory.store.versions import ids_by_identifier, load_in_force


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """A feed's reading and how it is taken in: by whom, when, and after which change."""

    source: Source
    read: Read
    head: Head
    by: Actor
    at: datetime
    zone: ZoneInfo
    base_url: str = ""

    @property
    def called(self) -> str:
        """What changes say that it is."""
        return f"The feed {self.source.name}"

    @property
    def today(self) -> date:
        """The day from which it holds."""
        return self.at.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of it: how many services, the records that were left out, and what is missing and was not closed."""

    counts: Counts
    notes: tuple[str, ...]
    missing: int = 0
    clashes: int = 0


def take_in(connection: Connection, taking: Taking) -> Taken:
    """Publish it; raises FeedFailed where nothing of it can be taken."""
    source, read = taking.source, taking.read
    known = words.services(connection, source.id)
    notes = [*read.notes, *_noted(read.reading, read.reading.problems)]
    gone = _gone(known, read)
    allowed = len(gone) * 100 <= source.at_most * _listed(known) or len(gone) <= source.may_close
    # A record without an id can be any of those that are missing.
    closing = dict(gone) if allowed and not read.trouble and not read.reading.problems else {}
    news, seen = _news(connection, taking, known)
    told = Told.of(connection, source, known, news, Whose(read.listed, taking.base_url))
    plan, reading, more = _written(connection, taking, told, closing)
    notes += [*more, *plan.owners.overruled]
    _keep_in_mind(connection, taking, reading, plan, _Before(known, closing, seen))
    _put_clashes(connection, taking, plan, {each.service_id for each in closing.values()})
    notes += _noted(read.reading, reading.notices)
    # They are kept and shown: what looks like patient data is in none of them.
    notes = [each.reason for each in unquoted(RowProblem(0, "", note) for note in notes)]
    missing = 0 if allowed or read.trouble else len(gone)
    counts = replace(plan.counts, unchanged=plan.counts.unchanged + len(read.reading.services) - len(news.services))
    return Taken(counts, tuple(notes), missing, words.how_many(connection, source.id))


def _news(connection: Connection, taking: Taking, known: Mapping[str, Known]) -> tuple[Reading, dict[str, str]]:
    """The records that are not as they were when they were last compared with what is said here, or nor is that.

    Also what names both sides of every record. To compare takes a thousand times as long as to see that nothing has
    changed, and whoever publishes waits meanwhile. All organisations stay: each reading tells where they differ.
    """
    reading = replace(taking.read.reading, problems=())
    rows = load_in_force(connection, "service", {each.service_id for each in known.values()}, on=taking.today)
    seen = {
        key: _digest(each, rows[known[key].service_id].facts)
        for each in reading.services
        if (key := foreign_of(each)) in known and known[key].service_id in rows
    }
    news = [
        each
        for each in reading.services
        if (key := foreign_of(each)) not in seen or known[key].gone or known[key].seen != seen[key]
    ]
    named = words.organisations(connection, taking.source.id)
    organisations = [each for each in _organisations(reading) if _key(each) in named]
    return replace(reading, services=tuple(news), organisations=tuple(organisations)), seen


def _digest(record: SourceService, here: Facts) -> str:
    owner = record.organisation
    theirs = (record.set, record.team, record.effective_from, record.checked_at)
    both = (sorted(record.set), *theirs, owner.set, owner.ods_code, owner.foreign_id, here)
    return hashlib.sha256(repr(both).encode("utf-8", "backslashreplace")).hexdigest()


def _gone(known: Mapping[str, Known], read: Read) -> dict[str, Known]:
    return {key: it for key, it in known.items() if not it.gone and key not in read.listed}


def _listed(known: Mapping[str, Known]) -> int:
    return sum(not each.gone for each in known.values())


def _written(
    connection: Connection, taking: Taking, told: Told, closing: dict[str, Known]
) -> tuple[Plan, Reading, list[str]]:
    """Publish all that can be taken: the plan, the reading without what could not, and why it could not."""
    reading, notes = told.reading, list[str]()
    gone = frozenset(each.service_id for each in closing.values())
    while True:
        job = Import(
            reading,
            taking.called,
            taking.by,
            taking.at,
            taking.zone,
            taking.today,
            keeps=False,
            merge=replace(told.merge, gone=gone),
        )
        try:
            # What a bad record leaves behind is taken back, and the rest written without it.
            with connection.begin_nested():
                plan = plan_import(connection, job.wanted)
                if plan.planned:
                    write_plan(connection, job, plan, head=taking.head)
                else:
                    write_beside(connection, job, None)
                return plan, reading, notes
        except ImportRefused as refusal:
            bad = {each.row for each in refusal.problems}
            kept = tuple(each for each in reading.services if each.row not in bad)
            owners = tuple(each for each in reading.organisations if each.row not in bad)
            if len(kept) + len(owners) == len(reading.services) + len(reading.organisations):
                raise FeedFailed(str(refusal)) from None
            notes += _noted(told.reading, refusal.problems)
            reading = replace(reading, services=kept, organisations=owners)
        except Invalid as invalid:
            reasons = "; ".join(str(each) for each in invalid.problems)
            if not gone:
                raise FeedFailed(reasons) from None
            notes.append(f"what it no longer lists could not be closed: {reasons}")
            closing.clear()
            gone = frozenset()


def _noted(reading: Reading, found: Iterable[RowProblem]) -> list[str]:
    """What was found, each by its record: its place in the feed, and the id that it has there."""
    ids = {each.row: f" ({foreign_of(each)})" for each in reading.services}
    return [
        f"record {each.row}{ids.get(each.row, '')}: {f'{each.column}: ' if each.column else ''}{each.reason}"
        for each in found
    ]


@dataclass(frozen=True, slots=True)
class _Before:
    """What was known of a feed's services, those that it lists no more, and what names both sides of the others."""

    known: Mapping[str, Known]
    gone: Mapping[str, Known] = field(default_factory=dict)
    seen: Mapping[str, str] = field(default_factory=dict)


def _keep_in_mind(connection: Connection, taking: Taking, reading: Reading, plan: Plan, before: _Before) -> None:
    """What it says now, so that the next reading tells what it changed from what was changed here."""
    source = taking.source
    system = feed_system(source.name)
    ids = {key: it.service_id for key, it in before.known.items()}
    foreign = [foreign_of(each) for each in reading.services]
    ids |= ids_by_identifier(connection, system, [each for each in foreign if each not in ids])
    now = {}
    for key in foreign:
        if (ours := ids.get(key)) in plan.said and ours is not None:
            said = facts_said(before.known[key].said) if key in before.known else {}
            # A field of which it does not speak any more is what it last said it was.
            now[key] = Known(ours, _plain({**said, **plan.said[ours]}), seen=before.seen.get(key, ""))
    for key, it in before.gone.items():
        now[key] = Known(it.service_id, _plain({**facts_said(it.said), "status": "closed"}), gone=True)
    changed = {key: it for key, it in now.items() if before.known.get(key) != it}
    words.put_services(connection, source.id, changed)
    named = words.organisations(connection, source.id)
    orgs = {_key(each): _organisation(plan, each, named) for each in _organisations(reading)}
    words.put_organisations(connection, source.id, {key: it for key, it in orgs.items() if named.get(key) != it})


def _organisations(reading: Reading) -> Iterator[SourceOrganisation]:
    yield from reading.organisations
    yield from (each.organisation for each in reading.services)


def _key(organisation: SourceOrganisation) -> str:
    given = organisation.foreign_id or organisation.ods_code or f"name {fold(organisation.name or '')}"
    return given[:300]


def _organisation(
    plan: Plan, organisation: SourceOrganisation, before: Mapping[str, tuple[str, str]]
) -> tuple[str, str]:
    said = organisation_said(before[_key(organisation)][1]) if _key(organisation) in before else {}
    plain = set_to_plain(OrganisationFacts, {**said, **organisation.set})
    return plan.owners.id_of(organisation), write_json(plain)


def _put_clashes(connection: Connection, taking: Taking, plan: Plan, gone: set[str]) -> None:
    found = {
        (service, name): write_json(set_to_plain(Facts, {name: value}))
        for service, fields in plan.clashes.items()
        for name, value in fields.items()
    }
    of = {*plan.said, *plan.clashes, *gone}
    words.put_clashes(connection, taking.source.id, found, of=of, at=taking.at)


def _plain(said: Fields) -> str:
    return json.dumps(set_to_plain(Facts, said), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
