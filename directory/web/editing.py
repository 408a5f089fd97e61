"""Editing knowledge pages in the browser: with a preview, and with nothing lost when somebody else was faster."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions.pages import LONGEST_WHY, PageEdit, add_note, check_page, save_page
from directory.content.pages import LONGEST_FORUM, PageFile
from directory.errors import EditConflict, Invalid, PageNotFound, Problem
from directory.gate.forms import Form, form_of
from directory.gate.routes import require
from directory.store import pages as page_store
from directory.store.pages import Page
from directory.web.parameters import day_of, key_of, number_of
from directory.web.rendering import page, site_of
from directory.web.views.knowledge import PageView, drawn
from directory.web.views.page_history import Part, parts_between

NEW = """---
title: ""
kind: pathway
summary: ""
needs: []
areas: []
steps:
  - {{title: "First step", service: slug-of-a-service, note: ""}}
updated: {today}
---
"""


def edit(request: Request) -> Response:
    """`/pages/{slug}/edit`: the whole page as text."""
    slug = key_of(request)
    with site_of(request).database.read() as connection:
        found = page_store.load(connection, slug)
    return _form(request, PageEdit(slug=slug, text=found.text, expected=found.number))


def new(request: Request) -> Response:
    """`/pages/new`: a page that is not there yet."""
    return _form(request, PageEdit(slug="", text=NEW.format(today=site_of(request).today()), expected=0))


def save(request: Request) -> Response:
    """`POST /pages/{slug}/edit`: show it as it would be (`preview`), or keep it."""
    return _save(request, _typed(form_of(request), key_of(request)))


def save_new(request: Request) -> Response:
    """`POST /pages/new`: the same for a page that is not there yet."""
    form = form_of(request)
    return _save(request, replace(_typed(form, form.line("slug", limit=100)), expected=0))


def _typed(form: Form, slug: str) -> PageEdit:
    return PageEdit(
        slug=slug,
        text=form.text("text", limit=2 * LONGEST_FORUM),
        expected=number_of(form.line("version")) or 0,
        why=form.line("why", limit=LONGEST_WHY),
        weight="minor" if "minor" in form else "major",
    )


def _save(request: Request, typed: PageEdit) -> Response:
    site, by = site_of(request), require(request, "edit-page")
    try:
        if "preview" in form_of(request):
            return _preview(request, typed)
        kept = save_page(site.database, typed, by=by, at=site.now(), today=site.today())
    except Invalid as invalid:
        return _form(request, typed, 422, problems=invalid.problems)
    except EditConflict:
        return _conflict(request, typed)
    return RedirectResponse(f"/pages/{kept.slug}", 303)


def _preview(request: Request, typed: PageEdit) -> Response:
    site = site_of(request)
    read = check_page(typed, by=require(request, "edit-page"))
    with site.database.read() as connection:
        shown = drawn(connection, _unsaved(typed, read, site.now()), read, today=site.today(), zone=site.settings.zone)
    return _form(request, typed, shown=shown)


def _conflict(request: Request, typed: PageEdit) -> Response:
    """What somebody else wrote meanwhile, beside what was typed: saving again, from here, keeps what was typed."""
    site = site_of(request)
    read = check_page(typed, by=require(request, "edit-page"))
    with site.database.read() as connection:
        theirs = page_store.load(connection, typed.slug)
    parts = parts_between(theirs, _unsaved(typed, read, site.now()))
    return _form(request, replace(typed, expected=theirs.number), 409, theirs=theirs, parts=parts)


def _unsaved(typed: PageEdit, read: PageFile, at: datetime) -> Page:
    """What is typed, as if it were a version."""
    return Page(typed.slug, typed.expected, read.kind, read.title, read.updated, at, read.text)


def _form(
    request: Request,
    typed: PageEdit,
    status: int = 200,
    *,
    problems: tuple[Problem, ...] = (),
    shown: PageView | None = None,
    theirs: Page | None = None,
    parts: tuple[Part, ...] = (),
) -> Response:
    is_new = request.url.path == "/pages/new"
    return page(
        request,
        "page_edit.html",
        status,
        typed=typed,
        is_new=is_new,
        problems_found=problems,
        shown=shown,
        theirs=theirs,
        parts=parts,
    )


def note(request: Request) -> Response:
    """`/pages/{slug}/note`: a form for one more note of a forum."""
    today = site_of(request).today()
    return _note_form(request, {"day": f"{today.day}/{today.month}/{today.year}", "title": "", "note": ""})


def save_note(request: Request) -> Response:
    """`POST /pages/{slug}/note`: add it, whoever else writes at the same time."""
    site, slug, form = site_of(request), key_of(request), form_of(request)
    typed = {"day": form.line("day"), "title": form.line("title"), "note": form.text("note", limit=LONGEST_FORUM)}
    by = require(request, "edit-page")
    try:
        day = day_of(typed["day"], where="day")
        if day > site.today():
            raise Invalid([Problem("day", "A note tells of what was said: its day cannot lie ahead.")])
        kept = add_note(site.database, slug, day=day, title=typed["title"], note=typed["note"], by=by, at=site.now())
    except Invalid as invalid:
        return _note_form(request, typed, 422, problems=invalid.problems)
    return RedirectResponse(f"/pages/{kept.slug}", 303)


def _note_form(
    request: Request, typed: dict[str, str], status: int = 200, *, problems: tuple[Problem, ...] = ()
) -> Response:
    slug = key_of(request)
    with site_of(request).database.read() as connection:
        forum = page_store.load(connection, slug)
    if forum.kind != "forum":
        raise PageNotFound("Only forums have notes. Edit the page instead.")
    return page(request, "page_note.html", status, forum=forum, typed=typed, problems_found=problems)
