"""What a message says of a change, read from the rows: what it touches, before and after, with the owners' names.

Each function answers for a whole batch of changes with one statement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, exists, func, select

from directory.domain.service import Facts
from directory.domain.succession import Noun, Part, Succession
from directory.shapes import from_json
from directory.store.batches import read_json
from directory.store.successions import of_changes
from directory.store.tables.changes import change_subjects, change_terms, changes
from directory.store.tables.nouns import services, successions
from directory.store.told_history import History, Owners, UnwrittenVersion

# How many services a message names, of those that a change reaches through their owner.
NAMED = 10


@dataclass(frozen=True, slots=True)
class ToldService:
    """A service that a change touches: what it said until then (None where it is new), and what it says from then."""

    id: str
    slug: str
    before: Facts | None
    after: Facts
    owner: str
    was_owner: str | None


@dataclass(frozen=True, slots=True)
class ToldBody:
    """An organisation or a team that a change touches; `was_name` is None where it is new."""

    noun: Noun
    slug: str
    name: str
    was_name: str | None


@dataclass(frozen=True, slots=True)
class ToldLink:
    """A succession in names; `part` is the share that the successor takes, where it is split.

    `owner` runs the successor from that day, where it is a service.
    """

    noun: Noun
    predecessor: str
    name: str
    kind: str
    successor_slug: str | None
    successor_name: str | None
    owner: str | None
    part: Part | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldChange:
    """A change with everything that a message says of it. `reached` names the first services of `reached_count`."""

    number: int
    title: str
    kinds: tuple[str, ...]
    effective_from: date
    recorded_at: datetime
    urgent: bool
    status: str
    why: str
    what_to_do: str
    in_flight: str
    services: tuple[ToldService, ...] = ()
    bodies: tuple[ToldBody, ...] = ()
    links: tuple[ToldLink, ...] = ()
    reached: tuple[str, ...] = ()
    reached_count: int = 0


@dataclass(frozen=True, slots=True)
class Unwritten:
    """A change that is worked out and not written: the same that its rows would say."""

    row: Any
    subjects: Sequence[Any]
    links: Mapping[tuple[str, int], Sequence[Succession]]
    reached: Sequence[Any]
    versions: Mapping[Noun, Sequence[UnwrittenVersion]]


@dataclass(frozen=True, slots=True)
class _Batch:
    """The rows of some changes, read once and then put together in memory."""

    subjects: Mapping[int, Sequence[Any]]
    links: Mapping[tuple[str, int], Sequence[Succession]]
    reached: Mapping[int, Sequence[Any]]
    histories: Mapping[Noun, History]

    def touches(self, change: Any) -> list[_Touch]:
        """Each service that a change itself touches, read."""
        history, day = self.histories["service"], change.effective_from
        found = []
        for subject in self.subjects.get(change.number, ()):
            if subject.noun == "service" and (after := history.on(subject.subject_id, day, up_to=subject.version)):
                # Without a version of its own that day, a change leaves the service as it was.
                known = after.number - 1 if after.number == subject.version else after.number
                before = history.on(subject.subject_id, day, up_to=known)
                read = from_json(Facts, before.facts) if before else None
                found.append(_Touch(subject.subject_id, after.slug, read, from_json(Facts, after.facts)))
        return found

    def successors(self, change: Any) -> dict[str, Facts]:
        """What the services that take over say on the day, by id."""
        history = self.histories["service"]
        links = self.links.get(("service", change.number), ())
        found = {link.successor: history.on(link.successor, change.effective_from) for link in links if link.successor}
        return {key: from_json(Facts, row.facts) for key, row in found.items() if row}


@dataclass(frozen=True, slots=True)
class _Touch:
    id: str
    slug: str
    before: Facts | None
    after: Facts


def told(connection: Connection, numbers: Iterable[int]) -> dict[int, ToldChange]:
    """Everything that messages about some changes say, by number; a fixed number of statements, however many."""
    rows = connection.execute(select(changes).where(changes.c.number.in_(sorted(set(numbers))))).all()
    return _put_together(connection, rows, _read(connection, [row.number for row in rows]), {})


def told_if_written(connection: Connection, change: Unwritten) -> ToldChange:
    """What messages would say of a change, were it written: by the same way as of one that is."""
    number = change.row.number
    batch = _batch(
        connection, {number: change.subjects}, change.links, {number: change.reached}, unwritten=change.versions
    )
    return _put_together(connection, [change.row], batch, change.versions)[number]


def _put_together(
    connection: Connection, rows: Sequence[Any], batch: _Batch, unwritten: Mapping[Noun, Sequence[UnwrittenVersion]]
) -> dict[int, ToldChange]:
    touched = {row.number: batch.touches(row) for row in rows}
    successors = {row.number: batch.successors(row) for row in rows}
    facts = [facts for each in touched.values() for touch in each for facts in (touch.before, touch.after) if facts]
    facts += [facts for each in successors.values() for facts in each.values()]
    owners = Owners(connection, [each.owner for each in facts], unwritten)
    return {row.number: _told(row, batch, owners, touched[row.number], successors[row.number]) for row in rows}


def _read(connection: Connection, numbers: Sequence[int]) -> _Batch:
    subjects: dict[int, list[Any]] = defaultdict(list)
    touched = select(change_subjects).where(change_subjects.c.change_number.in_(numbers))
    for row in connection.execute(touched.order_by(change_subjects.c.noun, change_subjects.c.subject_id)):
        subjects[row.change_number].append(row)
    links = of_changes(connection, numbers)
    reached: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(_reached(numbers)):
        reached[row.change_number].append(row)
    return _batch(connection, subjects, links, reached)


def _batch(
    connection: Connection,
    subjects: Mapping[int, Sequence[Any]],
    links: Mapping[tuple[str, int], Sequence[Succession]],
    reached: Mapping[int, Sequence[Any]],
    unwritten: Mapping[Noun, Sequence[UnwrittenVersion]] | None = None,
) -> _Batch:
    """The histories of all that some changes touch, link or reach."""
    new = unwritten or {}
    ids: dict[Noun, set[str]] = {"service": set(), "organisation": set(), "team": set()}
    for row in (row for rows in subjects.values() for row in rows):
        ids[row.noun].add(row.subject_id)
    nouns: dict[str, Noun] = {noun: noun for noun in ids}
    for (noun, _), found in links.items():
        ids[nouns[noun]] |= {key for link in found for key in (link.predecessor, link.successor) if key}
    ids["service"] |= {row.subject_id for rows in reached.values() for row in rows}
    return _Batch(
        subjects,
        links,
        reached,
        {noun: History(connection, noun, keys, unwritten=new.get(noun, ())) for noun, keys in ids.items()},
    )


def _reached(numbers: Sequence[int]) -> Any:
    """The services that changes reach through their owners: the first few by slug, and how many in all."""
    terms = change_terms
    touched = exists().where(
        change_subjects.c.change_number == terms.c.change_number,
        change_subjects.c.noun == "service",
        change_subjects.c.subject_id == terms.c.subject_id,
    )
    following = exists().where(
        successions.c.change_number == terms.c.change_number,
        successions.c.noun == "service",
        successions.c.successor == terms.c.subject_id,
    )
    ranked = (
        select(
            terms.c.change_number,
            terms.c.subject_id,
            func.row_number().over(partition_by=terms.c.change_number, order_by=services.c.slug).label("place"),
            func.count().over(partition_by=terms.c.change_number).label("reached"),
        )
        .join(services, services.c.id == terms.c.subject_id)
        .where(terms.c.change_number.in_(numbers), terms.c.facet == "service", ~touched, ~following)
        .subquery()
    )
    return select(ranked).where(ranked.c.place <= NAMED).order_by(ranked.c.change_number, ranked.c.place)


def _told(
    row: Any, batch: _Batch, owners: Owners, touched: Sequence[_Touch], successors: Mapping[str, Facts]
) -> ToldChange:
    day, eve = row.effective_from, row.effective_from - timedelta(days=1)
    reached = batch.reached.get(row.number, ())
    return ToldChange(
        number=row.number,
        title=row.title,
        kinds=tuple(read_json(row.kinds)),
        effective_from=day,
        recorded_at=row.recorded_at,
        urgent=row.urgent,
        status=row.status,
        why=row.why,
        what_to_do=row.what_to_do,
        in_flight=row.in_flight,
        services=tuple(
            ToldService(
                id=touch.id,
                slug=touch.slug,
                before=touch.before,
                after=touch.after,
                owner=owners.in_words(touch.after.owner, day),
                was_owner=owners.in_words(touch.before.owner, eve) if touch.before else None,
            )
            for touch in touched
        ),
        bodies=tuple(
            _body(subject, batch) for subject in batch.subjects.get(row.number, ()) if subject.noun != "service"
        ),
        links=tuple(_links(row, batch, {key: owners.in_words(each.owner, day) for key, each in successors.items()})),
        reached=tuple(batch.histories["service"].name(found.subject_id, day) for found in reached),
        reached_count=reached[0].reached if reached else 0,
    )


def _body(subject: Any, batch: _Batch) -> ToldBody:
    history = batch.histories[subject.noun]
    day, version = subject.effective_from, subject.version
    before = history.on(subject.subject_id, day, up_to=version - 1) if version is not None else None
    after = history.on(subject.subject_id, day, up_to=version)
    name = after.name if after else history.name(subject.subject_id, day)
    return ToldBody(subject.noun, history.slug(subject.subject_id), name, before.name if before else None)


def _links(row: Any, batch: _Batch, owners: Mapping[str, str]) -> Iterable[ToldLink]:
    day, eve = row.effective_from, row.effective_from - timedelta(days=1)
    for noun, history in batch.histories.items():
        for link in batch.links.get((noun, row.number), ()):
            successor = link.successor
            yield ToldLink(
                noun=noun,
                predecessor=link.predecessor,
                name=history.name(link.predecessor, eve),
                kind=link.kind,
                successor_slug=history.slug(successor) if successor else None,
                successor_name=history.name(successor, day) if successor else None,
                owner=owners.get(successor) if successor and noun == "service" else None,
                part=link.part,
            )
