"""The vocabulary: the words that staff use for one another, as editors keep them."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions.vocabulary import KINDS, put_line, remove_line, restore_line
from directory.domain.change import fold
from directory.errors import EditConflict, Invalid, Problem, TermNotFound
from directory.gate.forms import form_of
from directory.gate.routes import require
from directory.store import vocabulary as store
from directory.store.vocabulary import Entry
from directory.web.parameters import number_of, text_of
from directory.web.rendering import page, site_of

MOST = 100
LONGEST_MEANS = 5_000


@dataclass(frozen=True, slots=True)
class Typed:
    """A line as it is being written; `number` is that of the line that was read, 0 for a new one."""

    term: str = ""
    means: str = ""
    kind: str = "synonym"
    number: int = 0


def vocabulary(request: Request) -> Response:
    """`/manage/vocabulary?q=`: the lines, those that hold `q` where it is given, and those that were removed."""
    asked = text_of(request, "q")
    with site_of(request).database.read() as connection:
        lines, removed = store.entries(connection), store.removed(connection)
    found = [line for line in lines if fold(asked) in fold(" ".join((line.term, *line.means)))]
    return page(
        request,
        "vocabulary.html",
        asked=asked,
        lines=found[:MOST],
        found=len(found),
        total=len(lines),
        removed=removed[:MOST],
        kinds=KINDS,
        done=text_of(request, "done"),
    )


def line(request: Request) -> Response:
    """`/manage/vocabulary/line?term=`: one line to change; without a term, a new one."""
    term = text_of(request, "term")
    if not term:
        return _form(request, Typed())
    with site_of(request).database.read() as connection:
        found = store.entry(connection, term)
    if found is None:
        raise TermNotFound(f"There is no “{term}” in the vocabulary.")
    return _form(request, Typed(found.term, "\n".join(found.means), found.kind, found.number))


def put(request: Request) -> Response:
    """`POST /manage/vocabulary/line`: keep a line; searches have it at once."""
    site, form = site_of(request), form_of(request)
    means = form.text("means", limit=LONGEST_MEANS)
    typed = Typed(form.line("term"), means, form.line("kind"), number_of(form.line("number")) or 0)
    by = require(request, "manage-vocabulary")
    try:
        given = (typed.term, tuple(means.split("\n")), typed.kind)
        put_line(site.database, given, expected=typed.number, by=by, at=site.now())
    except Invalid as invalid:
        return _form(request, typed, 422, problems=invalid.problems)
    except EditConflict:
        return _conflict(request, typed)
    return RedirectResponse("/manage/vocabulary?done=kept", 303)


def remove(request: Request) -> Response:
    """`POST /manage/vocabulary/remove`: take a line away."""
    site, form, by = site_of(request), form_of(request), require(request, "manage-vocabulary")
    number = number_of(form.line("number"))
    remove_line(site.database, form.line("term"), expected=number, by=by, at=site.now())
    return RedirectResponse("/manage/vocabulary?done=removed", 303)


def restore(request: Request) -> Response:
    """`POST /manage/vocabulary/restore`: put a line back as it was."""
    site, by = site_of(request), require(request, "manage-vocabulary")
    restore_line(site.database, form_of(request).line("term"), by=by, at=site.now())
    return RedirectResponse("/manage/vocabulary?done=restored", 303)


def _conflict(request: Request, typed: Typed) -> Response:
    with site_of(request).database.read() as connection:
        theirs = store.entry(connection, typed.term)
    now = Typed(typed.term, typed.means, typed.kind, theirs.number if theirs else 0)
    return _form(request, now, 409, conflict=True, theirs=theirs)


def _form(
    request: Request,
    typed: Typed,
    status: int = 200,
    *,
    problems: tuple[Problem, ...] = (),
    conflict: bool = False,
    theirs: Entry | None = None,
) -> Response:
    return page(
        request,
        "vocabulary_line.html",
        status,
        typed=typed,
        kinds=KINDS,
        problems_found=problems,
        conflict=conflict,
        theirs=theirs,
    )
