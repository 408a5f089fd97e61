"""Lists of reports: for those who answer them, for the worker that tells them, and for everybody."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Select, func, or_, select

from directory.domain.report import State
from directory.store.reports import Report, report_of
from directory.store.tables.learning import reports
from directory.store.tables.nouns import service_versions, services
from directory.store.versions import in_force

ANSWERED = ("fixed", "not-changed", "answered")


@dataclass(frozen=True, slots=True)
class Owned:
    """A report with the slug of the team that runs its service on a day; None where no team does."""

    report: Report
    owner: str | None


def to_answer(
    connection: Connection, *, teams: Collection[str] | None, answered: bool, on: date, limit: int, offset: int = 0
) -> list[Owned]:
    """Reports for some teams (None: for all), those that wait oldest first, the answered ones latest first."""
    wanted = reports.c.state.in_(ANSWERED) if answered else reports.c.state == "open"
    statement = _with_owner(on).where(wanted)
    if teams is not None:
        statement = statement.where(statement.selected_columns.owner.in_(sorted(teams)))
    order = (reports.c.answered_at.desc(), reports.c.id.desc()) if answered else (reports.c.id,)
    rows = connection.execute(statement.order_by(*order).limit(limit).offset(offset))
    return [Owned(report_of(row), row.owner) for row in rows]


def due(connection: Connection, *, at: datetime, on: date, limit: int) -> list[Owned]:
    """Open reports that are to be told, or told further up, by an instant."""
    waiting = _with_owner(on).where(reports.c.state == "open", reports.c.escalates_at <= at)
    rows = connection.execute(waiting.order_by(reports.c.escalates_at, reports.c.id).limit(limit))
    return [Owned(report_of(row), row.owner) for row in rows]


def any_due(connection: Connection, *, at: datetime) -> bool:
    """Whether any is: asked twice a second."""
    waiting = select(reports.c.id).where(reports.c.state == "open", reports.c.escalates_at <= at)
    return connection.execute(waiting.limit(1)).first() is not None


def _with_owner(on: date) -> Select[tuple[object, ...]]:
    owners = in_force("service", on=on).with_only_columns(services.c.id, service_versions.c.owner_team).subquery()
    return select(reports, owners.c.owner_team.label("owner")).outerjoin(owners, owners.c.id == reports.c.service_id)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a team was told in a span of time: reports by what became of them, and the latest that were answered.

    Reports are counted, not only the first of those that were joined. Each answered one comes with how many said it.
    """

    counts: Mapping[State, int]
    latest: tuple[tuple[Report, int], ...]

    @property
    def received(self) -> int:
        """How many there were in all."""
        return sum(self.counts.values())


def heard_by(connection: Connection, team: str, *, since: datetime, limit: int) -> Heard:
    """What a team was told since an instant, and the latest that were fixed or not changed."""
    root = reports.alias("root")
    # Two lists, each by an index: asked for in one, every report ever made would be read.
    alone = select(reports.c.state).where(
        reports.c.team == team, reports.c.received_at >= since, reports.c.joined_to.is_(None)
    )
    joined = (
        select(root.c.state)
        .join(reports, reports.c.joined_to == root.c.id)
        .where(root.c.team == team, reports.c.received_at >= since)
    )
    each = alone.union_all(joined).subquery()
    became = select(each.c.state, func.count().label("reports")).group_by(each.c.state)
    counts = {row.state: row.reports for row in connection.execute(became)}
    # What was asked is between those who asked and those who answered.
    said = select(reports).where(
        reports.c.team == team, reports.c.received_at >= since, reports.c.state.in_(("fixed", "not-changed"))
    )
    rows = connection.execute(said.order_by(reports.c.answered_at.desc(), reports.c.id.desc()).limit(limit))
    latest = [report_of(row) for row in rows]
    times = how_often(connection, [each.id for each in latest])
    return Heard(counts, tuple((each, times[each.id]) for each in latest))


def how_often(connection: Connection, ids: Collection[int]) -> dict[int, int]:
    """How many people said what some reports say: themselves, and those that were joined to them."""
    found = dict.fromkeys(ids, 1)
    joined = reports.c.joined_to
    counted = select(joined, func.count().label("more")).where(joined.in_(list(ids))).group_by(joined)
    for row in connection.execute(counted):
        found[row.joined_to] += row.more
    return found


def behind_change(connection: Connection, number: int) -> int:
    """How many reports a change settled."""
    root = select(reports.c.id).where(reports.c.change_number == number)
    counted = select(func.count()).where(or_(reports.c.id.in_(root), reports.c.joined_to.in_(root)))
    return int(connection.execute(counted).scalar_one())
