"""Changes as entries of a feed and as days of a calendar: put into words as a message puts them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from html import escape

from sqlalchemy import Connection

from directory.domain.change import Change
from directory.exchange.atom import Entry, Gone
from directory.exchange.icalendar import Day
from directory.notify.letterhead import Letterhead
from directory.notify.notice import Notice, ServiceLine, full_date, notice_of
from directory.notify.plain import plain_text
from directory.store import changes as change_store
from directory.store import told
from directory.store.chains import Chain, chains
from directory.store.changes import Filter

# A calendar begins so far back, and holds so many.
PAST = timedelta(days=90)
MOST_DAYS = 500


def entries_of(
    connection: Connection, changes: Sequence[Change], letterhead: Letterhead, *, today: date
) -> tuple[list[Entry], list[Gone]]:
    """Changes that hold, and tombstones of those that were withdrawn or whose place another took.

    One that was announced ahead is updated on the day on which it takes effect: readers show it again.
    """
    standing = [change for change in changes if change.status == "published"]
    notices = _notices(connection, [change.number for change in standing], letterhead)
    instead = [change.superseded_by for change in changes if change.superseded_by is not None]
    by_number = {change.number: change for change in change_store.load_many(connection, instead)}
    gone = []
    for change in changes:
        if change.status != "published":
            after = by_number.get(change.superseded_by or 0)
            title = f"Now: {after.title}" if after else ""
            gone.append(Gone(letterhead.link(f"/changes/{change.number}"), (after or change).recorded_at, title))
    return [_entry(change, notices[change.number], letterhead, today) for change in standing], gone


def days_of(connection: Connection, wanted: Filter, letterhead: Letterhead, *, today: date) -> list[Day]:
    """The days on which changes take effect, from 90 days ago on; what was put right is still the same day's event."""
    window = replace(wanted, weight="major", effective_from=today - PAST)
    near = change_store.list_by_day(connection, limit=MOST_DAYS, wanted=window)
    found = chains(connection, [change.number for change in near])
    members = [number for chain in found for number in chain.numbers]
    matching = replace(wanted, numbers=members)
    meant = {
        change.number: change
        for change in change_store.list_by_day(connection, limit=len(members) or 1, wanted=matching)
        if not _only_withdraws(change)
    }
    notices = _notices(connection, list(meant), letterhead)
    days = [_day(chain, meant, notices, letterhead) for chain in found if meant.keys() & set(chain.numbers)]
    return sorted(days, key=lambda each: (each.day, each.uid))


def _day(chain: Chain, meant: dict[int, Change], notices: dict[int, Notice], letterhead: Letterhead) -> Day:
    number = next(number for number in reversed(chain.numbers) if number in meant)
    change, notice = meant[number], notices[number]
    return Day(
        uid=f"change-{chain.root}@{letterhead.host}",
        sequence=len(chain.numbers) - 1,
        # What took its place sets nothing, or is of others: here it does not happen.
        cancelled=number != chain.numbers[-1] or change.status != "published",
        day=change.effective_from,
        summary=notice.title,
        description="\n".join(_lines(notice)),
        link=notice.link,
        changed_at=chain.recorded_at,
        categories=change.kinds,
    )


def _only_withdraws(change: Change) -> bool:
    links = change.succession or change.organisation_succession
    return change.supersedes is not None and not links and not any(subject.set for subject in change.subjects)


def _notices(connection: Connection, numbers: Sequence[int], letterhead: Letterhead) -> dict[int, Notice]:
    return {number: notice_of(change, letterhead) for number, change in told.told(connection, numbers).items()}


def _entry(change: Change, notice: Notice, letterhead: Letterhead, today: date) -> Entry:
    begins = datetime.combine(change.effective_from, time.min, tzinfo=letterhead.zone)
    now_in_force = change.recorded_at < begins and change.effective_from <= today
    return Entry(
        id=notice.link,
        title=notice.title,
        link=notice.link,
        published=change.recorded_at,
        updated=begins if now_in_force else change.recorded_at,
        html="\n".join(_html(notice, now_in_force=now_in_force)),
        categories=change.kinds,
    )


def _html(notice: Notice, *, now_in_force: bool) -> Iterator[str]:
    day = full_date(notice.effective_from)
    yield f"<p>This is now in force, from {day}.</p>" if now_in_force else f"<p>From {day}.</p>"
    for service in notice.services:
        yield f'<h3><a href="{escape(service.link)}">{escape(_named(service))}</a></h3>'
        rows = (f"<li>{escape(row.label)}: {escape(row.text)}</li>" for row in service.rows)
        yield f"<ul>{''.join(rows)}</ul>"
    for line in _besides(notice):
        yield f"<p>{escape(line)}</p>"
    for prose in notice.prose:
        yield f"<h3>{escape(prose.heading)}</h3>{prose.html}"


def _lines(notice: Notice) -> Iterator[str]:
    for service in notice.services:
        yield _named(service)
        yield from (f"{row.label}: {row.text}" for row in service.rows)
        yield ""
    yield from _besides(notice)
    for prose in notice.prose:
        yield from (prose.heading, plain_text(prose.html), "")
    yield notice.link


def _besides(notice: Notice) -> Iterator[str]:
    yield from notice.also
    if notice.services_more:
        yield f"And {notice.services_more} more services."
    if notice.reached:
        more = f" and {notice.reached_more} more" if notice.reached_more > 0 else ""
        yield f"Services concerned: {'; '.join(notice.reached)}{more}"


def _named(service: ServiceLine) -> str:
    if service.new:
        return f"New: {service.name}"
    return f"{service.name} (was {service.was_name})" if service.was_name else service.name
