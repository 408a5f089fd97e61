"""The versions of services, organisations and teams: what held on a day, and what was known at an instant.

The three nouns keep their versions alike, so that one set of statements serves them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Date, Select, Table, and_, bindparam, func, select

from directory.domain.change import facts_terms
from directory.domain.service import Facts, Version
from directory.domain.succession import Noun
from directory.domain.timeline import Made, Step, Timeline
from directory.shapes import SHAPE_OF_NOUN, from_json, set_from_plain, to_json
from directory.store.batches import in_batches, read_json
from directory.store.places import note_postcodes
from directory.store.registration import note_names
from directory.store.tables import changes, nouns
from directory.store.tables.kinds import Instant

SUBJECTS: Mapping[Noun, Table] = {
    "service": nouns.services,
    "organisation": nouns.organisations,
    "team": nouns.teams,
}
VERSIONS: Mapping[Noun, Table] = {
    "service": nouns.service_versions,
    "organisation": nouns.organisation_versions,
    "team": nouns.team_versions,
}


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version as it is kept, its facts read."""

    subject_id: str
    slug: str
    number: int
    effective_from: date
    recorded_at: datetime
    change_number: int
    facts: Any

    @property
    def version(self) -> Version:
        """The same as the domain names it, for a service."""
        return Version(
            self.subject_id, self.number, self.effective_from, self.recorded_at, self.change_number, self.facts
        )


