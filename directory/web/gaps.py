"""Gaps: what people asked without finding a confident answer, and what editors make of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions.gaps import close_gap, close_with_report, close_with_synonym
from directory.actions.vocabulary import KINDS
from directory.answer import answer
from directory.domain.query import Query
from directory.errors import GapNotFound, Invalid, Problem, ServiceNotFound
from directory.gate.forms import Form, form_of
from directory.gate.routes import require
from directory.store import gaps as gap_store
from directory.store import vocabulary as vocabulary_store
from directory.web.parameters import number_of, text_of
from directory.web.rendering import page, site_of
from directory.web.views.gaps import gap_view, gaps_view
from directory.web.views.results import AnswerView, answer_view

LONGEST_TEXT = 4_000


@dataclass(frozen=True, slots=True)
class Typed:
    """What an editor is about to make of a gap."""

    term: str
    means: str
    kind: str
    service: str = ""
    text: str = ""


def gaps(request: Request) -> Response:
    """`/manage/gaps?closed=&start=`: the open ones, most asked first; the closed ones apart."""
    site = site_of(request)
    start = number_of(text_of(request, "start")) or 0
    with site.database.read() as connection:
        shown = gaps_view(connection, site, closed=bool(text_of(request, "closed")), start=start)
    return page(request, "gaps.html", shown=shown, done=text_of(request, "done"))


def gap(request: Request) -> Response:
    """`/manage/gap?q=`: one gap, and what can be made of it."""
    query = text_of(request, "q")
    return _page(request, query, Typed(query, "", "synonym"))


def close(request: Request) -> Response:
    """`POST /manage/gap`: `do` is synonym (or `preview` first), service, report or dismiss."""
    site, form = site_of(request), form_of(request)
    query, by, at = form.line("q"), require(request, "manage-gaps"), site.now()
    typed = _typed(form)
    line = (typed.term, tuple(typed.means.split("\n")), typed.kind)
    doing = form.line("do")
    try:
        if doing == "synonym" and "preview" in form:
            return _page(request, query, typed, preview=_with(request, query, typed))
        if doing == "synonym":
            require(request, "manage-vocabulary")
            close_with_synonym(site.database, query, line, expected=0, by=by, at=at)
        elif doing in ("report", "service"):
            service = typed.service if doing == "report" else None
            opens = doing == "service"
            close_with_report(site.database, query, typed.text, service=service or None, opens=opens, by=by, at=at)
        else:
            close_gap(site.database, query, by=by, at=at)
    except Invalid as invalid:
        return _page(request, query, typed, 422, problems=invalid.problems)
    except ServiceNotFound:
        problem = Problem("service", f"There is no service {typed.service[:60]}. Give its address as in /services/…")
        return _page(request, query, typed, 422, problems=(problem,))
    return RedirectResponse("/manage/gaps?done=1", 303)


def _typed(form: Form) -> Typed:
    service = form.line("service").removeprefix("/services/")
    text = form.text("text", limit=LONGEST_TEXT)
    return Typed(form.line("term"), form.text("means", limit=LONGEST_TEXT), form.line("kind"), service, text)


def _with(request: Request, query: str, typed: Typed) -> AnswerView:
    """What the question would find if the line were in the vocabulary."""
    site = site_of(request)
    line = (typed.term, tuple(filter(None, map(str.strip, typed.means.split("\n")))), typed.kind)
    with site.database.read() as connection:
        words = site.vocabulary_with(line)
        found = answer(connection, Query(query), lambda asked: site.search_with(asked, words), today=site.today())
        return answer_view(connection, found, today=site.today(), zone=site.settings.zone)


def _page(
    request: Request,
    query: str,
    typed: Typed,
    status: int = 200,
    *,
    problems: tuple[Problem, ...] = (),
    preview: AnswerView | None = None,
) -> Response:
    site = site_of(request)
    with site.database.read() as connection:
        found = gap_store.load(connection, query)
        if found is None:
            raise GapNotFound("There is no such gap.")
        shown = gap_view(connection, site, found)
        terms = vocabulary_store.terms(connection)
    if not typed.text:
        asked = "once" if found.times == 1 else f"{found.times} times"
        typed = replace(typed, text=f"People asked for “{query}” {asked} and found no confident answer.")
    near = [line for line in terms if set(line[0].casefold().split()) & set(query.split())]
    return page(
        request,
        "gap.html",
        status,
        shown=shown,
        typed=typed,
        problems_found=problems,
        preview=preview,
        kinds=KINDS,
        near=near[:8],
    )
