"""What a file would change: each of its rows against the directory, as changes to be published."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Literal

from sqlalchemy import Connection

from directory.actions.compare import differing, in_words
from directory.actions.flattened import news
from directory.actions.import_faults import deceiving_rows, personal_rows, repeated_rows, undated_rows, unquoted
from directory.actions.import_owners import Owners, find_owners
from directory.actions.import_successions import succession_drafts
from directory.actions.overruling import Fields, Merge, divided
from directory.content.records import draft_plain
from directory.domain.change import Draft, Edit
from directory.domain.service import Facts, Identifier
from directory.domain.source import Reading, SourceService, is_of_feed
from directory.domain.spool import spooled
from directory.domain.timeline import Timeline
from directory.errors import ImportRefused
from directory.exchange import fhir_bundle, hsds, services_csv
from directory.exchange.fhir_codes import resource_id
from directory.exchange.hsds_ids import own_uuid
from directory.shapes import settled
from directory.store import imports as import_store
from directory.store.imports import Counts
from directory.store.versions import find_ids, ids_by_identifier, load_in_force, timelines

AFTER_CLOSING = "Ask its owner what to use instead."
LONGEST_ID = 64
# So many services are compared with what is there at a time.
_AT_ONCE = 1_000
# Feeds that say what their own directory calls a service, which may be another one than that of the same slug here.
_WITH_SLUGS = (hsds.FORMAT, fhir_bundle.FORMAT)
Sort = Literal["new", "changed", "closed", "other"]
_RANDOM_ID = re.compile(r'"([0-9a-f]{32})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A file's reading and what is to be done with it: from which day it holds, and whether it lists all there is.

    With `merge` it is a feed that is read again and again: what somebody changed here since stays.
    """

    reading: Reading
    source: str
    effective_from: date
    complete: bool = False
    merge: Merge | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """One change that a file makes; `row` is 0 where it comes of no single row.

    `before` is what a service says on that day, and `latest` the number of its last version; both empty of what is new.
    """

    draft: Draft
    sort: Sort
    row: int = 0
    before: Facts | None = None
    latest: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a file changes, in the order in which it is published, and how many services stay as they are.

    By the id of each service, `said` is all that a source says of it, and `clashes` what was overruled here; `owners`
    knows the organisations that it names.
    """

    planned: Sequence[Planned]
    unchanged: int = 0
    rows: Mapping[str, int] = field(default_factory=dict)
    said: Mapping[str, Fields] = field(default_factory=dict)
    clashes: Mapping[str, Fields] = field(default_factory=dict)
    owners: Owners = field(default_factory=Owners)

    @property
    def drafts(self) -> list[Draft]:
        """The changes themselves."""
        return [each.draft for each in self.planned]

    @property
    def counts(self) -> Counts:
        """How many services are opened, changed, closed and left as they are."""
        sorts = Counter(each.sort for each in self.planned)
        return Counts(sorts["new"], sorts["changed"], sorts["closed"], self.unchanged)

    def sha256(self, *, today: date) -> str:
        """What says that two plans are the same, made from the same directory: whoever saw the one has seen the other.

        Ids that are only made up when something new is written do not count. A day later more of it is a correction.
        """
        said = json.dumps(
            [str(today), self.unchanged, *((draft_plain(each.draft), each.latest) for each in self.planned)]
        )
        drafts = self.drafts
        edits = (edit for draft in drafts for edit in (*draft.organisations, *draft.teams, *draft.services))
        made_up = {edit.id: f'"new {place}"' for place, edit in enumerate(edits) if edit.expected_version == 0}
        said = _RANDOM_ID.sub(lambda found: made_up.get(found[1], found[0]), said)
        return hashlib.sha256(said.encode()).hexdigest()


def plan_import(connection: Connection, wanted: Wanted) -> Plan:
    """Work out what a file changes; writes nothing. Raises ImportRefused with every row that cannot be taken.

    What is long is neither read nor kept in memory as a whole: services are taken some at a time, and changes spooled.
    """
    reading = wanted.reading
    known = known_ids(connection, reading.services) | dict(wanted.merge.ids if wanted.merge else {})
    ids = {place: known[key] for place, each in enumerate(reading.services) if (key := _key(each)) in known}
    faults = [*reading.problems, *personal_rows(reading), *deceiving_rows(reading), *undated_rows(reading)]
    faults += repeated_rows(reading.services, ids)
    if faults:
        raise ImportRefused(sorted(unquoted(faults), key=lambda fault: fault.row))
    owners = find_owners(
        connection, reading, effective_from=wanted.effective_from, source=wanted.source, merge=wanted.merge
    )
    making = _Making(connection, wanted, owners, ids)
    planned = spooled(making.every())
    return Plan(planned, making.unchanged, making.rows, making.sides.said, making.sides.clashes, owners)


@dataclass(slots=True)
class _Making:
    """A plan while it is made: the service that each row is, by its place, and what was found of the rows so far."""

    connection: Connection
    wanted: Wanted
    owners: Owners
    ids: Mapping[int, str]
    unchanged: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    sides: Sides = field(default_factory=lambda: Sides())

    def every(self) -> Iterator[Planned]:
        """All changes, in the order in which they are published."""
        reading, merge = self.wanted.reading, self.wanted.merge
        yield from (Planned(draft, "other") for draft in self.owners.drafts(self.wanted.source))
        taken = _slugs_of_others(self.connection, reading)
        for start in range(0, len(reading.services), _AT_ONCE):
            yield from self._some(start, reading.services[start : start + _AT_ONCE], taken)
        if self.wanted.complete:
            systems = dict.fromkeys(each.identifier.system for each in reading.services if each.identifier)
            gone = {key for system in systems for key in import_store.ids_of_system(self.connection, system)}
            yield from _closures(self.connection, self.wanted, gone - set(self.ids.values()), self.sides)
        if merge:
            yield from _closures(self.connection, self.wanted, merge.gone, self.sides)
        links = succession_drafts(self.connection, reading, self.owners, source=self.wanted.source)
        yield from (Planned(draft, "other") for draft in links)

    def _some(self, start: int, services: Sequence[SourceService], taken: Container[str]) -> Iterator[Planned]:
        """The changes of some rows, from a place on."""
        places = range(start, start + len(services))
        known = {self.ids[place] for place in places if place in self.ids}
        lives = timelines(self.connection, "service", known, steps_after=date.max)
        shut = [key for key, life in lives.items() if all(facts.status == "closed" for facts in life.facts)]
        unopened = import_store.only_undone(self.connection, "service", shut)
        if self.wanted.merge:
            # Somebody here undid what this feed brought: that is overruled as any other word of it.
            unopened -= self.wanted.merge.said.keys()
        for place, service in zip(places, services, strict=True):
            life = lives[self.ids[place]] if place in self.ids else None
            if life is None or life.id in unopened:
                new = replace(service, slug=None) if service.slug in taken else service
                found: Planned | None = _opening(new, self.owners, self.wanted, life, self.sides)
            else:
                found = _change(service, life, self.owners, self.wanted, self.sides)
            if found is None:
                self.unchanged += 1
            else:
                self.rows[found.draft.services[0].id] = service.row
                yield found


@dataclass(frozen=True, slots=True)
class Sides:
    """What a feed says of each service and what of it was overruled here, gathered while a plan is made."""

    said: dict[str, Fields] = field(default_factory=dict)
    clashes: dict[str, Fields] = field(default_factory=dict)

    def note(self, key: str, facts: Fields, wanted: Wanted) -> None:
        """What it says; of a file that is no feed nobody asks for it again."""
        if wanted.merge is not None:
            self.said[key] = facts

    def divide(self, key: str, before: Facts, edit: Fields, wanted: Wanted) -> dict[str, object]:
        """The part of an edit that is taken; of a file that is no feed, all of it."""
        if wanted.merge is None:
            return dict(edit)
        said = wanted.merge.said.get(key)
        tolerance = wanted.reading.coordinate_tolerance
        taken, clash = divided(before, edit, said, coordinate_tolerance=tolerance)
        if clash:
            self.clashes[key] = clash
        return taken


def _key(service: SourceService) -> Identifier | str:
    return service.identifier or service.slug or ""


def known_ids(connection: Connection, services: Sequence[SourceService]) -> dict[Identifier | str, str]:
    """The ids of services that are in the directory already, by what the source calls them."""
    values: dict[str, list[str]] = {}
    for service in services:
        if service.identifier:
            values.setdefault(service.identifier.system, []).append(service.identifier.value)
    found: dict[Identifier | str, str] = {}
    for system, wanted in values.items():
        found |= {
            Identifier(system, value): key for value, key in ids_by_identifier(connection, system, wanted).items()
        }
    by_slug = find_ids(connection, "service", [service.slug for service in services if service.slug])
    for service in services:
        if service.slug in by_slug and _is_it(service, by_slug[service.slug]):
            found.setdefault(_key(service), by_slug[service.slug])
    return found


def _is_it(service: SourceService, key: str) -> bool:
    """Whether a service of this slug here is the one meant: another directory's feed may use the slug for its own."""
    given = service.identifier
    if given is not None and is_of_feed(given.system):
        return False
    return given is None or given.system not in _WITH_SLUGS or _is_own(given, key)


