"""Write knowledge pages: a new version of one, a note of a forum. Each is one transaction with its audit row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from directory.actions.screening import personal_problems
from directory.content.pages import PageFile, read_page, with_note, with_updated
from directory.domain.change import Weight
from directory.domain.policy import Actor, can
from directory.errors import EditConflict, Invalid, NotAllowed, PageNotFound, Problem
from directory.store import audit
from directory.store import pages as page_store
from directory.store.database import Database
from directory.store.pages import Page

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# As long as the store keeps an id.
LONGEST_SLUG = 64
# What the addresses of pages have beside them.
TAKEN = frozenset({"new"})
LONGEST_WHY = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEdit:
    """A page as an editor leaves it; `expected` is the number of the version that they read, 0 for a new page."""

    slug: str
    text: str
    expected: int
    why: str = ""
    weight: Weight = "major"


def save_page(database: Database, edit: PageEdit, *, by: Actor, at: datetime, today: date) -> Page:
    """Write a version, and give the page as it stands then; the same text again writes nothing.

    A major version whose day of review is no later than that of the last gets today's: whoever edits a page reads it.
    Raises `Invalid`, `EditConflict`, `NotAllowed`; then nothing is written.
    """
    checked = check_page(edit, by=by)
    with database.write() as connection:
        last = page_store.hold(connection, edit.slug)
        current = last.number if last else 0
        if edit.expected != current:
            if not edit.expected:
                raise Invalid([Problem("slug", f"there is a page {edit.slug} already; choose another address")])
            raise EditConflict(f"The page {edit.slug}", expected=edit.expected, current=current)
        if last and last.text != checked.text and edit.weight == "major" and checked.updated <= last.updated:
            checked = read_page(with_updated(checked.text, max(today, last.updated)), slug=edit.slug)
        return _put(connection, checked, edit, by=by, at=at)


def check_page(edit: PageEdit, *, by: Actor) -> PageFile:
    """What a page would be; raises `Invalid` with everything that is wrong, or `NotAllowed`."""
    if not can(by, "edit-page"):
        raise NotAllowed("You need to be an editor to change a page.")
    problems = []
    if not SLUG.fullmatch(edit.slug) or len(edit.slug) > LONGEST_SLUG or edit.slug in TAKEN:
        problems.append(Problem("slug", "give an address of small letters, digits and hyphens, at most 64"))
    if len(edit.why) > LONGEST_WHY:
        problems.append(Problem("why", f"say it in at most {LONGEST_WHY} characters"))
    problems += [*personal_problems("text", edit.text), *personal_problems("why", edit.why)]
    try:
        read = read_page(edit.text, slug=edit.slug)
    except Invalid as invalid:
        found = [Problem("text", str(problem)) for problem in invalid.problems]
        raise Invalid([*problems, *found]) from None
    if problems:
        raise Invalid(problems)
    return read


def add_note(database: Database, slug: str, *, day: date, title: str, note: str, by: Actor, at: datetime) -> Page:
    """Add a note to a forum as it stands now, whoever else writes. Raises `Invalid`, `PageNotFound`, `NotAllowed`."""
    if not can(by, "edit-page"):
        raise NotAllowed("You need to be an editor to add a note.")
    problems = [*personal_problems("title", title), *personal_problems("note", note)]
    if not title.strip():
        problems.append(Problem("title", "say in one line what the note is about"))
    if not note.strip():
        problems.append(Problem("note", "write the note"))
    if problems:
        raise Invalid(problems)
    with database.write() as connection:
        last = page_store.hold(connection, slug)
        if last is None:
            raise PageNotFound(f"There is no page {slug}.")
        if last.kind != "forum":
            raise Invalid([Problem("note", "only forums have notes; edit the page instead")])
        text = with_note(last.text, day=day, title=title, note=note)
        edit = PageEdit(slug=slug, text=text, expected=last.number)
        return _put(connection, check_page(edit, by=by), edit, by=by, at=at)


def _put(connection: Connection, read: PageFile, edit: PageEdit, *, by: Actor, at: datetime) -> Page:
    version = Page(edit.slug, 0, read.kind, read.title, read.updated, at, read.text, edit.weight, edit.why.strip())
    written = page_store.put(connection, version, by=by.person_id)
    page = page_store.load(connection, edit.slug)
    if written:
        details = {"version": page.number, "weight": edit.weight}
        audit.record(connection, audit.Event(at, by, "edit-page", f"page {edit.slug}", details))
    return page
