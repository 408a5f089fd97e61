"""The life of a service: its versions, newest first, with what each made different, and any two compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.domain.change import Change
from directory.errors import Invalid, Problem
from directory.store import changes as change_store
from directory.store import services as service_store
from directory.store.versions import VersionRow, history
from directory.web.language import gettext
from directory.web.parameters import day_of, number_of
from directory.web.views.lines import FieldDifference, differences, whole_entry
from directory.web.views.names import OwnerNames

MOST_CHANGES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """One version. `standing` is "now", "coming", "past" or "replaced" (by a later version of the same day).

    `believed_on` is the last day on which something else was known of `effective_from`; None where it corrects nothing.
    """

    number: int
    effective_from: date
    recorded_at: datetime
    change_number: int
    change: Change | None
    believed_on: date | None
    standing: str
    first: bool
    differences: tuple[FieldDifference, ...]
    entry: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions compared, the older one first."""

    before: VersionView
    after: VersionView
    differences: tuple[FieldDifference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryView:
    """Every version of a service, newest first, and the two chosen to be compared, if any."""

    slug: str
    name: str
    versions: tuple[VersionView, ...]
    compared: Comparison | None


def history_view(
    connection: Connection, key: str, *, first: str, second: str, today: date, zone: ZoneInfo
) -> HistoryView:
    """The history of a service by id or slug; `first` and `second` choose what to compare, by number or day.

    Raises ServiceNotFound, and Invalid where a choice names no version.
    """
    service = service_store.service_id(connection, key)
    rows = _in_order(history(connection, "service", service))
    owners = OwnerNames.of(connection, [row.facts for row in rows], on=today)
    listed = change_store.list_recent(connection, limit=MOST_CHANGES, wanted=change_store.Filter(service=service))
    changes = {change.number: change for change in listed}
    views = {row.number: _version(row, rows, owners, changes.get(row.change_number), today, zone) for row in rows}
    now = next((row for row in rows if views[row.number].standing == "now"), rows[0])
    chosen = _chosen(rows, first, second)
    return HistoryView(
        slug=now.slug,
        name=now.facts.name,
        versions=tuple(views.values()),
        compared=Comparison(views[chosen[0].number], views[chosen[1].number], _between(chosen[0], chosen[1], owners))
        if chosen
        else None,
    )


def _in_order(rows: Sequence[VersionRow]) -> list[VersionRow]:
    return sorted(rows, key=lambda row: (row.effective_from, row.number), reverse=True)


def _version(
    row: VersionRow, rows: Sequence[VersionRow], owners: OwnerNames, change: Change | None, today: date, zone: ZoneInfo
) -> VersionView:
    before = _before(row, rows)
    published = row.recorded_at.astimezone(zone)
    corrects = before is not None and row.effective_from < published.date()
    return VersionView(
        number=row.number,
        effective_from=row.effective_from,
        recorded_at=published,
        change_number=row.change_number,
        change=change,
        believed_on=published.date() - timedelta(days=1) if corrects else None,
        standing=_standing(row, rows, today),
        first=before is None,
        differences=_between(before, row, owners) if before else (),
        entry=whole_entry(row.facts, owner=owners.in_words(row.facts.owner)) if before is None else (),
    )


def _before(row: VersionRow, rows: Sequence[VersionRow]) -> VersionRow | None:
    """What held on its first day, as far as its author knew."""
    known = [each for each in rows if each.effective_from <= row.effective_from and each.number < row.number]
    return max(known, key=lambda each: (each.effective_from, each.number), default=None)


def _standing(row: VersionRow, rows: Sequence[VersionRow], today: date) -> str:
    if any(each.effective_from == row.effective_from and each.number > row.number for each in rows):
        return "replaced"
    if row.effective_from > today:
        return "coming"
    later = any(row.effective_from < each.effective_from <= today for each in rows)
    return "past" if later else "now"


def _between(before: VersionRow, after: VersionRow, owners: OwnerNames) -> tuple[FieldDifference, ...]:
    names = (owners.in_words(before.facts.owner), owners.in_words(after.facts.owner))
    return differences(before.facts, after.facts, owners=names)


def _chosen(rows: Sequence[VersionRow], first: str, second: str) -> tuple[VersionRow, VersionRow] | None:
    if not first and not second:
        return None
    one, other = _pick(rows, first, "from"), _pick(rows, second, "to")
    return (one, other) if (one.effective_from, one.number) <= (other.effective_from, other.number) else (other, one)


def _pick(rows: Sequence[VersionRow], given: str, where: str) -> VersionRow:
    """A version by its number or by a day on which it held; nothing given is the newest."""
    if not given:
        return rows[0]
    if re.fullmatch(r"\d+", given):
        found = next((row for row in rows if row.number == number_of(given)), None)
        said = gettext("There is no version {given} of this service. Choose one from the list.")
        reason = said.format(given=given[:20])
    else:
        day = day_of(given, where=where)
        found = next((row for row in rows if row.effective_from <= day), None)
        said = gettext("This service was not in the directory on “{given}”. Choose a later day.")
        reason = said.format(given=given[:40])
    if found is None:
        raise Invalid([Problem(where, reason)])
    return found