def _is_own(given: Identifier, key: str) -> bool:
    """Whether it is the name that an export of this directory gives a service of ours."""
    if given.system == fhir_bundle.FORMAT:
        return given.value.endswith(f"/HealthcareService/{resource_id('service', key)}")
    return given == Identifier(hsds.FORMAT, own_uuid("service", key))


def _slugs_of_others(connection: Connection, reading: Reading) -> set[str]:
    """The slugs of a feed that services here have: what is opened all the same is another service, under another."""
    if reading.format not in _WITH_SLUGS:
        return set()
    return set(find_ids(connection, "service", [service.slug for service in reading.services if service.slug]))


def _opening(service: SourceService, owners: Owners, wanted: Wanted, life: Timeline | None, sides: Sides) -> Planned:
    """A service that is new or, with a life, one that only an import that was undone ever brought."""
    facts = {**service.set, "owner": owners.of(service)}
    if life is None:
        key = service.slug if service.slug and len(service.slug) <= LONGEST_ID else uuid.uuid4().hex
        edit = Edit(key, facts, expected_version=0, slug=service.slug)
    else:
        edit = reopening(life.id, facts)
    sides.note(edit.id, facts, wanted)
    draft = Draft(
        title=f"{facts['name']} is in the directory{'' if life is None else ' again'}",
        effective_from=service.effective_from or wanted.effective_from,
        kinds=("opened",) if life is None else (),
        services=(edit,),
        why=f"{wanted.source} lists it.",
        what_to_do=AFTER_CLOSING if facts.get("status") == "closed" else "",
    )
    return Planned(draft, "new", service.row, latest=life.latest_number if life else 0)


