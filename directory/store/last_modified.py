"""When services were last modified, as Open Referral asks: what is said of them, and what was committed late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Select, Table, func, or_, select, update
from sqlalchemy.dialects import postgresql

from directory.domain.change import fold
from directory.domain.succession import Noun
from directory.store.batches import in_batches
from directory.store.changes import read_head
from directory.store.tables.changes import imports, seen_changes
from directory.store.tables.importing import undone_checks
from directory.store.tables.learning import checks
from directory.store.tables.nouns import organisations, service_versions, services, successions, team_versions, teams
from directory.store.touched import services_touched
from directory.store.versions import VERSIONS, in_force

# Of what was seen, until the clock has been read.
_SEEN_JUST_NOW = datetime(9999, 1, 1, tzinfo=UTC)
Note = Callable[[str, datetime | None], None]


def modified(
    connection: Connection, *, on: date, zone: ZoneInfo, ids: Iterable[str] | None = None
) -> dict[str, datetime]:
    """When what is said of a service, its owners among it, was last changed or came into force (UTC), by id.

    A version counts from when it was recorded or began, whichever was later; so does a check. Successions,
    and what is said of the service at their other end, count from when they were recorded; what was taken back, from
    when it was. Without `ids`, of every service that has begun.
    """
    found: dict[str, datetime] = {}

    def note(key: str, at: datetime | None) -> None:
        if at is not None and (key not in found or at > found[key]):
            found[key] = at

    for batch in [None] if ids is None else in_batches(ids):
        columns = service_versions.c
        # Every version counts, not only the one in force: what a correction of the past says stands in the metadata.
        last = (
            func.max(columns.recorded_at).label("recorded_at"),
            func.max(columns.effective_from).label("effective_from"),
        )
        wanted = select(columns.subject_id, *last).where(columns.effective_from <= on).group_by(columns.subject_id)
        for row in connection.execute(_of(wanted, columns.subject_id, batch)):
            note(row.subject_id, _in_effect(row, zone))
        _note_owners(connection, batch, note, on=on, zone=zone)
        _note_checks(connection, batch, lambda key, at: note(key, at) if key in found else None, on=on, zone=zone)
        for statement in _links(batch):
            for row in connection.execute(statement):
                if row.id in found:
                    note(row.id, row.at)
    return found


def _of(statement: Select[Any], column: ColumnElement[str], ids: Sequence[str] | None) -> Select[Any]:
    return statement if ids is None else statement.where(column.in_(ids))


def _in_effect(row: Any, zone: ZoneInfo) -> datetime:
    recorded: datetime = row.recorded_at
    return max(recorded, _midnight(row.effective_from, zone))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def _note_owners(connection: Connection, ids: Sequence[str] | None, note: Note, *, on: date, zone: ZoneInfo) -> None:
    """Whoever runs a service or ever did is named in it."""
    columns = service_versions.c
    owned: dict[Noun, dict[str, list[str]]] = {"organisation": defaultdict(list), "team": defaultdict(list)}
    ran = select(columns.subject_id, columns.owner_organisation).where(columns.effective_from <= on).distinct()
    for row in connection.execute(_of(ran, columns.subject_id, ids)):
        owned["organisation"][row.owner_organisation].append(row.subject_id)
    now = in_force("service", on=on).with_only_columns(columns.subject_id, columns.owner_team)
    for row in connection.execute(_of(now.where(columns.owner_team.is_not(None)), services.c.id, ids)):
        owned["team"][row.owner_team].append(row.subject_id)
    named: tuple[tuple[Noun, ColumnElement[str]], ...] = (("organisation", organisations.c.id), ("team", teams.c.slug))
    for noun, column in named:
        versions = VERSIONS[noun]
        for batch in in_batches(owned[noun]):
            statement = in_force(noun, on=on).with_only_columns(
                column.label("key"), versions.c.recorded_at, versions.c.effective_from
            )
            for row in connection.execute(statement.where(column.in_(batch))):
                for service in owned[noun][row.key]:
                    note(service, _in_effect(row, zone))
    for slug, at in _namesakes(connection, on=on, zone=zone).items():
        for service in owned["team"].get(slug, ()):
            note(service, at)


def _namesakes(connection: Connection, *, on: date, zone: ZoneInfo) -> Mapping[str, datetime]:
    """When the last team came or went that ever had the name of another of its organisation, by slugs of them all.

    A team that shares its name is told apart by its slug, so what becomes of one changes what is said of the other.
    """
    table = team_versions
    statement = select(teams.c.slug, table.c.organisation, table.c.name, table.c.recorded_at, table.c.effective_from)
    rows = connection.execute(statement.join(teams).where(table.c.effective_from <= on)).all()
    sharing: dict[tuple[str, str], set[str]] = defaultdict(set)
    last: dict[str, datetime] = {}
    for row in rows:
        sharing[row.organisation, fold(row.name)].add(row.slug)
        last[row.slug] = max(_in_effect(row, zone), last.get(row.slug, datetime.min.replace(tzinfo=UTC)))
    found: dict[str, datetime] = {}
    for slugs in sharing.values():
        if len(slugs) > 1:
            latest = max(last[slug] for slug in slugs)
            for slug in slugs:
                found[slug] = max(latest, found.get(slug, latest))
    return found


def _note_checks(connection: Connection, ids: Sequence[str] | None, note: Note, *, on: date, zone: ZoneInfo) -> None:
    recorded = func.max(func.coalesce(checks.c.recorded_at, imports.c.recorded_at, checks.c.checked_at)).label(
        "recorded"
    )
    seen = select(checks.c.service_id, recorded, func.max(checks.c.checked_at).label("checked"))
    if on < date.max:
        # A source may say that it will have been checked: it counts from that day.
        seen = seen.where(checks.c.checked_at < _midnight(on + timedelta(days=1), zone))
    seen = seen.outerjoin(imports, imports.c.id == checks.c.import_id).group_by(checks.c.service_id)
    for row in connection.execute(_of(seen, checks.c.service_id, ids)):
        note(row.service_id, max(row.recorded, _midnight(row.checked.astimezone(zone).date(), zone)))
    undone = select(undone_checks.c.service_id, func.max(undone_checks.c.undone_at).label("at"))
    for row in connection.execute(_of(undone.group_by(undone_checks.c.service_id), undone_checks.c.service_id, ids)):
        note(row.service_id, row.at)


def _links(ids: Sequence[str] | None) -> Iterator[Select[Any]]:
    ends = successions.c.predecessor, successions.c.successor
    # What is at the other end is named as it will last be: also before its day.
    named = in_force("service", on=date.max).subquery("named")
    for end, other in (ends, ends[::-1]):
        of_services = select(end.label("id")).where(successions.c.noun == "service").group_by(end)
        for at in (successions.c.recorded_at, successions.c.withdrawn_at):
            yield _of(of_services.add_columns(func.max(at).label("at")).where(at.is_not(None)), end, ids)
        linked = of_services.add_columns(func.max(named.c.recorded_at).label("at")).join(named, named.c.id == other)
        yield _of(linked.where(successions.c.withdrawn_at.is_(None)), end, ids)


def modified_since(connection: Connection, since: datetime, *, on: date, zone: ZoneInfo) -> set[str]:
    """Services that may read otherwise than to whoever read them at an instant (UTC), by id.

    They were modified then or later; or something of them was written before and committed after it, as far as
    `note_seen` can tell: what it has not seen yet is among them.
    """
    found = {key for key, at in modified(connection, on=on, zone=zone).items() if at >= since}
    return found | _late(connection, since, on=on)


def _late(connection: Connection, since: datetime, *, on: date) -> set[str]:
    seen = seen_changes.c
    first = select(func.min(seen.number)).scalar_subquery()
    there = connection.scalar(select(func.coalesce(func.max(seen.number), first)).where(seen.seen_at < since))
    found, _ = services_touched(connection, after=there or 0, from_day=on, until_day=on)
    ids = set(found)
    for table in (checks, undone_checks):
        late = or_(table.c.seen_at.is_(None), table.c.seen_at >= since)
        ids |= set(connection.scalars(select(table.c.service_id).where(late)))
    return ids


def anything_unseen(connection: Connection) -> bool:
    """Whether something was committed since `mark_seen` last looked."""
    last = connection.scalar(select(func.max(seen_changes.c.number))) or 0
    waiting = (connection.scalar(_unseen(table)) for table in (checks, undone_checks))
    return read_head(connection).number > last or any(waiting)


def _unseen(table: Table) -> Select[Any]:
    return select(select(table.c.service_id).where(table.c.seen_at.is_(None)).exists())


def mark_seen(connection: Connection, *, clock: Callable[[], datetime]) -> None:
    """Say that what is committed can be seen from now on; in a transaction of its own."""
    for table in (checks, undone_checks):
        connection.execute(update(table).where(table.c.seen_at.is_(None)).values(seen_at=_SEEN_JUST_NOW))
    number = read_head(connection).number
    # Only now: what was committed while this waited was not seen by whoever read a moment earlier.
    at = max(clock(), connection.scalar(select(func.max(seen_changes.c.seen_at))) or clock())
    for table in (checks, undone_checks):
        connection.execute(update(table).where(table.c.seen_at == _SEEN_JUST_NOW).values(seen_at=at))
    # PostgreSQL's spelling of ON CONFLICT is SQLite's too.
    row = postgresql.insert(seen_changes).values(number=number, seen_at=at)
    connection.execute(row.on_conflict_do_nothing(index_elements=[seen_changes.c.number]))
