"""The life of a page: its versions, newest first, with what each made different by word, and any two compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.content.pages import PageFile, sections, title_of
from directory.errors import Invalid, Problem
from directory.store import pages as page_store
from directory.store.pages import Page
from directory.web import words
from directory.web.difference import Piece, difference
from directory.web.language import gettext
from directory.web.parameters import number_of
from directory.web.views.knowledge import PageView, as_written, read


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a page that differs: what it is called, and the pieces that lead from one text to the other."""

    label: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageVersionView:
    """One version of a page."""

    number: int
    title: str
    updated: date
    recorded_at: datetime
    why: str
    minor: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageHistoryView:
    """Every version, newest first, and the parts that differ between two that were chosen, by their numbers."""

    slug: str
    title: str
    versions: tuple[PageVersionView, ...]
    chosen: tuple[int, int] | None
    compared: tuple[Part, ...]


def page_history_view(connection: Connection, slug: str, *, first: str, second: str, zone: ZoneInfo) -> PageHistoryView:
    """The history of a page; `first` and `second` choose two versions by number. Raises PageNotFound, Invalid."""
    found = page_store.versions(connection, slug)
    by_number = {version.number: version for version in found}
    earlier = [*found[1:], None]
    chosen = _chosen(by_number, first, second)
    return PageHistoryView(
        slug=slug,
        title=found[0].title,
        versions=tuple(_version(version, before, zone) for version, before in zip(found, earlier, strict=True)),
        chosen=chosen,
        compared=parts_between(by_number[chosen[0]], by_number[chosen[1]]) if chosen else (),
    )


def _chosen(versions: Mapping[int, Page], first: str, second: str) -> tuple[int, int] | None:
    if not first and not second:
        return None
    numbers = []
    for where, given in (("from", first), ("to", second)):
        number = number_of(given) if given else max(versions)
        if number is None or number not in versions:
            said = gettext("There is no version {given} of this page. Choose one from the list.")
            raise Invalid([Problem(where, said.format(given=given[:20]))])
        numbers.append(number)
    return min(numbers), max(numbers)


def _version(version: Page, before: Page | None, zone: ZoneInfo) -> PageVersionView:
    return PageVersionView(
        number=version.number,
        title=version.title,
        updated=version.updated,
        recorded_at=version.recorded_at.astimezone(zone),
        why=version.why,
        minor=version.weight == "minor",
        parts=parts_between(before, version) if before else (),
    )


def parts_between(before: Page, after: Page) -> tuple[Part, ...]:
    """What differs between two versions, part by part; what stayed the same is left out."""
    was, now = dict(_texts(read(before))), dict(_texts(read(after)))
    order = [*now, *(label for label in was if label not in now)]
    return tuple(
        Part(label, difference(was.get(label, ""), now.get(label, "")))
        for label in order
        if was.get(label, "") != now.get(label, "")
    )


def _texts(page: PageFile) -> Iterator[tuple[str, str]]:
    yield gettext("Title"), page.title
    yield gettext("Kind"), words.PAGE_KIND[page.kind]
    yield gettext("In short"), page.summary
    yield gettext("Meets"), page.meets
    yield gettext("Needs"), "\n".join(page.needs)
    yield gettext("Areas"), "\n".join(page.areas)
    yield gettext("Reviewed"), words.full_date(page.updated)
    yield gettext("Steps"), "\n".join(f"{step.title}: {step.service}. {step.note}".strip() for step in page.steps)
    seen: dict[str, int] = {}
    for part in sections(page.body):
        label = f"{words.full_date(part.day)}: {title_of(part)}" if part.day else part.heading or gettext("Text")
        seen[label] = seen.get(label, 0) + 1
        yield label if seen[label] == 1 else f"{label} ({seen[label]})", part.text


@dataclass(frozen=True, slots=True, kw_only=True)
class PageThen:
    """A version of a page as it was, from when until when it stood (None: it still does)."""

    page: PageView
    recorded_at: datetime
    until: datetime | None


def page_then(connection: Connection, slug: str, number: int, *, zone: ZoneInfo) -> PageThen:
    """One version as it was; raises PageNotFound."""
    version = page_store.version(connection, slug, number)
    newer = [each.recorded_at for each in page_store.versions(connection, slug) if each.number > number]
    return PageThen(
        page=as_written(connection, version),
        recorded_at=version.recorded_at.astimezone(zone),
        until=min(newer).astimezone(zone) if newer else None,
    )