def in_force(
    noun: Noun, *, on: date | BindParameter[date], known_at: datetime | BindParameter[datetime] | None = None
) -> Select[Any]:
    """The statement for the version in force of each subject on a day, as far as it was known at an instant.

    Of several that began on the same day, the one recorded last holds.
    """
    subjects, versions = SUBJECTS[noun], VERSIONS[noun]
    candidate = versions.alias("candidate")
    known = and_(candidate.c.subject_id == versions.c.subject_id, candidate.c.effective_from <= on)
    if known_at is not None:
        known = and_(known, candidate.c.recorded_at <= known_at)
    newest = (
        select(candidate.c.number)
        .where(known)
        .order_by(candidate.c.effective_from.desc(), candidate.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(subjects.c.id, subjects.c.slug, versions)
        .join(versions, versions.c.subject_id == subjects.c.id)
        .where(versions.c.number == newest)
    )


def load_in_force(
    connection: Connection, noun: Noun, ids: Iterable[str], *, on: date, known_at: datetime | None = None
) -> dict[str, VersionRow]:
    """The versions in force of some subjects, by id; those that had not begun are left out."""
    return {row.subject_id: row for row in _load_by(connection, noun, "id", ids, on=on, known_at=known_at)}


def load_by_slug(
    connection: Connection, noun: Noun, slugs: Iterable[str], *, on: date, known_at: datetime | None = None
) -> dict[str, VersionRow]:
    """The same by slugs."""
    return {row.slug: row for row in _load_by(connection, noun, "slug", slugs, on=on, known_at=known_at)}


def _load_by(
    connection: Connection, noun: Noun, column: str, keys: Iterable[str], *, on: date, known_at: datetime | None
) -> Iterator[VersionRow]:
    statement = _in_force_by(noun, column, as_known=known_at is not None)
    day = {"on": on} if known_at is None else {"on": on, "known_at": known_at}
    for batch in in_batches(keys):
        for row in connection.execute(statement, {**day, "keys": batch}):
            yield version_row(noun, row)


@cache
def _in_force_by(noun: Noun, column: str, *, as_known: bool) -> Select[Any]:
    """Built once: building it costs more than running it, and every page runs it several times."""
    known_at = bindparam("known_at", type_=Instant()) if as_known else None
    statement = in_force(noun, on=bindparam("on", type_=Date()), known_at=known_at)
    return statement.where(SUBJECTS[noun].c[column].in_(bindparam("keys", expanding=True)))


def version_row(noun: Noun, row: Any) -> VersionRow:
    """A row of `in_force` or of a history, read."""
    facts = from_json(SHAPE_OF_NOUN[noun], row.facts)
    return VersionRow(
        row.subject_id, row.slug, row.number, row.effective_from, row.recorded_at, row.change_number, facts
    )


def history(
    connection: Connection, noun: Noun, subject_id: str, *, known_at: datetime | None = None
) -> list[VersionRow]:
    """Every version ever recorded of a subject, as far as it was known at an instant, newest first."""
    subjects, versions = SUBJECTS[noun], VERSIONS[noun]
    statement = (
        select(subjects.c.slug, versions)
        .join(versions, versions.c.subject_id == subjects.c.id)
        .where(subjects.c.id == subject_id)
    )
    if known_at is not None:
        statement = statement.where(versions.c.recorded_at <= known_at)
    return [version_row(noun, row) for row in connection.execute(statement.order_by(versions.c.number.desc()))]


def histories(connection: Connection, noun: Noun, ids: Iterable[str]) -> dict[str, list[Any]]:
    """The facts of every version of some subjects, oldest first, by id."""
    versions, shape = VERSIONS[noun], SHAPE_OF_NOUN[noun]
    found: dict[str, list[Any]] = {}
    for batch in in_batches(ids):
        statement = select(versions.c.subject_id, versions.c.facts).where(versions.c.subject_id.in_(batch))
        for row in connection.execute(statement.order_by(versions.c.subject_id, versions.c.number)):
            found.setdefault(row.subject_id, []).append(from_json(shape, row.facts))
    return found


def find_ids(connection: Connection, noun: Noun, keys: Iterable[str]) -> dict[str, str]:
    """Ids by what people call a subject: its id, else its slug or, for an organisation, its ODS code in any case."""
    wanted = dict.fromkeys(keys)
    by_id: dict[str, str] = {}
    by_slug: dict[str, str] = {}
    by_code: dict[str, str] = {}
    for batch in in_batches(wanted):
        codes = {"codes": [key.upper() for key in batch]} if noun == "organisation" else {}
        for row in connection.execute(_by_key(noun), {"keys": batch, **codes}):
            by_id[row.id] = row.id
            by_slug[row.slug] = row.id
            if noun == "organisation" and row.ods_code:
                by_code[row.ods_code] = row.id
    found = ((key, by_id.get(key) or by_slug.get(key) or by_code.get(key.upper())) for key in wanted)
    return {key: id_ for key, id_ in found if id_}


@cache
def _by_key(noun: Noun) -> Select[Any]:
    """Built once, as every page runs it."""
    subjects = SUBJECTS[noun]
    keys: BindParameter[str] = bindparam("keys", expanding=True)
    matches = subjects.c.id.in_(keys) | subjects.c.slug.in_(keys)
    if noun == "organisation":
        matches |= subjects.c.ods_code.in_(bindparam("codes", expanding=True))
    return select(subjects).where(matches)


def all_ids(connection: Connection, noun: Noun) -> list[str]:
    """Every subject that ever was, in the order of ids."""
    column = SUBJECTS[noun].c.id
    return list(connection.scalars(select(column).order_by(column)))


def taken_slugs(connection: Connection, noun: Noun, slugs: Iterable[str]) -> set[str]:
    """Those of `slugs` that something has as its slug or id, for ever, and with each of them all that begin like it."""
    taken: set[str] = set()
    for column in (SUBJECTS[noun].c.slug, SUBJECTS[noun].c.id):
        for batch in in_batches(slugs):
            taken.update(connection.scalars(select(column).where(column.in_(batch))))
        for slug in sorted(taken):
            taken.update(connection.scalars(select(column).where(_begins(connection, column, f"{slug}-"))))
    return taken


def _begins(connection: Connection, column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    if connection.dialect.name == "sqlite":
        # Unlike LIKE, which takes no heed of case, it is answered from the index: slugs hold nothing special to it.
        return column.op("GLOB")(f"{text}*")
    return column.startswith(text, autoescape=True)


def timelines(connection: Connection, noun: Noun, ids: Iterable[str], *, steps_after: date) -> dict[str, Timeline]:
    """The lives of some subjects, ready for edits that take effect on or after `steps_after`."""
    ids = list(ids)
    shape = SHAPE_OF_NOUN[noun]
    lives = {subject_id: Timeline(subject_id, shape) for subject_id in ids}
    for row in _live_versions(connection, noun, ids):
        life = lives[row.subject_id]
        life.days.append(row.effective_from)
        life.facts.append(from_json(shape, row.facts))
        life.numbers.append(row.number)
        life.latest_number = max(life.latest_number, row.number)
    subjects = changes.change_subjects
    for batch in in_batches(ids):
        rows = connection.execute(
            select(subjects.c.subject_id, subjects.c.effective_from, subjects.c.change_number, subjects.c.set)
            .join(changes.changes, changes.changes.c.number == subjects.c.change_number)
            .where(
                subjects.c.noun == noun,
                subjects.c.subject_id.in_(batch),
                subjects.c.effective_from > steps_after,
                changes.changes.c.status == "published",
            )
        )
        for row in rows:
            # What a change touched without setting anything, by taking another's place, is no step.
            if edit := set_from_plain(shape, read_json(row.set)):
                lives[row.subject_id].steps.append(Step(row.effective_from, row.change_number, edit))
    return lives


def _live_versions(connection: Connection, noun: Noun, ids: Sequence[str]) -> Iterable[Any]:
    """Of each subject and day, the version recorded last, in the order of days."""
    versions = VERSIONS[noun]
    newest = (
        select(versions.c.subject_id, versions.c.effective_from, func.max(versions.c.number).label("number"))
        .group_by(versions.c.subject_id, versions.c.effective_from)
        .subquery()
    )
    for batch in in_batches(ids):
        yield from connection.execute(
            select(versions)
            .join(newest, and_(newest.c.subject_id == versions.c.subject_id, newest.c.number == versions.c.number))
            .where(versions.c.subject_id.in_(batch), newest.c.subject_id.in_(batch))
            .order_by(versions.c.subject_id, versions.c.effective_from)
        )


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version to be written, with whose it is and which change made it."""

    noun: Noun
    subject_id: str
    made: Made
    change_number: int
    recorded_at: datetime


def insert_versions(connection: Connection, new: Sequence[NewVersion]) -> None:
    """Write versions and what they can be found by."""
    for noun, table in VERSIONS.items():
        if rows := [_row(version) for version in new if version.noun == noun]:
            connection.execute(table.insert(), rows)
    # A set: of two values that differ only beyond what a column holds, one row is enough.
    found = {
        (version.subject_id, version.made.number, facet, value[:300])
        for version in new
        if version.noun == "service"
        for facet, value in facts_terms(version.made.facts)
        if facet in ("area", "need", "setting")
    }
    terms = [dict(zip(("subject_id", "number", "facet", "value"), term, strict=True)) for term in sorted(found)]
    if terms:
        connection.execute(nouns.version_terms.insert(), terms)
    note_names(connection, [(it.subject_id, it.made.facts.name) for it in new if it.noun == "organisation"])
    note_postcodes(connection, [place for it in new if it.noun == "service" for place in it.made.facts.locations])


def _row(version: NewVersion) -> dict[str, Any]:
    facts = version.made.facts
    row = {
        "subject_id": version.subject_id,
        "number": version.made.number,
        "effective_from": version.made.effective_from,
        "recorded_at": version.recorded_at,
        "change_number": version.change_number,
        "name": facts.name,
        "facts": to_json(facts).decode(),
    }
    if version.noun == "team":
        row["organisation"] = facts.organisation
    if isinstance(facts, Facts):
        row |= {
            "status": facts.status,
            "owner_organisation": facts.owner.organisation,
            "owner_team": facts.owner.team,
        }
    return row


def insert_subjects(connection: Connection, noun: Noun, rows: Sequence[Mapping[str, Any]]) -> None:
    """Give new services, organisations or teams their id and slug, for ever."""
    if rows:
        connection.execute(SUBJECTS[noun].insert(), list(rows))


def insert_identifiers(connection: Connection, rows: Sequence[tuple[str, str, str]]) -> None:
    """Remember (system, value, service id) for ever; one that is known stays with the service that had it first."""
    if not rows:
        return
    table = nouns.identifiers
    known = set()
    for batch in in_batches([value for _, value, _ in rows]):
        known |= {
            (row.system, row.value)
            for row in connection.execute(select(table.c.system, table.c.value).where(table.c.value.in_(batch)))
        }
    new: dict[tuple[str, str], str] = {}
    for system, value, service in rows:
        if (system, value) not in known:
            new.setdefault((system, value), service)
    if new:
        connection.execute(
            table.insert(),
            [{"system": system, "value": value, "service_id": service} for (system, value), service in new.items()],
        )


def ids_by_identifier(connection: Connection, system: str, values: Iterable[str]) -> dict[str, str]:
    """Service ids by what another system calls them."""
    table = nouns.identifiers
    found: dict[str, str] = {}
    for batch in in_batches(values):
        rows = connection.execute(
            select(table.c.value, table.c.service_id).where(table.c.system == system, table.c.value.in_(batch))
        )
        found |= {row.value: row.service_id for row in rows}
    return found
