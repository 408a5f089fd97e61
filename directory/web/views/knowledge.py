"""Knowledge pages: the text with its links brought up to date, the steps of a pathway with who handles each now."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.content.markdown import SERVICE_LINK
from directory.content.pages import PageFile, about, notes, page_of, title_of
from directory.store import pages as page_store
from directory.store.pages import Page
from directory.store.since import Since
from directory.store.versions import find_ids
from directory.web import words
from directory.web.views.page_links import (
    NOWHERE,
    Linked,
    brought_up_to_date,
    linked_services,
    without_dead_ends,
)

_DATED_HEADING = re.compile(r"^(#{1,6} +)(\d{4}-\d{2}-\d{2})\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of a pathway with the service that takes it today; `changed` is the last change since its review.

    `slug` leads to the service where the step is shown as it was written.
    """

    title: str
    note: str
    slug: str
    service: Linked
    changed: Since | None


@dataclass(frozen=True, slots=True)
class NoteView:
    """A note of a forum; `body` is Markdown."""

    anchor: str
    day: date
    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """A knowledge page; `body` is Markdown, without the notes of a forum."""

    slug: str
    number: int
    title: str
    kind: str
    forum: bool
    summary: str
    meets: str
    updated: date
    needs: str
    areas: str
    steps: tuple[StepView, ...]
    body: str
    notes: tuple[NoteView, ...]


def page_view(connection: Connection, slug: str, *, today: date, zone: ZoneInfo) -> PageView:
    """A page by its slug, with every service as it is today; raises PageNotFound."""
    stored = page_store.load(connection, slug)
    return drawn(connection, stored, read(stored), today=today, zone=zone)


def read(stored: Page) -> PageFile:
    """A version, read."""
    return page_of(stored.text, slug=stored.slug, kind=stored.kind, title=stored.title, updated=stored.updated)


def drawn(connection: Connection, stored: Page, page: PageFile, *, today: date, zone: ZoneInfo) -> PageView:
    """A page with every service that it names as it is today, and what became of each since it was named."""
    days = [note.day for note in notes(page.body) if note.day] if page.kind == "forum" else []
    first = min([page.updated, *days])
    linked = linked_services(connection, _named(page), after=first, today=today, zone=zone)
    return _view(stored, page, linked, lambda text, day: brought_up_to_date(text, linked, written=day))


def as_written(connection: Connection, stored: Page) -> PageView:
    """A version as it was, with nothing of today in it but where its links lead."""
    page = read(stored)
    known = find_ids(connection, "service", _named(page))
    return _view(stored, page, {}, lambda text, _: without_dead_ends(text, known), known=known)


def _named(page: PageFile) -> list[str]:
    return [*(step.service for step in page.steps), *SERVICE_LINK.findall(page.body)]


def _view(
    stored: Page,
    page: PageFile,
    linked: Mapping[str, Linked],
    shown: Callable[[str, date], str],
    *,
    known: Collection[str] = (),
) -> PageView:
    forum = page.kind == "forum"
    body = about(page.body) if forum else _DATED_HEADING.sub(lambda found: found[1] + _day(found[2]), page.body)
    return PageView(
        slug=stored.slug,
        number=stored.number,
        title=page.title,
        kind=words.PAGE_KINDS[page.kind],
        forum=forum,
        summary=page.summary,
        meets=page.meets,
        updated=page.updated,
        needs=", ".join(page.needs),
        areas=", ".join(page.areas),
        steps=tuple(
            StepView(
                step.title,
                step.note,
                step.service if step.service in known else "",
                service,
                service.since(page.updated),
            )
            for step in page.steps
            for service in [linked.get(step.service, NOWHERE)]
        ),
        body=shown(body, page.updated),
        notes=tuple(
            NoteView(note.anchor, note.day, title_of(note), shown(note.text, note.day))
            for note in (notes(page.body) if forum else ())
            if note.day
        ),
    )


def _day(text: str) -> str:
    try:
        return words.full_date(date.fromisoformat(text))
    except ValueError:
        return text


@dataclass(frozen=True, slots=True)
class PageLine:
    """A page in the list."""

    title: str
    href: str
    summary: str
    updated: date


def page_list(connection: Connection) -> dict[str, list[PageLine]]:
    """Every page by kind, pathways first."""
    found: dict[str, list[PageLine]] = {kind: [] for kind in words.PAGE_KINDS.values()}
    for each in page_store.every(connection):
        line = PageLine(each.title, f"/pages/{each.slug}", read(each).summary, each.updated)
        found[words.PAGE_KINDS[each.kind]].append(line)
    return {kind: lines for kind, lines in found.items() if lines}
