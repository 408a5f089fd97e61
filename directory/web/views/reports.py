"""Reports as their reporters, those who answer them and everybody read them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.domain.freshness import months_before
from directory.domain.offer import State
from directory.store import offers, report_lists
from directory.store import reports as report_store
from directory.store.reports import Report
from directory.web import words
from directory.web.parameters import end_of
from directory.web.views.names import Named, names_of

A_PAGE = 25
OWN = 50
HEARD = 10
A_YEAR = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """One report. `became` says in words what its state is; joined ones have the state of the one that they joined.

    `people` is how many said it, `others` the words of those that were joined. `waits` is for how many days it is open.
    """

    ref: str
    kind: str
    text: str
    about: Named | None
    received_at: datetime
    state: str
    became: str
    answer: str
    answered_at: datetime | None
    change: int | None
    people: int
    others: tuple[tuple[str, datetime], ...]
    waits: int
    owner: str


def report_view(
    connection: Connection, ref: str, *, today: date, zone: ZoneInfo, with_others: bool = False
) -> ReportView:
    """One report by its reference, with what became of it; raises ReportNotFound."""
    own = report_store.by_ref(connection, ref)
    return _views(connection, [own], today=today, zone=zone, with_others=with_others)[0]


@dataclass(frozen=True, slots=True)
class Answering:
    """The change that was to answer an open report and waits for agreement, or does not any more; `reason` says why."""

    href: str
    state: State
    reason: str
    at: datetime


def answering(connection: Connection, ref: str, *, at: datetime, zone: ZoneInfo) -> Answering | None:
    """What is on its way to answer a report, or came to nothing; None where nothing is, or it is answered."""
    root = report_store.root_of(connection, report_store.by_ref(connection, ref))
    offer = offers.of_report(connection, root.id) if root.state == "open" else None
    if offer is None:
        return None
    ended = offer.settled_at or min(offer.expires_at, at)
    return Answering(f"/offers/{offer.ref}", offer.became(at), offer.reason, ended.astimezone(zone))


def own_reports(connection: Connection, person_id: int, *, today: date, zone: ZoneInfo) -> tuple[ReportView, ...]:
    """What a person reported, newest first."""
    return _views(connection, report_store.of_person(connection, person_id, limit=OWN), today=today, zone=zone)


@dataclass(frozen=True, slots=True)
class ToAnswer:
    """A page of the reports for those who answer them; `next` is from where to go on."""

    reports: tuple[ReportView, ...]
    answered: bool
    next: int | None


def to_answer(
    connection: Connection, *, teams: Collection[str] | None, answered: bool, start: int, today: date, zone: ZoneInfo
) -> ToAnswer:
    """Reports of the services of some teams (None: all), those that wait oldest first."""
    found = report_lists.to_answer(connection, teams=teams, answered=answered, on=today, limit=A_PAGE + 1, offset=start)
    shown = [each.report for each in found[:A_PAGE]]
    views = _views(connection, shown, today=today, zone=zone, owners=[each.owner for each in found[:A_PAGE]])
    return ToAnswer(views, answered, start + A_PAGE if len(found) > A_PAGE else None)


def _views(
    connection: Connection,
    found: Sequence[Report],
    *,
    today: date,
    zone: ZoneInfo,
    owners: Sequence[str | None] = (),
    with_others: bool = False,
) -> tuple[ReportView, ...]:
    joined_to = [each.ref for each in found if each.joined_to is not None]
    roots = {root.id: root for root in report_store.roots_of(connection, joined_to)} if joined_to else {}
    answered = [roots.get(each.joined_to or 0, each) for each in found]
    ids = [each.id for each in answered]
    times = report_lists.how_often(connection, ids)
    others = report_store.joined(connection, ids) if with_others else {}
    names = names_of(connection, "service", {each.service_id for each in found if each.service_id}, on=today)
    return tuple(
        ReportView(
            ref=own.ref,
            kind=words.REPORTS[own.kind],
            text=own.text,
            about=names[own.service_id] if own.service_id else None,
            received_at=own.received_at.astimezone(zone),
            state=root.state,
            became=words.BECAME[root.state],
            answer=root.answer or "",
            answered_at=root.answered_at.astimezone(zone) if root.answered_at else None,
            change=root.change_number,
            people=times[root.id],
            others=tuple((each.text, each.received_at.astimezone(zone)) for each in others.get(root.id, ())),
            waits=(today - own.received_at.astimezone(zone).date()).days,
            owner=(owners[place] or "") if owners else "",
        )
        for place, (own, root) in enumerate(zip(found, answered, strict=True))
    )


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was reported and answered, for everybody: not in the words of those who reported it."""

    kind: str
    about: Named | None
    people: int
    became: str
    answer: str
    change: int | None
    answered_on: date | None


@dataclass(frozen=True, slots=True)
class HeardView:
    """ "You said, we did": what a team was told in the last 12 months, and what became of it."""

    received: int
    fixed: int
    not_changed: int
    answered: int
    waiting: int
    latest: tuple[Said, ...]


def heard_view(connection: Connection, team: str, *, today: date, zone: ZoneInfo) -> HeardView:
    """What a team was told, counted by reports."""
    since = end_of(months_before(today, A_YEAR) - timedelta(days=1), zone)
    heard = report_lists.heard_by(connection, team, since=since, limit=HEARD)
    names = names_of(connection, "service", {it.service_id for it, _ in heard.latest if it.service_id}, on=today)
    counts = heard.counts
    return HeardView(
        heard.received,
        counts.get("fixed", 0),
        counts.get("not-changed", 0),
        counts.get("answered", 0),
        counts.get("open", 0),
        tuple(
            Said(
                words.REPORTS[it.kind],
                names[it.service_id] if it.service_id else None,
                people,
                words.BECAME[it.state],
                it.answer or "",
                it.change_number,
                it.answered_at.astimezone(zone).date() if it.answered_at else None,
            )
            for it, people in heard.latest
        ),
    )
