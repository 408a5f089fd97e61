"""Gaps as an editor reads them: what people asked, how often, and what was nearest then and is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.domain.query import Query
from directory.site import Site
from directory.store import gaps as gap_store
from directory.store import reports as report_store
from directory.store.gaps import Gap
from directory.web.views.names import Named, names_of

A_PAGE = 25
NEAREST = 3
REPORTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class GapView:
    """A gap. `answered` says that the question finds a confident answer now: the first of `now`."""

    query: str
    times: int
    first_at: datetime
    last_at: datetime
    then: tuple[Named, ...]
    now: tuple[Named, ...]
    answered: bool
    outcome: str
    outcome_at: datetime | None
    closed: bool


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report that came of a gap; `to` is the service whose owner it is for, None where it is for the editors."""

    ref: str
    question: str
    text: str
    received_at: datetime
    to: Named | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GapsView:
    """A page of gaps; `next` is from where to go on."""

    gaps: tuple[GapView, ...]
    closed: bool
    open_count: int
    closed_count: int
    next: int | None
    reports: tuple[ReportView, ...]


def gaps_view(connection: Connection, site: Site, *, closed: bool, start: int) -> GapsView:
    """A page of the gaps that are open, most asked first, or of those that are closed, the latest first."""
    listed = gap_store.closed_ones if closed else gap_store.open_ones
    found = listed(connection, limit=A_PAGE + 1, offset=start)
    open_count, closed_count = gap_store.totals(connection)
    return GapsView(
        gaps=_views(connection, site, found[:A_PAGE]),
        closed=closed,
        open_count=open_count,
        closed_count=closed_count,
        next=start + A_PAGE if len(found) > A_PAGE else None,
        reports=() if closed else _reports(connection, site),
    )


def gap_view(connection: Connection, site: Site, gap: Gap) -> GapView:
    """One gap."""
    return _views(connection, site, [gap])[0]


def _views(connection: Connection, site: Site, found: Sequence[Gap]) -> tuple[GapView, ...]:
    nearest = {gap.query: site.search(Query(gap.query, limit=NEAREST)) for gap in found}
    now = {query: [hit.service_id for hit in each.hits] for query, each in nearest.items()}
    ids = {key for keys in now.values() for key in keys} | {key for gap in found for key in gap.nearest}
    names = names_of(connection, "service", ids, on=site.today())
    zone = site.settings.zone
    return tuple(
        GapView(
            query=gap.query,
            times=gap.times,
            first_at=gap.first_at.astimezone(zone),
            last_at=gap.last_at.astimezone(zone),
            then=tuple(names[key] for key in gap.nearest),
            now=tuple(names[key] for key in now[gap.query]),
            answered=nearest[gap.query].confident,
            outcome=gap.outcome or "",
            outcome_at=_local(gap.outcome_at, zone),
            closed=gap.closed_at is not None,
        )
        for gap in found
    )


def _local(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    return at.astimezone(zone) if at else None


def _reports(connection: Connection, site: Site) -> tuple[ReportView, ...]:
    found = report_store.of_gaps(connection, limit=REPORTS)
    names = names_of(connection, "service", {each.service_id for each in found if each.service_id}, on=site.today())
    zone = site.settings.zone
    return tuple(
        ReportView(
            each.ref,
            each.gap or "",
            each.text,
            each.received_at.astimezone(zone),
            names[each.service_id] if each.service_id else None,
        )
        for each in found
    )