def reopening(service_id: str, facts: Mapping[str, object]) -> Edit:
    """The edit that opens again what only an undone import brought.

    It sets every field: nothing of what was undone comes back because the facts do not speak of it.
    """
    whole = Facts(**settled(Facts, facts))  # type: ignore[arg-type]
    return Edit(service_id, {each.name: getattr(whole, each.name) for each in fields(Facts)})


def _change(service: SourceService, life: Timeline, owners: Owners, wanted: Wanted, sides: Sides) -> Planned | None:
    """What differs on the day from which the source says that it holds: what was learnt since is not undone."""
    reading, day = wanted.reading, service.effective_from or wanted.effective_from
    if wanted.merge:
        # What somebody said here later than that day is to be met, not gone round.
        day = wanted.effective_from
    before: Facts = life.on(day) or life.facts[0]
    tolerance = reading.coordinate_tolerance
    given = _news(service, before, life.id, reading)
    owner = owners.of(service)
    sides.note(life.id, {**given, "owner": owner}, wanted)
    edit = sides.divide(life.id, before, differing(before, given, owner, coordinate_tolerance=tolerance), wanted)
    if not edit:
        return None
    closes = edit.get("status") == "closed"
    draft = Draft(
        title=f"{before.name}: {in_words(before, edit)}",
        effective_from=day,
        services=(Edit(life.id, edit),),
        why=f"{wanted.source} says so.",
        what_to_do=AFTER_CLOSING if closes else "Use what the entry says now.",
        # What a feed calls it is nobody's news.
        weight="minor" if wanted.merge and edit.keys() <= {"identifiers"} else "major",
    )
    return Planned(draft, "closed" if closes else "changed", service.row, before, life.latest_number)


def _news(service: SourceService, before: Facts, key: str, reading: Reading) -> Mapping[str, object]:
    """What a row says, without what only came of an export of this directory."""
    if reading.format == services_csv.FORMAT:
        return news(before, service.slug or "", service.set)
    if reading.format in _WITH_SLUGS and isinstance(given := service.set.get("identifiers"), tuple):
        return {**service.set, "identifiers": tuple(each for each in given if not _is_own(each, key))}
    return service.set


def _closures(connection: Connection, wanted: Wanted, gone: Iterable[str], sides: Sides) -> Iterator[Planned]:
    """Services that came from this source, or this kind of it, and are no longer in it."""
    for row in load_in_force(connection, "service", sorted(gone), on=wanted.effective_from).values():
        if row.facts.status == "closed":
            continue
        if edit := sides.divide(row.subject_id, row.facts, {"status": "closed"}, wanted):
            draft = Draft(
                title=f"{row.facts.name} is closed",
                effective_from=wanted.effective_from,
                kinds=("closed",),
                services=(Edit(row.subject_id, edit),),
                why=f"{wanted.source} no longer lists it.",
                what_to_do=AFTER_CLOSING,
            )
            yield Planned(draft, "closed", 0, row.facts, row.number)
