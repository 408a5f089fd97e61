"""Publishing a change: one's drafts, where to begin, and the list of tasks of one draft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions import beginning, writing
from directory.actions.submit import check_author
from directory.domain.policy import Thing
from directory.domain.service import Owner
from directory.domain.writing import Task, Writing
from directory.errors import Invalid, Problem
from directory.gate.forms import Form, form_of
from directory.gate.routes import require
from directory.gate.sessions import actor_of
from directory.store import reports
from directory.store import services as service_store
from directory.store.reports import Report
from directory.web.choosing import owners, services_like, services_of
from directory.web.parameters import key_of, number_of, text_of
from directory.web.rendering import page, site_of
from directory.web.views.publish import WritingView, path_of, writing_view

SEE_OTHER = 303


def drafts(request: Request) -> Response:
    """`/publish?q=&report=`: one's drafts, and where to begin."""
    return _begin_page(request)


def begin(request: Request) -> Response:
    """`POST /publish`: a draft of a `service`, of a new one (`name`), or of what to do about a `change`."""
    site, form, by = site_of(request), form_of(request), actor_of(request)
    try:
        with site.database.write() as connection:
            made = _begun(connection, request, form)
            # Whoever could never publish it is told so at once, not after an hour of writing.
            check_author(connection, made.draft, by=by, today=site.today())
            report = _report(connection, form.line("report", limit=16))
            made = replace(made, report=report.ref if report else "")
            made = writing.start(connection, made, by=by, at=site.now())
    except Invalid as invalid:
        return _begin_page(request, 422, problems=invalid.problems, typed=form.line("name"))
    # What takes another change's place, or answers a report, says so on its list; else the first task is enough.
    listed = made.report or form.line("change")
    return RedirectResponse(f"/publish/{made.id}" if listed else path_of(made, made.next_task()), SEE_OTHER)


def _begun(connection: Connection, request: Request, form: Form) -> Writing:
    today = site_of(request).today()
    if number := number_of(form.line("change")):
        how: beginning.How = next((each for each in beginning.HOWS if each == form.line("how")), "amend")
        return beginning.taking_back(connection, number, how, today=today)
    if service := form.line("service"):
        entry = service_store.entry(connection, service, on=today)
        require(request, "draft", Thing(frozenset({entry.facts.owner.team or ""})))
        return beginning.changing(connection, entry.id, today=today)
    organisation, _, team = form.line("owner").partition("/")
    if not organisation:
        raise Invalid([Problem("owner", "Choose the team that will run it")])
    return beginning.opening(connection, form.line("name"), Owner(organisation, team or None), today=today)


def _begin_page(
    request: Request, status: int = 200, *, problems: tuple[Problem, ...] = (), typed: str = ""
) -> Response:
    site, by = site_of(request), actor_of(request)
    asked, today = text_of(request, "q"), site.today()
    with site.database.read() as connection:
        own = [
            writing_view(connection, each, today=today, zone=site.settings.zone)
            for each in writing.own(connection, by=by)
        ]
        given: dict[str, Any] = {
            "drafts": own,
            "services": [] if by.editor else services_of(connection, by, today=today),
            "found": services_like(site, connection, asked) if asked else [],
            "owners": owners(connection, today=today, only=None if by.editor else by.leads),
        }
        report = _report(connection, text_of(request, "report", limit=16) or form_of(request).line("report", limit=16))
        if report and report.service_id and not asked:
            given["found"] = services_like(site, connection, report.service_id)[:1]
    return page(
        request, "publish.html", status, asked=asked, report=report.ref if report else "", typed=typed,
        problems_found=problems, editor=by.editor, deleted="deleted" in request.query_params, **given,
    )  # fmt: skip


def _report(connection: Connection, ref: str) -> Report | None:
    """The report that is to be answered by a change; raises ReportNotFound."""
    return reports.by_ref(connection, ref) if ref else None


def tasks(request: Request) -> Response:
    """`/publish/{draft}`: what has to be done, and what is done."""
    found = own(request)
    if found.sent:
        return RedirectResponse(f"/publish/{found.id}/done", SEE_OTHER)
    return page(
        request, "publish_tasks.html", shown=at_a_glance(request, found), next=path_of(found, found.next_task())
    )


def ask_delete(request: Request) -> Response:
    """`/publish/{draft}/delete`: whether to let go of it."""
    return page(request, "publish_delete.html", shown=at_a_glance(request, own(request)))


def delete(request: Request) -> Response:
    """`POST /publish/{draft}/delete`."""
    writing.delete(site_of(request).database, key_of(request, "draft"), by=actor_of(request))
    return RedirectResponse("/publish?deleted=1", SEE_OTHER)


def own(request: Request) -> Writing:
    """The draft of the address, which is of whoever asks; raises DraftNotFound."""
    with site_of(request).database.read() as connection:
        found = writing.load(connection, key_of(request, "draft"), by=actor_of(request))
    return found.on(site_of(request).today())


def at_a_glance(request: Request, found: Writing) -> WritingView:
    """A draft as every page of it shows it."""
    site = site_of(request)
    with site.database.read() as connection:
        return writing_view(connection, found, today=site.today(), zone=site.settings.zone)


def keep(request: Request, edit: Callable[[Connection, Writing], Writing]) -> Response:
    """Keep what a form changes of a draft, and go on to what is left; raises as `writing.save` does."""
    kept = save(request, edit)
    if kept.sent:
        return RedirectResponse(f"/publish/{kept.id}/done", SEE_OTHER)
    return RedirectResponse(path_of(kept, kept.next_task()), SEE_OTHER)


def save(request: Request, edit: Callable[[Connection, Writing], Writing]) -> Writing:
    """Keep what a form changes of a draft as it is today; raises as `writing.save` does."""
    site, key = site_of(request), key_of(request, "draft")

    def today(connection: Connection, held: Writing) -> Writing:
        return edit(connection, held.on(site.today()))

    return writing.save(site.database, key, today, by=actor_of(request), at=site.now())


def task_of(found: Writing, step: str, service: str = "") -> Task | None:
    """The task of an address; None where this draft has no such task."""
    return next(
        (task for task in found.tasks() if task.step == step and (not service or task.service == service)), None
    )
