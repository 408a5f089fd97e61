"""Undoing an import: which of its changes stand, what was done upon them since, and what came beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    distinct,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)

from directory.errors import Since
from directory.store.batches import in_batches
from directory.store.fhir_history import wait_for_members
from directory.store.imports import Batch
from directory.store.tables.changes import change_subjects, changes
from directory.store.tables.importing import import_memberships, undone_checks, undone_imports
from directory.store.tables.kinds import Instant
from directory.store.tables.learning import checks
from directory.store.tables.nouns import (
    organisation_memberships,
    service_versions,
    successions,
    team_versions,
    teams,
)
from directory.store.tables.telling import deliveries

_KEY = ("member", "of", "kind", "start")


@dataclass(frozen=True, slots=True)
class Beside:
    """What came with an import that is no change: memberships of organisations, and days on which it checked."""

    memberships: int
    checks: int


def standing(connection: Connection, batch: Batch) -> list[int]:
    """The changes of an import that hold, the last one first; withdrawals among them are left out."""
    sets = exists().where(change_subjects.c.change_number == changes.c.number, change_subjects.c.set != "{}")
    links = exists().where(successions.c.change_number == changes.c.number)
    statement = select(changes.c.number).where(*_of(batch), changes.c.status == "published", or_(sets, links))
    return list(connection.scalars(statement.order_by(changes.c.number.desc())))


def takes_places(connection: Connection, batch: Batch) -> list[int]:
    """The changes from before an import whose place changes of it took: withdrawing those does not bring them back."""
    statement = select(changes.c.supersedes).where(*_of(batch), changes.c.supersedes < (batch.first_change or 0))
    return list(connection.scalars(statement.order_by(changes.c.supersedes)))


def brought_beside(connection: Connection, import_id: int) -> Beside:
    """How much of it there is."""
    counts = [
        connection.scalar(select(func.count()).select_from(table).where(table.c.import_id == import_id))
        for table in (import_memberships, checks)
    ]
    return Beside(counts[0] or 0, counts[1] or 0)


def count_told(connection: Connection, batch: Batch) -> int:
    """How many people were told of changes of an import already."""
    told = select(func.count(distinct(deliveries.c.person_id)))
    numbers = deliveries.c.change_number.between(batch.first_change or 0, batch.last_change or 0)
    return int(connection.scalar(told.where(numbers, deliveries.c.state == "accepted")) or 0)


def changed_since(connection: Connection, batch: Batch) -> list[Since]:
    """Everything that an import touched and something published later stands upon, each with that change.

    Edits of it; successions that lead from or to it; services and teams that an organisation or a team which the
    import brought runs since; and memberships that another list gave since.
    """
    statements: list[Select[Any]] = []
    if batch.last_change is not None:
        statements += [_edited(batch), *_linked(batch), _run_by_organisations(batch), _run_by_teams(batch)]
        statements += [_teams_of(batch), *_members(batch)]
    statements.append(_memberships_moved(batch))
    found: dict[tuple[str, str, int | None], Since] = {}
    for statement in statements:
        for noun, key, number, title in connection.execute(statement):
            found.setdefault((noun, key, number), Since(noun, key, number, title))
    return sorted(found.values(), key=lambda each: (each.noun, each.id, each.change_number or 0))


def imports_of(connection: Connection, since: Iterable[Since]) -> list[int]:
    """The imports of which some of those changes came, the last one first."""
    found: set[int] = set()
    for numbers in in_batches(each.change_number for each in since if each.change_number is not None):
        statement = select(changes.c.import_id).where(changes.c.number.in_(numbers), changes.c.import_id.is_not(None))
        found |= set(connection.scalars(statement.distinct()))
    return sorted(found, reverse=True)


def _of(batch: Batch) -> list[ColumnElement[bool]]:
    return [changes.c.import_id == batch.id, changes.c.number.between(batch.first_change or 0, batch.last_change or 0)]


def _later(batch: Batch) -> ColumnElement[bool]:
    return and_(changes.c.number > batch.last_change, changes.c.status == "published")


def _touched(batch: Batch, noun: str, *, opened: bool = False) -> Select[Any]:
    """The ids of what an import touched, or only of what it opened."""
    mine = change_subjects.alias()
    numbers = mine.c.change_number.between(batch.first_change or 0, batch.last_change or 0)
    found = select(mine.c.subject_id).where(mine.c.noun == noun, numbers, mine.c.set != "{}")
    return found.where(mine.c.version == 1) if opened else found


def _edited(batch: Batch) -> Select[Any]:
    later, mine = change_subjects, change_subjects.alias("mine")
    same = exists().where(
        mine.c.noun == later.c.noun,
        mine.c.subject_id == later.c.subject_id,
        mine.c.set != "{}",
        mine.c.change_number.between(batch.first_change or 0, batch.last_change or 0),
    )
    return (
        select(later.c.noun, later.c.subject_id, changes.c.number, changes.c.title)
        .join(changes, changes.c.number == later.c.change_number)
        .where(_later(batch), later.c.set != "{}", same)
    )


def _linked(batch: Batch) -> list[Select[Any]]:
    return [
        select(successions.c.noun, end, changes.c.number, changes.c.title)
        .join(changes, changes.c.number == successions.c.change_number)
        .where(
            _later(batch),
            successions.c.noun == noun,
            successions.c.withdrawn_at.is_(None),
            end.in_(_touched(batch, noun)),
        )
        for noun in ("service", "organisation")
        for end in (successions.c.predecessor, successions.c.successor)
    ]


def _run_by_organisations(batch: Batch) -> Select[Any]:
    versions = service_versions
    brought = versions.c.owner_organisation.in_(_touched(batch, "organisation", opened=True))
    return _made_later(batch, "service", versions.c.subject_id, versions.c.change_number).where(brought)


def _run_by_teams(batch: Batch) -> Select[Any]:
    versions = service_versions
    slugs = select(teams.c.slug).where(teams.c.id.in_(_touched(batch, "team", opened=True)))
    brought = versions.c.owner_team.in_(slugs)
    return _made_later(batch, "service", versions.c.subject_id, versions.c.change_number).where(brought)


def _teams_of(batch: Batch) -> Select[Any]:
    versions = team_versions
    brought = versions.c.organisation.in_(_touched(batch, "organisation", opened=True))
    return _made_later(batch, "team", versions.c.subject_id, versions.c.change_number).where(brought)


def _made_later(batch: Batch, noun: str, subject: ColumnElement[Any], number: ColumnElement[Any]) -> Select[Any]:
    named: Select[Any] = select(literal(noun), subject, changes.c.number, changes.c.title)
    # A version that a withdrawal made says nothing new.
    edit = change_subjects
    same = and_(edit.c.change_number == number, edit.c.noun == noun, edit.c.subject_id == subject, edit.c.set != "{}")
    return named.join(changes, changes.c.number == number).where(_later(batch), exists().where(same))


def _members(batch: Batch) -> list[Select[Any]]:
    """Organisations that an import brought and that another list made members of, or gave members to."""
    table, mine = organisation_memberships, import_memberships
    own = exists().where(mine.c.import_id == batch.id, *(mine.c[name] == table.c[name] for name in _KEY))
    return [
        _of_a_list(end).where(~own, end.in_(_touched(batch, "organisation", opened=True)))
        for end in (table.c.member, table.c.of)
    ]


def _memberships_moved(batch: Batch) -> Select[Any]:
    """Memberships of an import that end on another day by now."""
    table, mine = organisation_memberships, import_memberships
    moved = table.c.end.is_distinct_from(mine.c.end)
    pairs = and_(*(mine.c[name] == table.c[name] for name in _KEY))
    return _of_a_list(table.c.member).join(mine, pairs).where(mine.c.import_id == batch.id, moved)


def _of_a_list(member: ColumnElement[Any]) -> Select[Any]:
    title = "another list says to whom it belongs"
    found: Select[Any] = select(literal("organisation"), member, null(), literal(title))
    return found.select_from(organisation_memberships)


def take_back_beside(connection: Connection, import_id: int, *, at: datetime) -> None:
    """Take away the memberships and checks that an import brought; memberships that it ended end as they did before.

    Which services it had checked is kept: they read otherwise from now on (`at`, UTC).
    """
    table, mine = organisation_memberships, import_memberships
    rows = connection.execute(select(mine).where(mine.c.import_id == import_id)).all()
    this = and_(*(table.c[name] == bindparam(f"its_{name}") for name in _KEY))
    if new := [_its(row) for row in rows if row.new]:
        connection.execute(delete(table).where(this), new)
    if moved := [_its(row) | {"until": row.end_before} for row in rows if not row.new]:
        connection.execute(update(table).where(this).values(end=bindparam("until")), moved)
    wait_for_members(connection, (row.member for row in rows))
    its = select(literal(import_id), checks.c.service_id, literal(at, Instant())).where(checks.c.import_id == import_id)
    names = ["import_id", "service_id", "undone_at"]
    connection.execute(insert(undone_checks).from_select(names, its.distinct()))
    connection.execute(delete(checks).where(checks.c.import_id == import_id))


def _its(row: Any) -> dict[str, Any]:
    return {f"its_{name}": getattr(row, name) for name in _KEY}


def mark_undone(
    connection: Connection, import_id: int, numbers: Iterable[int], *, person_id: int | None, why: str, at: datetime
) -> None:
    """Say that an import was undone, and by which changes."""
    made = list(numbers)
    connection.execute(
        insert(undone_imports).values(
            import_id=import_id,
            person_id=person_id,
            undone_at=at,
            why=why,
            first_change=min(made, default=None),
            last_change=max(made, default=None),
        )
    )
